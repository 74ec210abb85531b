/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One side's XFS as its own files know it behind struct reader.
 */
#ifndef DELTAFS_XFS_PRIVATE_H
#define DELTAFS_XFS_PRIVATE_H

#include "format.h"
#include "xfs/edits.h"
#include "xfs/inode_chunks.h"

struct xfs_reader {
  struct reader reader;         /* first: the two are converted */
  struct xfs_filesystem fs;
  struct xfs_chunks chunks;     /* owned */
  struct xfs_edits edits;
};

static inline const struct xfs_filesystem *
xfs_filesystem_of (const struct reader *reader)
{
  return &((const struct xfs_reader *) reader)->fs;
}

static inline struct inode_id
xfs_id (uint64_t number)
{
  return (struct inode_id) { .number = number };
}

#endif
