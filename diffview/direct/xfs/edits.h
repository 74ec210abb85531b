/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Mappings that the log of an XFS says were begun and not finished: recovery
 * finishes them after the replay, here they are laid over an inode's extents.
 */
#ifndef DELTAFS_XFS_EDITS_H
#define DELTAFS_XFS_EDITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "errint.h"

/* More than so many are not under way at once in an honest log. */
#define XFS_EDITS_MAX 256

/* COUNT blocks of the data fork of INODE from OFFSET on are mapped to BLOCK
 * (linear) and what follows it, or to nothing any more. */
struct xfs_edit {
  uint64_t inode, offset, block, count;
  bool map, unwritten;
};

/* In the order in which they are to be done. */
struct xfs_edits {
  struct xfs_edit list[XFS_EDITS_MAX];
  size_t count;
};

struct xfs_extents;

/* Blocks that INODE gains, or loses (below 0).  EDITS may be NULL. */
int64_t xfs_edits_blocks (const struct xfs_edits *edits, uint64_t inode);

/* Changes the extents of INODE's data.  -ENOMEM. */
errint_t xfs_edits_apply (const struct xfs_edits *edits, uint64_t inode,
                          struct xfs_extents *extents);

#endif
