/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Replays the log in memory, over the blocks of one side: the filesystem is then
 * as the kernel would find it after its recovery, as far as names, metadata
 * and content go.
 */
#ifndef DELTAFS_XFS_RECOVERY_H
#define DELTAFS_XFS_RECOVERY_H

#include "errint.h"
#include "xfs/edits.h"
#include "xfs/filesystem.h"

/* Finds out whether the log is clean, and replays it where it is not; the superblock
 * has to be read again then: *REPLAYED.  *EDITS becomes what has to be done beyond
 * that.  -ENOTSUP with *REASON (a static string)
 * for what only the kernel can; -EIO, -ENOMEM, -EREMOTEIO. */
errint_t xfs_recover (const struct xfs_filesystem *fs, bool *replayed,
                      struct xfs_edits *edits, const char **reason);

#endif
