/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Directories of XFS in every form: in the inode, one block, many blocks.  The
 * trees of hashes behind the names are not read: names tell everything.
 */
#ifndef DELTAFS_XFS_DIRECTORY_H
#define DELTAFS_XFS_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "errint.h"
#include "xfs/extent_list.h"
#include "xfs/inode.h"

/* Is called for each name but "." and ".."; the name may be any bytes, not
 * terminated, 1 to 255.  A result that is not 0 ends the walk and is its
 * result. */
typedef int xfs_directory_visit (void *opaque, const char *name,
                                 size_t length, uint64_t inode);

/* Calls VISIT for the names of a directory in disk order.  *INCOMPLETE becomes
 * true where a part is damaged or cannot be read.  0, what VISIT gave, -EIO when
 * INODE is no directory, -ENOMEM, -EREMOTEIO. */
int xfs_directory_iterate (const struct xfs_filesystem *fs,
                           const struct xfs_inode *inode,
                           xfs_directory_visit *visit, void *opaque,
                           bool *incomplete);

/* The names in one directory block of LENGTH bytes, which was checked. */
int xfs_directory_visit_block (const uint8_t *block, size_t length,
                               xfs_directory_visit *visit, void *opaque,
                               bool *incomplete);

/* The names in the inode: LENGTH bytes of its fork. */
int xfs_directory_visit_short (const uint8_t *bytes, size_t length,
                               xfs_directory_visit *visit, void *opaque,
                               bool *incomplete);

#endif
