/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files that make a volume group's devices share.
 */
#ifndef DELTAFS_LVM_PARTS_H
#define DELTAFS_LVM_PARTS_H

#include "lvm_group.h"

/* A physical volume of a group whose volumes are being made. */
struct lvm_physical {
  const char *name;             /* the text's: "pv0" */
  char id[LVM_ID_LENGTH + 1];
  struct device *device;        /* or NULL */
  uint64_t start;               /* of its extents, bytes */
  uint64_t count;               /* of its extents */
};

struct lvm_making {
  const struct lvm_text *text;
  const struct lvm_group *group;
  uint64_t extent_size;         /* bytes */
  struct lvm_physical *physical;        /* owned */
  size_t physical_count;
  uint32_t logical;             /* the section of logical volumes; 0: none */
};

/* What keeps a volume from being read. */
struct lvm_obstacle {
  char *reason;                 /* owned, or NULL */
  bool loose, partial;          /* as lvm_volume has them */
};

static inline const struct lvm_text_node *
lvm_node (const struct lvm_making *making, uint32_t index)
{
  return &making->text->nodes[index];
}

/* "Ab1c2D-…": 32 characters and hyphens, which are left out. */
bool lvm_copy_id (const char *from, char id[LVM_ID_LENGTH + 1]);

/* Fills in the physical volumes.  -EINVAL, -E2BIG, -ENOMEM, also of the
 * others. */
errint_t lvm_add_physical (struct lvm_making *making, lvm_find_device *find,
                           void *opaque);

/* Adds a reason, of which the first one is kept; takes it.  NULL: -ENOMEM. */
errint_t lvm_hinder (struct lvm_obstacle *obstacle, bool loose, char *reason);

/* The device of the logical volume whose section is VOLUME, or an obstacle. */
errint_t lvm_make_device (const struct lvm_making *making, uint32_t volume,
                          struct lvm_obstacle *obstacle,
                          struct device **device);

#endif
