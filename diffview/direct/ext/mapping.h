/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where the blocks of an inode lie: its extent tree or its indirect blocks,
 * as a flat list.  Must not know what the blocks hold.
 */
#ifndef DELTAFS_EXT_MAPPING_H
#define DELTAFS_EXT_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "errint.h"
#include "inode.h"

struct mapping_run {
  uint64_t logical;             /* block of the file */
  uint64_t physical;            /* block of the filesystem */
  uint64_t count;               /* blocks, never 0 */
  bool unwritten;               /* reads as zeros, whatever is there */
};

struct mapping {
  struct mapping_run *runs;     /* owned; by logical, disjoint */
  size_t count, capacity;
  uint64_t *tree;               /* owned: blocks of the tree itself */
  size_t tree_count, tree_capacity;
};

/* Reads the block list of an inode that has one (a directory, a file, a
 * symlink that is not stored in the inode, the journal; without inline data).
 * Every number is checked against the filesystem.  *MAPPING is empty before,
 * and to be cleared with mapping_clear whatever happens; after -EIO it holds
 * what could be read.  -EIO where the list is damaged or cannot be read,
 * -ENOMEM. */
errint_t mapping_read (const struct filesystem *fs,
                       const struct inode *inode, struct mapping *mapping);
void mapping_clear (struct mapping *mapping);

static inline void
cleanup_mapping (struct mapping *mapping)
{
  mapping_clear (mapping);
}

#define CLEANUP_MAPPING __attribute__ ((cleanup (cleanup_mapping)))

/* Does the inode have a block list at all? */
bool mapping_applies (const struct inode *inode);

/* Index of the first run that ends after LOGICAL; count if none does. */
size_t mapping_find (const struct mapping *mapping, uint64_t logical);

/* For mapping_read's two halves: appends a run behind the others (joined with
 * the last where it continues it), or a block of the tree.  -EIO for what is
 * not in the filesystem or not in order, and when the filesystem's budget is
 * spent; -ENOMEM. */
errint_t mapping_add_run (const struct filesystem *fs,
                          struct mapping *mapping,
                          const struct mapping_run *run);
errint_t mapping_add_tree (const struct filesystem *fs,
                           struct mapping *mapping, uint64_t block);

errint_t mapping_read_extents (const struct filesystem *fs,
                               const struct inode *inode,
                               struct mapping *mapping);
errint_t mapping_read_indirect (const struct filesystem *fs,
                                const struct inode *inode,
                                struct mapping *mapping);

#endif
