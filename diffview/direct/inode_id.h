/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What names an inode within one filesystem, and sets of such names.
 */
#ifndef DELTAFS_DIRECT_INODE_ID_H
#define DELTAFS_DIRECT_INODE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entry.h"
#include "errint.h"

/* Without padding: lists of links and sets have very many. */
struct __attribute__ ((packed, aligned (4))) inode_id {
  uint64_t number;
  uint32_t space;               /* a subvolume, where numbers are unique only
                                 * within one; else 0 */
};

static inline bool
inode_id_same (struct inode_id a, struct inode_id b)
{
  return a.number == b.number && a.space == b.space;
}

/* By space, then by number: <0, 0, >0. */
static inline int
inode_id_order (struct inode_id a, struct inode_id b)
{
  if (a.space != b.space)
    return a.space < b.space ? -1 : 1;
  return a.number < b.number ? -1 : a.number > b.number;
}

/* The inode that an entry of the direct engine is of. */
static inline struct inode_id
entry_id (const struct entry *entry)
{
  return (struct inode_id) { entry->inode, entry->subvolume };
}

struct inode_set {
  struct inode_id *slots;       /* owned: number + 1, or 0 where it is empty */
  size_t count;
  size_t capacity;              /* 0 or a power of two */
};

/* Adds an inode, whose number is below 2^64 - 1; *ADDED, which may be NULL,
 * says whether it is new.  -ENOMEM. */
errint_t inode_set_add (struct inode_set *set, struct inode_id id,
                        bool *added);
bool inode_set_has (const struct inode_set *set, struct inode_id id);

/* Goes over all, in no order: *ID of the next at or after slot *AT, which is 0
 * at first; false after the last. */
bool inode_set_next (const struct inode_set *set, size_t *at,
                     struct inode_id *id);
void inode_set_clear (struct inode_set *set);

#endif
