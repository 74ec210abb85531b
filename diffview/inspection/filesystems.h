/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The filesystems of both sides, and which of them belong together: by
 * partition or by the name of the logical volume.  Knows nothing of what is
 * inside and where it is mounted.
 */
#ifndef DELTAFS_FILESYSTEMS_H
#define DELTAFS_FILESYSTEMS_H

#include <stdbool.h>
#include <stddef.h>

#include "appliances.h"
#include "cleanup.h"
#include "engine.h"
#include "entry.h"
#include "errint.h"
#include "log.h"
#include "pair.h"
#include "volumes.h"

enum contents {
  CONTENTS_NONE,                /* the side has it not, or it is blank, swap or
                                 * a boot area */
  CONTENTS_FILESYSTEM,
  CONTENTS_CONTAINER,           /* LVM, MD, LUKS: what is inside counts, and
                                 * only an appliance sees it */
  CONTENTS_OPENED,              /* the same, but what is inside is in the list
                                 * already */
  CONTENTS_LOCKED,              /* encrypted, and no key opens it */
  CONTENTS_UNKNOWN,             /* bytes that nobody knows */
};

struct filesystem_side {
  enum contents contents;
  bool present;                 /* there is such a partition or volume */
  char *type;                   /* "ext4", "swap", "LVM2_member", or NULL */
  char *uuid, *label;           /* or NULL */
  const struct volume *volume;  /* borrowed; NULL where the host cannot read
                                 * what is inside a container */
  /* Of a logical volume that the host sees, borrowed; else NULL: its name on
   * this side, and why the host cannot read it. */
  const char *name, *reason;
};

/* One partition, whole disk, logical volume, …, that holds a filesystem or
 * might, on one side at least. */
struct filesystem {
  char *device;                 /* "sda1", "vg/lv": without "/dev/" */
  int partition;                /* its number, 0: the whole disk, -1: neither */
  struct filesystem_side side[SIDES];
  bool written;                 /* may differ between the sides */
  /* btrfs: paths of its subvolumes on each side, "/@home"; NULL-terminated, or
   * NULL.  default_subtree: the one that is mounted where nothing says which;
   * NULL: the top level. */
  char **subvolumes[SIDES];
  char *default_subtree[SIDES];
};

struct filesystems {
  struct filesystem *list;      /* owned: partitions by number, then the
                                 * others by name */
  size_t count;
  unsigned sector_size[SIDES];  /* of the disks, bytes */
};

struct filesystems *filesystems_new (void);
void filesystems_free (struct filesystems *filesystems);
DEFINE_CLEANUP (struct filesystems *, filesystems_free)

/* Appends an empty one, to be filled in; DEVICE is copied.  NULL without
 * memory.  Pointers to others become invalid. */
struct filesystem *filesystems_add (struct filesystems *filesystems,
                                    const char *device, int partition);

/* Adds the volumes of both sides, matched by partition number, logical volumes
 * by name, or by their UUID where the overlay has another name for it; a
 * warning where identities disagree.  VOLUMES are borrowed and must outlive.  -ENOMEM,
 * reported. */
errint_t filesystems_add_volumes (struct filesystems *filesystems,
                                  const struct volumes *const volumes[SIDES],
                                  const struct log *log);

/* Adds what the appliances see and partitions do not show: logical volumes,
 * RAID devices, opened LUKS devices, subvolumes.  A container that stayed
 * locked is marked so.  -ENOMEM, reported. */
errint_t filesystems_add_seen
    (struct filesystems *filesystems,
     const struct appliance_filesystems *const seen[SIDES],
     const struct log *log);

/* The first container that the host cannot see into, and that was written to, or
 * NULL; *REASON: why, as far as it is known, else NULL. */
const struct filesystem *
filesystems_closed_container (const struct filesystems *filesystems,
                              const char **reason);

/* The one with that name, or NULL. */
struct filesystem *filesystems_find (const struct filesystems *filesystems,
                                     const char *device);

/* Does either side hold a filesystem, or what may be one that cannot be
 * read (locked; a filesystem of the base that is garbage now)? */
bool filesystem_counts (const struct filesystem *filesystem);

/* The overlay's side where that tells who it is, else the base's. */
const struct filesystem_side *
filesystem_identity (const struct filesystem *filesystem);

bool filesystem_is_btrfs (const struct filesystem *filesystem);

/* What of it is mounted where nothing says which part: "/" or a subvolume. */
const char *filesystem_default_subtree (const struct filesystem *filesystem,
                                        enum side side);

/* Is any container (on any side) written to? */
bool filesystems_container_written (const struct filesystems *filesystems);
bool filesystems_have_containers (const struct filesystems *filesystems);

#endif
