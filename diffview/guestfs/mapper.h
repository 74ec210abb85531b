/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What LVM has on the device mapper: which devices are its own, and which
 * volumes it does not activate by itself.
 *
 * Images of a RAID, data and metadata of a thin pool, the halves of a snapshot
 * hold pieces of volumes, not filesystems.  That is told by what LVM says of
 * them, not by their names: the guest's metadata may call a volume anything.
 */
#ifndef DELTAFS_MAPPER_H
#define DELTAFS_MAPPER_H

#include <stdbool.h>

#include "appliance.h"

struct mapper {
  char *devices;                /* a line each: UUID, a space, name; or NULL */
  char *skipped;                /* a line each: "vg/lv"; or NULL */
};

/* Asks the appliance, whose lock is held, and activates the volumes that are
 * skipped.  What it does not answer is NULL then. */
void mapper_ask (struct appliance *appliance, struct mapper *mapper);
void mapper_clear (struct mapper *mapper);

/* Adds the volumes that are marked to be skipped when volumes are activated (thin
 * snapshots are, at first) to *VOLUMES, a list of names as guestfs_lvs gives it,
 * which leaves them out; *VOLUMES may be NULL.  -ENOMEM. */
errint_t mapper_add_skipped (const struct mapper *mapper, char ***volumes);

/* Is DEVICE ("/dev/mapper/vg-lv_rimage_0") LVM's?  Then it is one of its
 * volumes, which are listed elsewhere, or a piece of one.  False where that is
 * not known: what is looked at in vain is better than what is passed over. */
bool mapper_is_lvm (const struct mapper *mapper, const char *device);

#endif
