/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The copies of the allocation table.  The first one counts, as it does for
 * Linux; a repair may take another one.
 */
#ifndef DELTAFS_FAT_COPIES_H
#define DELTAFS_FAT_COPIES_H

#include <stdbool.h>

#include "fat/volume.h"

/* Does the second copy differ from the first, in the entries of clusters that the
 * volume has?  Looks only where one of the two was written, and nowhere when that
 * is not known.  What cannot be read differs in nothing. */
bool fat_copies_differ (const struct fat_volume *volume);

#endif
