/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The journals that hold fast commits (feature fast_commit, of Linux 5.10).
 * These say in their own terms how inodes, extents and names change, and
 * replaying them means to be a filesystem that is written to.  That is done by
 * e2fsck, on a memory file instead of the disk; the blocks that it leaves there
 * with other bytes are replayed like those of any journal.
 */
#ifndef DELTAFS_EXT_FAST_COMMITS_H
#define DELTAFS_EXT_FAST_COMMITS_H

#include "errint.h"
#include "filesystem.h"
#include "recovery.h"
#include "replay.h"

/* Finds what the whole journal of FS, fast commits and all, would write, into
 * *REPLAY, which is empty and is finished then.  FS has no replay over it yet.
 * Memory is bounded: what e2fsck may read and write is.  -ENOTSUP with *REASON
 * (static) where RECOVERY is NULL or cannot do it; -ENOMEM; -EREMOTEIO. */
errint_t fast_commits_replay (const struct filesystem *fs,
                              struct recovery *recovery,
                              struct replay *replay, const char **reason);

#endif
