/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The extended attributes of an inode as getxattr(2) of the guest's kernel
 * gives them.
 */
#ifndef DELTAFS_EXT_ATTRIBUTES_H
#define DELTAFS_EXT_ATTRIBUTES_H

#include <stdbool.h>

#include "arena.h"
#include "entry.h"
#include "errint.h"
#include "ext/inode.h"

/* Reads them into ARENA, *XATTRS is NULL where there are none.
 * *INCOMPLETE becomes true where some cannot be read, or are more than 1 MiB
 * together.  -ENOMEM. */
errint_t ext_attributes_read (const struct ext_filesystem *fs,
                              const struct ext_inode *inode,
                              struct arena *arena,
                              const struct entry_xattrs **xattrs,
                              bool *incomplete);

/* Does the inode store the value of an xattr in an inode that FOUND (OPAQUE,
 * its number) is true for?  What cannot be read counts as no.  -ENOMEM. */
errint_t ext_attributes_refer (const struct ext_filesystem *fs,
                               const struct ext_inode *inode,
                               bool (*found) (void *opaque, uint32_t number),
                               void *opaque, bool *refers);

#endif
