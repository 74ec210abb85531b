/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where the blocks of a fork lie: its extents, or its b-tree of extents, as a
 * flat list.  Must not know what the blocks hold.
 */
#ifndef DELTAFS_XFS_EXTENT_LIST_H
#define DELTAFS_XFS_EXTENT_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "errint.h"
#include "xfs/inode.h"

/* All in blocks; BLOCK is linear. */
struct xfs_extent {
  uint64_t offset;              /* in the fork */
  uint64_t block;
  uint64_t count;               /* never 0 */
  bool unwritten;               /* reads as zeros, whatever is there */
};

struct xfs_extents {
  struct xfs_extent *list;      /* owned; by offset, disjoint */
  size_t count, capacity;
  uint64_t *tree;               /* owned: linear blocks of the b-tree itself */
  size_t tree_count, tree_capacity;
  uint64_t records;             /* on the disk, before neighbours are joined */
};

/* Reads the extents of a fork that has some (a local one has none).  Every number
 * is checked.  *EXTENTS is empty before, and to be cleared whatever happens;
 * after -EIO it holds what could be read.  -EIO where the list is damaged or
 * cannot be read, -ENOMEM, -EREMOTEIO. */
errint_t xfs_extents_read (const struct xfs_filesystem *fs,
                           const struct xfs_inode *inode, enum xfs_fork fork,
                           struct xfs_extents *extents);
void xfs_extents_clear (struct xfs_extents *extents);

static inline void
cleanup_xfs_extents (struct xfs_extents *extents)
{
  xfs_extents_clear (extents);
}

#define CLEANUP_XFS_EXTENTS __attribute__ ((cleanup (cleanup_xfs_extents)))

/* Puts one behind all others.  -EIO where it begins before the last one's end;
 * -ENOMEM. */
errint_t xfs_extents_add (struct xfs_extents *extents,
                          const struct xfs_extent *extent);

/* Index of the first extent that ends after OFFSET; count if none does. */
size_t xfs_extents_find (const struct xfs_extents *extents, uint64_t offset);

/* The linear block at OFFSET of the fork, or UINT64_MAX where there is none. */
uint64_t xfs_extents_block (const struct xfs_extents *extents,
                            uint64_t offset);

#endif
