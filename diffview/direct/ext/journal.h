/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the journal of a filesystem would write at the next mount.
 *
 * Fast commits (feature fast_commit, of Linux 5.10) are not among it, and a
 * journal that holds some is refused: they say in their own terms how inodes,
 * extents and names change, and replaying them means to be a filesystem that
 * is written to.  e2fsck could, on a scratch layer: a large program over
 * hostile bytes, outside of this one's walls, where an appliance has a wall
 * of its own and its kernel is what the guest would recover with.  mke2fs does
 * not make such filesystems unless it is asked to, and no distribution's
 * images are known to have it; so that is for guestfs.
 */
#ifndef DELTAFS_EXT_JOURNAL_H
#define DELTAFS_EXT_JOURNAL_H

#include "errint.h"
#include "filesystem.h"
#include "replay.h"

/* Finds what has to be replayed (nothing, where the log is empty) into
 * *REPLAY, which is finished.  FS has its descriptors, and no replay over
 * it yet.  -ENOTSUP or -EIO with *REASON (a static string) for a journal that
 * is damaged, external, of fast commits or of an unknown kind; -ENOMEM. */
errint_t journal_replay (struct filesystem *fs, struct replay *replay,
                         const char **reason);

#endif
