/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Extended attributes of XFS in every form, as getxattr(2) gives them.
 */
#ifndef DELTAFS_XFS_ATTRIBUTES_H
#define DELTAFS_XFS_ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "entry.h"
#include "errint.h"
#include "xfs/inode.h"

/* One as it is stored.  Pointers are valid during the visit. */
struct xfs_attribute {
  const char *name;             /* without the prefix, not terminated */
  size_t name_length;           /* 1 to 255 */
  unsigned flags;               /* XFS_ATTRIBUTE_… */
  const void *value;
  size_t value_length;          /* at most 65,536 */
};

enum {
  XFS_ATTRIBUTE_LOCAL = 0x01,
  XFS_ATTRIBUTE_ROOT = 0x02,    /* trusted */
  XFS_ATTRIBUTE_SECURE = 0x04,  /* security */
  XFS_ATTRIBUTE_PARENT = 0x08,  /* a parent pointer: no user sees it */
  XFS_ATTRIBUTE_INCOMPLETE = 0x80,
};

/* A result that is not 0 ends the walk and is its result. */
typedef int xfs_attribute_visit (void *opaque,
                                 const struct xfs_attribute *attribute);

/* Calls VISIT for all attributes of an inode, parent pointers included,
 * incomplete ones not.  *INCOMPLETE becomes true where some are damaged or
 * cannot be read.  0, what VISIT gave, -ENOMEM, -EREMOTEIO. */
int xfs_attributes_iterate (const struct xfs_filesystem *fs,
                            const struct xfs_inode *inode,
                            xfs_attribute_visit *visit, void *opaque,
                            bool *incomplete);

/* The attributes that a user sees, with their whole names, in ARENA; *XATTRS is
 * NULL where there are none.  *INCOMPLETE as above.  -ENOMEM, -EREMOTEIO. */
errint_t xfs_attributes_read (const struct xfs_filesystem *fs,
                              const struct xfs_inode *inode,
                              struct arena *arena,
                              const struct entry_xattrs **xattrs,
                              bool *incomplete);

#endif
