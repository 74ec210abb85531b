/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What lies on a disk, as libblkid tells it: partitions, and in each the
 * type and identity of what is in there.
 */
#ifndef DELTAFS_VOLUMES_H
#define DELTAFS_VOLUMES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

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
                                 * volumes are inside */
  VOLUME_SWAP,
  VOLUME_BOOT,                  /* BIOS boot partition and the like */
};

/* A partition, the whole disk, or a logical volume. */
struct volume {
  unsigned partition;           /* its number; 0: the whole disk, or a logical
                                 * volume */
  uint64_t offset, length;      /* bytes on the disk; a logical volume's OFFSET
                                 * is 0, its bytes may be anywhere */
  struct device *device;        /* owned: its bytes; NULL where a logical
                                 * volume's are not to be had */
  enum volume_use use;
  char *type;                   /* libblkid's ("ext4", "vfat"), or NULL */
  char *uuid, *label;           /* of the filesystem, or NULL */
  char *partition_uuid;         /* of the table's entry, or NULL */
  char *partition_label;
  bool opened;                  /* a container: what is inside is known */
  /* Why what is inside a container is not known, or why a logical volume's
   * DEVICE, if there is one, is not what it holds; or NULL. */
  char *reason;
  /* Of a logical volume only. */
  char *name;                   /* "GROUP/VOLUME", or NULL: it is none */
  char *id;                     /* "LVM-…", device-mapper's */
  bool hidden;                  /* it is a part of others */
  bool loose;                   /* one with a REASON that can have changed
                                 * although nothing was written to any hidden
                                 * volume */
  bool partial;                 /* a part is on another disk, so that nobody can
                                 * read it here */
};

struct volumes {
  char *table;                  /* "gpt", "dos", …; NULL without a table */
  unsigned sector_size;         /* of the disk, as its table counts: 512 or
                                 * 4096 bytes */
  struct volume *list;          /* owned; by partition number */
  size_t count;
  struct volume *inner;         /* owned; the logical volumes, in no order */
  size_t inner_count;
  /* Where labels and metadata of the opened containers lie, bytes of the
   * disk. */
  struct extents layer_areas;
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

/* Fills in what lies in a volume whose device is set and all else empty.  BASE is
 * what the base has there, or NULL; COUNT says how many such volumes the disk
 * has.  -EIO, -ENOMEM, reported. */
errint_t volume_probe (const struct volume *base, size_t count,
                       const struct log *log, struct volume *volume);

/* Frees what the volume owns. */
void volume_clear (struct volume *volume);

/* The logical volume with that name, or NULL. */
static inline const struct volume *
volumes_find_inner (const struct volumes *volumes, const char *name)
{
  for (size_t i = 0; i < volumes->inner_count; ++i)
    if (strcmp (volumes->inner[i].name, name) == 0)
      return &volumes->inner[i];
  return NULL;
}

/* Has the volume the length that it has in BASE (the same volume of the base,
 * may be NULL), and do all its bytes come from where those of the base come
 * from and were not written?  Then it is unchanged, whatever it holds.  Never
 * true when the disks have no common chain. */
bool volume_unwritten (const struct volume *overlay,
                       const struct volume *base);

#endif
