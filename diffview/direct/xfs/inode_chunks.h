/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which inodes there are: the b-trees of inode chunks of every allocation
 * group.
 */
#ifndef DELTAFS_XFS_INODE_CHUNKS_H
#define DELTAFS_XFS_INODE_CHUNKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "errint.h"
#include "xfs/filesystem.h"

#define XFS_CHUNK_INODES 64

struct xfs_chunk {
  uint64_t first;               /* number of the first inode */
  uint64_t present;             /* bit I: inode FIRST + I is on the disk (a
                                 * sparse chunk lacks some) … */
  uint64_t used;                /* … and is not free */
};

/* Chunks by first number, disjoint. */
struct xfs_chunks {
  struct xfs_chunk *list;       /* owned */
  size_t count, capacity;
  bool incomplete;              /* a part is damaged: more may exist */
};

/* Reads the trees.  *CHUNKS is empty before, and to be cleared whatever
 * happens.  Damage is no failure: see incomplete.  -ENOMEM, -EREMOTEIO. */
errint_t xfs_chunks_read (const struct xfs_filesystem *fs,
                          struct xfs_chunks *chunks);
void xfs_chunks_clear (struct xfs_chunks *chunks);

#endif
