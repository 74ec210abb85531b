/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Volume groups of LVM that have a part on another disk.
 */
#ifndef DELTAFS_GROUPS_H
#define DELTAFS_GROUPS_H

#include <stdbool.h>

#include "appliance.h"

/* With a group that lacks a physical volume LVM activates none of its volumes by
 * itself: activates those that need nothing of what is missing, and warns, once
 * for the two sides.  With the appliance locked.  True where something may have
 * been activated. */
bool groups_activate (struct appliance *appliance);

#endif
