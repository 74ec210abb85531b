/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The journals that hold fast commits (feature fast_commit, of Linux 5.10).
 * These say in their own terms how inodes, extents and names change, and
 * replaying them means to be a filesystem that is written to.  That is done by
 * e2fsck, on a memory file instead of the disk; the blocks that it leaves there
 * with other bytes are replayed like those of any journal.
 *
 * e2fsck is not taken at its word: 1.47 ends with exit code 0 whatever came of
 * it.  It must say nothing but that it replays, leave a superblock that calls
 * the filesystem clean, which it does not where the replay failed, and it is
 * not asked where it is known to be wrong (fast_tags.h) or would not look at
 * fast commits.
 */
#ifndef DELTAFS_EXT_FAST_COMMITS_H
#define DELTAFS_EXT_FAST_COMMITS_H

#include <stdint.h>

#include "errint.h"
#include "filesystem.h"
#include "recovery.h"

/* Lays over FS what its whole journal would write, log and fast commits, in
 * the place of what the log alone would, which is laid over it now.  FS has
 * its descriptors; TRANSACTION is what follows on the log.  Memory is bounded.
 * -ENOTSUP with *REASON (static) where RECOVERY is NULL or cannot do it;
 * -ENOMEM; -EREMOTEIO. */
errint_t fast_commits_replay (const struct filesystem *fs,
                              uint32_t transaction,
                              struct recovery *recovery,
                              const char **reason);

#endif
