/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One inode into the form in which the rest of the program knows it.
 */
#ifndef DELTAFS_EXT_RECORD_H
#define DELTAFS_EXT_RECORD_H

#include "arena.h"
#include "entry.h"
#include "errint.h"
#include "ext/inode.h"

/* Fills *ENTRY with inode NUMBER; xattrs and target are in ARENA.  What cannot
 * be read is no failure but marked in entry->missing, a number that no name
 * may have included.  *INODE (may be NULL) gets what was read.  -ENOMEM. */
errint_t ext_record_read (const struct ext_filesystem *fs, uint64_t number,
                          struct arena *arena, struct entry *entry,
                          struct ext_inode *inode);

#endif
