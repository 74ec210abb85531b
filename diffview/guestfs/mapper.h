/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which devices of the device mapper LVM has made for itself: images of a
 * RAID, data and metadata of a thin pool, the halves of a snapshot.  They
 * hold pieces of volumes, not filesystems.
 *
 * Told by what LVM says of them, not by their names: the guest's metadata
 * may call a volume anything.
 */
#ifndef DELTAFS_MAPPER_H
#define DELTAFS_MAPPER_H

#include <stdbool.h>

#include "appliance.h"

struct mapper {
  char *devices;                /* a line each: UUID, a space, name; or NULL */
  char *volumes;                /* a line each: UUID of the group, of the
                                 * volume, roles, with '/' between; or NULL */
};

/* Asks the appliance, whose lock is held.  What it does not answer is NULL
 * then. */
void mapper_ask (struct appliance *appliance, struct mapper *mapper);
void mapper_clear (struct mapper *mapper);

/* Is DEVICE ("/dev/mapper/vg-lv_rimage_0") LVM's own?  False where that is not
 * known: what is looked at in vain is better than what is passed over. */
bool mapper_is_internal (const struct mapper *mapper, const char *device);

#endif
