/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What lies on a disk, as libblkid tells it: partitions, and in each the
 * type and identity of what is in there.
 */
#ifndef DELTAFS_VOLUMES_H
#define DELTAFS_VOLUMES_H

#include <stdbool.h>
#include <stdint.h>

#include "cleanup.h"
#include "entry.h"
#include "errint.h"
#include "extents.h"
#include "log.h"
#include "device.h"

enum volume_use {
  VOLUME_UNKNOWN,               /* nothing that libblkid knows */
  VOLUME_BLANK,                 /* nothing but zeros where it looks */
  VOLUME_FILESYSTEM,
  VOLUME_CONTAINER,             /* LVM2_member, linux_raid_member, crypto_LUKS:
                                 * only an appliance sees what is inside */
  VOLUME_SWAP,
  VOLUME_BOOT,                  /* BIOS boot partition and the like */
};

struct volume {
  unsigned partition;           /* its number; 0: the whole disk */
  uint64_t offset, length;      /* bytes on the disk */
  struct device *device;        /* owned: its bytes */
  enum volume_use use;
  char *type;                   /* libblkid's ("ext4", "vfat"), or NULL */
  char *uuid, *label;           /* of the filesystem, or NULL */
  char *partition_uuid;         /* of the table's entry, or NULL */
  char *partition_label;
};

struct volumes {
  char *table;                  /* "gpt", "dos", …; NULL without a table */
  unsigned sector_size;         /* of the disk, as its table counts: 512 or
                                 * 4096 bytes */
  struct volume *list;          /* owned; by partition number */
  size_t count;
  /* Where MBR and GPT themselves lie, the boot sector included: bytes of the
   * disk, maybe beyond its end.  Means nothing without a table. */
  struct extents table_areas;
};

/* Probes DISK, a side's, which is borrowed and must outlive the volumes: a
 * list with a partition table's entries (extended ones left out), or with one
 * volume, the whole disk.  BASE is what the base's disk was found to hold, when
 * this is the overlay's, or NULL: where the overlay's disk can be taken for
 * several things, and one of them is of the kind that the base has at the same
 * place, it is that one; what takes the whole disk, as in the base, is in the
 * list although there is a table, before the table's entries.  At most 1,024
 * partitions (more: reported, -E2BIG).  Never trusts an offset.  *VOLUMES is to
 * be freed with volumes_free.  -EIO, -ENOMEM, reported. */
errint_t volumes_probe (struct device *disk, const struct volumes *base,
                        const struct log *log, struct volumes **volumes);
void volumes_free (struct volumes *volumes);
DEFINE_CLEANUP (struct volumes *, volumes_free)

/* Has the volume the length that it has in BASE (the same volume of the base,
 * may be NULL), and do all its bytes come from where those of the base come
 * from and were not written?  Then it is unchanged, whatever it holds.  Never
 * true when the disks have no common chain. */
bool volume_unwritten (const struct volume *overlay,
                       const struct volume *base);

#endif
