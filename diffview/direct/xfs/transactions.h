/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The transactions in the log: operations of the records put together to
 * regions, regions to items.  Knows the framing; must not know what an item
 * changes.
 */
#ifndef DELTAFS_XFS_TRANSACTIONS_H
#define DELTAFS_XFS_TRANSACTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "errint.h"
#include "xfs/log_records.h"

/* Types of items (xfs_log_format.h). */
enum {
  XFS_ITEM_EXTENT_FREE = 0x1236,
  XFS_ITEM_EXTENT_FREE_DONE = 0x1237,
  XFS_ITEM_INODE = 0x123b,
  XFS_ITEM_BUFFER = 0x123c,
  XFS_ITEM_QUOTA = 0x123d,
  XFS_ITEM_QUOTA_OFF = 0x123e,
  XFS_ITEM_INODE_CREATE = 0x123f,
  XFS_ITEM_RMAP = 0x1240,
  XFS_ITEM_RMAP_DONE = 0x1241,
  XFS_ITEM_REFCOUNT = 0x1242,
  XFS_ITEM_REFCOUNT_DONE = 0x1243,
  XFS_ITEM_MAP = 0x1244,
  XFS_ITEM_MAP_DONE = 0x1245,
  XFS_ITEM_ATTRIBUTE = 0x1246,
  XFS_ITEM_ATTRIBUTE_DONE = 0x1247,
  XFS_ITEM_EXCHANGE = 0x1248,
  XFS_ITEM_EXCHANGE_DONE = 0x1249,
};

struct xfs_region {
  uint8_t *bytes;               /* owned by the transaction */
  uint32_t length;
};

/* What one item changes.  The first region says what it is, in the byte order of
 * the host that wrote it: little-endian. */
struct xfs_item {
  uint16_t type;
  uint16_t expected;            /* regions that it should have */
  uint16_t count;
  struct xfs_region *regions;   /* owned by the transaction */
};

struct xfs_transaction {
  uint64_t sequence;            /* of the record in which it began */
  struct xfs_item *items;       /* owned by the reader */
  size_t count;
};

/* Is called with each transaction that was committed, in log order.  It may take
 * TRANSACTION only for the call. */
typedef errint_t xfs_transaction_visit (void *opaque,
                                        const struct xfs_transaction *
                                        transaction);

/* Goes through all transactions from the tail of the log to its head.  What was not
 * committed does not count.  -ENOTSUP with *REASON (a static string) where the log
 * makes no sense or would take too much memory, what VISIT gives, -EIO, -ENOMEM,
 * -EREMOTEIO. */
errint_t xfs_transactions_visit (const struct xfs_log *log,
                                 xfs_transaction_visit *visit, void *opaque,
                                 const char **reason);

#endif
