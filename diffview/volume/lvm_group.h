/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the text of a volume group means: its physical volumes, and its
 * logical volumes as devices on these.
 */
#ifndef DELTAFS_LVM_GROUP_H
#define DELTAFS_LVM_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device.h"
#include "errint.h"
#include "lvm_label.h"
#include "lvm_text.h"

#define LVM_VOLUMES_MAX 1024    /* in the groups of a disk */

/* A volume group's text. */
struct lvm_group {
  struct lvm_text *text;        /* owned */
  uint32_t section;             /* the group's node */
  const char *name;             /* the text's */
  char id[LVM_ID_LENGTH + 1];
  uint64_t number;              /* of this version of the text */
};

struct lvm_volume {
  char *name;                   /* owned: "GROUP/VOLUME" */
  char *id;                     /* owned: "LVM-…", device-mapper's */
  /* Hidden ones are parts of others: a mirror's half, a pool's data. */
  bool hidden;
  struct device *device;        /* owned; NULL: its bytes are not to be had */
  /* Owned; why DEVICE is not what the volume holds, or NULL where it is. */
  char *reason;
  bool loose;                   /* it can have changed although nothing was
                                 * written to DEVICE or to hidden volumes */
  bool partial;                 /* a part of it is on another disk: nobody can
                                 * read it here */
};

struct lvm_volumes {
  struct lvm_volume *list;      /* owned */
  size_t count;
};

/* Finds the group in a text, which it takes on success.  -EINVAL for a text
 * without one, or one whose names cannot be. */
errint_t lvm_group_take (struct lvm_text *text, struct lvm_group *group);

/* Is there a physical volume of that id in the group? */
bool lvm_group_has (const struct lvm_group *group, const char *id);

/* The device of a physical volume, by its id; NULL: it is not here. */
typedef struct device *lvm_find_device (void *opaque, const char *id);

/* Appends the group's logical volumes, with devices that stand on those of
 * FIND.  -EINVAL for a text that makes no sense, -E2BIG for too many, -ENOMEM;
 * not reported. */
errint_t lvm_group_volumes (const struct lvm_group *group,
                            lvm_find_device *find, void *opaque,
                            struct lvm_volumes *volumes);

/* Frees all but the first COUNT volumes. */
void lvm_volumes_shorten (struct lvm_volumes *volumes, size_t count);

/* Frees what is in the list; it is empty then. */
void lvm_volumes_clear (struct lvm_volumes *volumes);

#endif
