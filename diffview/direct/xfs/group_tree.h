/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The b-trees of an allocation group: of inodes, free space, reverse mappings
 * and shared blocks.  Must not know what their records mean.
 */
#ifndef DELTAFS_XFS_GROUP_TREE_H
#define DELTAFS_XFS_GROUP_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "errint.h"
#include "xfs/filesystem.h"

/* A kind of tree: its magic, and the sizes in a leaf and in a node. */
struct xfs_tree_kind {
  uint32_t magic;
  uint8_t record, key;          /* bytes */
};

extern const struct xfs_tree_kind xfs_tree_inodes, xfs_tree_free_inodes,
  xfs_tree_free_by_block, xfs_tree_free_by_size, xfs_tree_rmap,
  xfs_tree_refcount;

/* Is called with each block of the tree: linear block BLOCK; of a leaf there are
 * COUNT records at RECORDS, of a node none.  A result that is not 0 ends the
 * walk and is its result. */
typedef errint_t xfs_tree_visit (void *opaque, uint64_t block,
                                 const uint8_t *records, uint32_t count);

/* Walks the tree of GROUP whose root is block ROOT of the group, LEVELS high.
 * *DAMAGED becomes true where a part cannot be read or makes no sense.  What VISIT
 * gave, -ENOMEM, -EREMOTEIO. */
errint_t xfs_tree_walk (const struct xfs_filesystem *fs, uint32_t group,
                        const struct xfs_tree_kind *kind, uint32_t root,
                        uint32_t levels, xfs_tree_visit *visit, void *opaque,
                        bool *damaged);

/* The headers of a group, which are sectors of their own (xfs_agf, xfs_agi). */
enum xfs_group_header { XFS_GROUP_SPACE = 1, XFS_GROUP_INODES = 2 };

/* Reads one into SECTOR and checks it as the kernel does.  -EIO where it is
 * damaged, -ENOMEM, -EREMOTEIO. */
errint_t xfs_group_read (const struct xfs_filesystem *fs, uint32_t group,
                         enum xfs_group_header header,
                         uint8_t sector[XFS_SECTOR_MAX]);

#endif
