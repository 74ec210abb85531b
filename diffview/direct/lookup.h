/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a path to an inode.
 */
#ifndef DELTAFS_DIRECT_LOOKUP_H
#define DELTAFS_DIRECT_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "errint.h"
#include "format.h"

/* The inode that PATH leads to from the root into *INODE.  With FOLLOW
 * symlinks are followed, at the end too, at most 40 (-ELOOP) and never out of
 * the filesystem.  -ENOENT, -ENOTDIR (a symlink on the way without FOLLOW,
 * too), -ENAMETOOLONG, -EIO, -ENOMEM. */
errint_t lookup_path (const struct reader *reader, const char *path,
                      bool follow, struct inode_id *inode);

#endif
