/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files that make up xfs/recovery.h share.
 */
#ifndef DELTAFS_XFS_RECOVERY_PRIVATE_H
#define DELTAFS_XFS_RECOVERY_PRIVATE_H

#include <stdbool.h>

#include "xfs/sectors.h"
#include "xfs/transactions.h"

struct xfs_cancelled;
struct xfs_intent;

struct xfs_recovery {
  const struct xfs_filesystem *fs;
  const char **reason;
  struct xfs_sectors sectors;
  struct xfs_cancelled *cancelled;      /* owned: buffers that were freed */
  struct xfs_intent *intents;   /* owned: what has not been done yet */
  size_t notes;                 /* of both together */
};

/* -ENOTSUP with the reason that the log makes no sense. */
errint_t xfs_recover_damaged (const struct xfs_recovery *recovery);

/* Was the buffer at basic block FIRST of COUNT ones freed later on? */
bool xfs_recover_is_cancelled (const struct xfs_recovery *recovery,
                              uint64_t first, uint32_t count);

/* Each replays one item of a transaction. */
errint_t xfs_recover_buffer (struct xfs_recovery *recovery,
                            const struct xfs_item *item, uint64_t sequence);
errint_t xfs_recover_inode (struct xfs_recovery *recovery,
                           const struct xfs_item *item, uint64_t sequence);
errint_t xfs_recover_inode_create (struct xfs_recovery *recovery,
                                  const struct xfs_item *item);

/* Writes the right checksum of LENGTH bytes to offset CRC of them. */
void xfs_recover_put_checksum (uint8_t *bytes, size_t length, size_t crc);

/* An item of a buffer says where that is (struct xfs_buf_log_format). */
struct xfs_buffer_format {
  unsigned flags, type;
  uint32_t count;               /* basic blocks */
  uint64_t first;               /* basic block of the volume */
  uint32_t map_words;           /* 32 bits each: which chunks are logged */
  const uint8_t *map;
};

enum {
  XFS_BUFFER_INODES = 0x01,
  XFS_BUFFER_CANCEL = 0x02,
  XFS_BUFFER_QUOTA = 0x1c,      /* any of three */
};

/* -ENOTSUP, see above, where it cannot be. */
errint_t xfs_recover_buffer_format (const struct xfs_recovery *recovery,
                                   const struct xfs_item *item,
                                   struct xfs_buffer_format *format);

#endif
