/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All inodes of a filesystem, in the order in which they lie.
 */
#ifndef DELTAFS_EXT_INODE_TABLES_H
#define DELTAFS_EXT_INODE_TABLES_H

#include <stdbool.h>

#include "errint.h"
#include "filesystem.h"
#include "inode.h"

typedef errint_t inode_visit (void *opaque, const struct inode *inode);

/* Calls VISIT for every inode that has a mode and that its group's descriptor
 * does not call unused, until it returns <0.  *INCOMPLETE becomes true where
 * a part of the tables cannot be read.  What VISIT returned, -ENOMEM. */
errint_t inode_tables_visit (const struct filesystem *fs, inode_visit *visit,
                             void *opaque, bool *incomplete);

#endif
