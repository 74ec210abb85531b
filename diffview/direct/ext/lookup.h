/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a path to an inode.
 */
#ifndef DELTAFS_EXT_LOOKUP_H
#define DELTAFS_EXT_LOOKUP_H

#include <stdbool.h>
#include <stdint.h>

#include "errint.h"
#include "filesystem.h"

/* The inode that PATH leads to from the root into *NUMBER.  With FOLLOW
 * symlinks are followed, at the end too, at most 40 (-ELOOP) and never out of
 * the filesystem.  -ENOENT, -ENOTDIR (a symlink on the way without FOLLOW,
 * too), -ENAMETOOLONG, -EIO, -ENOMEM. */
errint_t lookup_path (const struct filesystem *fs, const char *path,
                      bool follow, uint32_t *number);

#endif
