/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One inode of XFS into the form in which the rest of the program knows it.
 */
#ifndef DELTAFS_XFS_METADATA_H
#define DELTAFS_XFS_METADATA_H

#include "arena.h"
#include "entry.h"
#include "errint.h"
#include "xfs/inode.h"

/* Fills *ENTRY with inode NUMBER; xattrs and target are in ARENA.  What cannot be
 * read is no failure but marked in entry->missing, a number that no inode can
 * have included.  -ENOMEM, -EREMOTEIO. */
errint_t xfs_stat (const struct xfs_filesystem *fs, uint64_t number,
                   struct arena *arena, struct entry *entry);

#endif
