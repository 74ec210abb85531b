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
#include "ext/inode.h"
#include "runs.h"

struct ext_mapping {
  struct runs runs;             /* owned */
  uint64_t *tree;               /* owned: blocks of the tree itself */
  size_t tree_count, tree_capacity;
};

/* Reads the block list of an inode that has one (a directory, a file, a
 * symlink that is not stored in the inode, the journal; without inline data).
 * Every number is checked against the filesystem.  *MAPPING is empty before,
 * and to be cleared with ext_mapping_clear whatever happens; after -EIO it holds
 * what could be read.  -EIO where the list is damaged or cannot be read,
 * -ENOMEM. */
errint_t ext_mapping_read (const struct ext_filesystem *fs,
                           const struct ext_inode *inode,
                           struct ext_mapping *mapping);
void ext_mapping_clear (struct ext_mapping *mapping);

static inline void
cleanup_mapping (struct ext_mapping *mapping)
{
  ext_mapping_clear (mapping);
}

#define CLEANUP_MAPPING __attribute__ ((cleanup (cleanup_mapping)))

/* Does the inode have a block list at all? */
bool ext_mapping_applies (const struct ext_inode *inode);

/* The blocks of one of the runs, all plain or unwritten. */
struct ext_mapping_blocks {
  uint64_t logical;             /* block of the file */
  uint64_t physical;            /* block of the filesystem */
  uint64_t count;               /* never 0 */
  bool unwritten;               /* reads as zeros, whatever is there */
};

struct ext_mapping_blocks ext_mapping_blocks (const struct ext_filesystem *fs,
                                              const struct ext_mapping *mapping,
                                              size_t index);

/* Finds the bytes of an inode that has some, a regular file, a directory or a
 * symlink that is not short, inline data too; mapping->runs is all that is needed
 * to read them.  A damaged block list is no failure, but noted in the runs.
 * Otherwise as ext_mapping_read. */
errint_t ext_mapping_open (const struct ext_filesystem *fs,
                           const struct ext_inode *inode,
                           struct ext_mapping *mapping);

/* Reads the value of an xattr that is stored in inode NUMBER, LENGTH bytes.
 * -EIO, -ENOMEM. */
errint_t ext_mapping_read_xattr_inode (const struct ext_filesystem *fs,
                                       uint32_t number, void *buffer,
                                       size_t length);

/* For ext_mapping_read's two halves: appends blocks behind the others (joined with
 * the last where they continue it), or a block of the tree.  -EIO for what is
 * not in the filesystem or not in order, and when the filesystem's budget is
 * spent; -ENOMEM. */
errint_t ext_mapping_add_blocks (const struct ext_filesystem *fs,
                                 struct ext_mapping *mapping,
                                 const struct ext_mapping_blocks *blocks);
errint_t ext_mapping_add_tree (const struct ext_filesystem *fs,
                               struct ext_mapping *mapping, uint64_t block);

errint_t ext_mapping_read_extents (const struct ext_filesystem *fs,
                                   const struct ext_inode *inode,
                                   struct ext_mapping *mapping);
errint_t ext_mapping_read_indirect (const struct ext_filesystem *fs,
                                    const struct ext_inode *inode,
                                    struct ext_mapping *mapping);

#endif
