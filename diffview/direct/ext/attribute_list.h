/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Extended attributes as they are stored: a list of entries in the inode,
 * and one in a block of its own.  Knows where names and values lie, not what
 * they mean.
 */
#ifndef DELTAFS_EXT_ATTRIBUTE_LIST_H
#define DELTAFS_EXT_ATTRIBUTE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "errint.h"
#include "ext/inode.h"

/* Indexes of the prefixes of names. */
enum {
  ATTRIBUTE_USER = 1,
  ATTRIBUTE_ACL_ACCESS = 2,
  ATTRIBUTE_ACL_DEFAULT = 3,
  ATTRIBUTE_TRUSTED = 4,
  ATTRIBUTE_SECURITY = 6,
  ATTRIBUTE_SYSTEM = 7,
};

struct ext_attribute {
  unsigned index;               /* of the prefix */
  const char *name;             /* without prefix, not terminated */
  size_t name_length;
  uint32_t value_inode;         /* where the value is; 0: here */
  const uint8_t *value;         /* NULL when in an inode */
  size_t value_length;
};

struct ext_attribute_list {
  const uint8_t *base;          /* that offsets of values count from */
  size_t position, end;         /* bytes after base */
};

/* The entries in the inode.  -EIO where they cannot be: *LIST is empty
 * then. */
errint_t ext_attribute_list_of_inode (const struct ext_inode *inode,
                                      struct ext_attribute_list *list);

/* The entries in a block of LENGTH bytes.  -EIO as above. */
errint_t ext_attribute_list_of_block (const uint8_t *block, size_t length,
                                      struct ext_attribute_list *list);

/* The next entry: 1, 0 at the end, -EIO where the rest is damaged. */
int ext_attribute_list_next (struct ext_attribute_list *list,
                             struct ext_attribute *attribute);

#endif
