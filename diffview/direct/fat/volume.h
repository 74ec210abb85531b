/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One side's FAT12, FAT16, FAT32 or exFAT filesystem: what its boot sector
 * says, checked.  Knows where things lie; must not know what a directory
 * means.
 *
 * Sources: "Microsoft Extensible Firmware Initiative FAT32 File System
 * Specification, FAT: General Overview of On-Disk Format", version 1.03, and
 * "exFAT file system specification" (Microsoft, 2019).  Where Linux reads a
 * volume in another way than these say, it is read as Linux does.
 */
#ifndef DELTAFS_FAT_VOLUME_H
#define DELTAFS_FAT_VOLUME_H

#include <stdbool.h>
#include <stdint.h>

#include "blocks.h"
#include "budget.h"
#include "entry.h"
#include "errint.h"

/* A directory entry of any of them, bytes. */
#define FAT_ENTRY_SIZE 32

/* The first cluster has this number. */
#define FAT_FIRST_CLUSTER 2

/* The value is the number of bits of an entry of the allocation table. */
enum fat_kind { FAT_12 = 12, FAT_16 = 16, FAT_32 = 32, FAT_EX = 33 };

/* Offsets and lengths are bytes of the volume. */
struct fat_volume {
  struct blocks *blocks;        /* borrowed */
  struct budget *budget;        /* borrowed, or NULL */
  enum side side;
  enum fat_kind kind;
  uint32_t sector_size;         /* 512 to 4,096 */
  uint32_t cluster_size;        /* bytes, 512 to 32 MiB */
  uint32_t cluster_count;
  uint64_t table;               /* the allocation table that counts */
  uint64_t table_length;        /* of one copy */
  uint32_t table_copies;
  uint64_t heap;                /* where the first cluster begins */
  uint64_t root;                /* FAT12, FAT16: the root directory … */
  uint32_t root_length;         /* … and its length; else 0 */
  uint32_t root_cluster;        /* FAT32, exFAT; else 0 */
  uint64_t length;              /* of the filesystem */
};

/* Reads and checks the boot sector of SIDE.  -ENOTSUP with *REASON (a static
 * string) for what is no such filesystem or what Linux refuses; -EIO, -ENOMEM,
 * -EREMOTEIO.  Nothing is reported.  BLOCKS is borrowed. */
errint_t fat_volume_open (struct blocks *blocks, enum side side,
                          struct fat_volume *volume, const char **reason);

/* Is it the number of a cluster that the volume has? */
static inline bool
fat_volume_has_cluster (const struct fat_volume *volume, uint32_t cluster)
{
  return cluster >= FAT_FIRST_CLUSTER
    && cluster - FAT_FIRST_CLUSTER < volume->cluster_count;
}

/* Where a cluster that the volume has begins. */
static inline uint64_t
fat_volume_cluster (const struct fat_volume *volume, uint32_t cluster)
{
  return volume->heap
    + (uint64_t) (cluster - FAT_FIRST_CLUSTER) * volume->cluster_size;
}

#endif
