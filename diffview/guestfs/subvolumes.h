/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Inode number spaces of one filesystem: btrfs has one a subvolume.
 */
#ifndef DELTAFS_SUBVOLUMES_H
#define DELTAFS_SUBVOLUMES_H

#include "tree.h"

/* Numbers the subvolumes of both trees, of which either may be NULL, from the
 * nodes' cookies (st_dev, which differs between two runs): the root's is 0,
 * others have the same number on both sides when they are at the same path.
 * -ENOMEM. */
errint_t subvolumes_number (struct tree *const trees[SIDES]);

#endif
