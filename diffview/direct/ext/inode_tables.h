/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All inodes of a filesystem, in the order in which they lie.
 */
#ifndef DELTAFS_EXT_INODE_TABLES_H
#define DELTAFS_EXT_INODE_TABLES_H

#include <stdbool.h>

#include "errint.h"
#include "ext/filesystem.h"
#include "ext/inode.h"

typedef errint_t ext_inode_visit (void *opaque, const struct ext_inode *inode);

/* Calls VISIT for every inode that has a mode and that its group's descriptor
 * does not call unused, until it returns <0.  *INCOMPLETE becomes true where
 * a part of the tables cannot be read.  What VISIT returned, -ENOMEM. */
errint_t ext_inode_tables_visit (const struct ext_filesystem *fs,
                                 ext_inode_visit *visit,
                                 void *opaque, bool *incomplete);

#endif
