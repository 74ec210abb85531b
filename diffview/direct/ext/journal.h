/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the journal of a filesystem would write at the next mount.
 *
 * A journal that holds fast commits is another matter: see fast_commits.h.
 */
#ifndef DELTAFS_EXT_JOURNAL_H
#define DELTAFS_EXT_JOURNAL_H

#include "errint.h"
#include "filesystem.h"
#include "recovery.h"
#include "replay.h"

/* Finds what has to be replayed (nothing, where the log is empty) into
 * *REPLAY, which is finished.  FS has its descriptors, and no replay over
 * it yet.  RECOVERY, or NULL, is for fast commits.  -ENOTSUP or -EIO with
 * *REASON (a static string) for a journal that is damaged, external, of an
 * unknown kind, or of fast commits that cannot be replayed; -ENOMEM;
 * -EREMOTEIO. */
errint_t journal_replay (struct filesystem *fs, struct recovery *recovery,
                         struct replay *replay, const char **reason);

#endif
