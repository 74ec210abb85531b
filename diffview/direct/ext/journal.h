/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the journal of a filesystem would write at the next mount.
 *
 * A journal that holds fast commits (feature fast_commit, since Linux 5.10) is
 * refused.  They say in terms of their own how inodes, extents and names
 * change; to replay them one has to be a filesystem that is written to.
 * mke2fs makes such filesystems only on request, and no distribution is known
 * to ask for it.
 */
#ifndef DELTAFS_EXT_JOURNAL_H
#define DELTAFS_EXT_JOURNAL_H

#include "errint.h"
#include "ext/filesystem.h"
#include "replay.h"

/* Finds what has to be replayed (nothing, where the log is empty) into
 * *REPLAY, which is finished.  FS has its descriptors, and no replay over
 * it yet.  -ENOTSUP or -EIO with *REASON (a static string) for a journal that
 * is damaged, external, of an unknown kind, or holds fast commits; -ENOMEM. */
errint_t ext_journal_replay (struct ext_filesystem *fs, struct replay *replay,
                             const char **reason);

#endif
