/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Is it the right base?  A backing file that was written to after an overlay
 * was made on it, or another one in its place, gives a list that is wrong
 * without a word.
 *
 * You CAN tell that the base was written to: a filesystem's clock (see
 * fs_header.h) that is ahead in the base of the overlay above it.  The
 * overlay began with the base's clock, and it only goes forward.
 *
 * You CANNOT tell that it was not: where the overlay has written more since
 * than was written to the base, its clock is ahead; a kernel that crashed has not
 * told the clock; and the guest, who can write anything to the overlay, can set
 * its own forward.  It can also set it back: then this raises a false alarm.
 */
#ifndef DELTAFS_RIGHT_BASE_H
#define DELTAFS_RIGHT_BASE_H

#include <stdbool.h>

#include "disks.h"
#include "log.h"
#include "pair.h"

/* Looks, and reports at most one warning of each kind: that the base was
 * written to after the overlay was made, or may have been; that no filesystem
 * of one side is on the other.  DAMAGED: something could not be read, for which
 * that may be the cause: a hint says so.  True where the first one is proven. */
bool right_base_was_changed (struct image_pair *pair,
                             const struct disks *disks, bool damaged,
                             const struct log *log);

#endif
