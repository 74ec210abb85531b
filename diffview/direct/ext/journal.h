/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the log of a filesystem's journal would write at the next mount.
 * Fast commits may follow on it: see fast_commits.h.
 */
#ifndef DELTAFS_EXT_JOURNAL_H
#define DELTAFS_EXT_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "errint.h"
#include "filesystem.h"
#include "replay.h"

/* What a replay of the log leaves to do. */
struct journal_rest {
  bool fast_commits;            /* there are some */
  uint32_t transaction;         /* that they belong to */
};

/* Finds what has to be replayed (nothing, where the log is empty) into
 * *REPLAY, which is finished.  FS has its descriptors, and no replay over
 * it yet.  -ENOTSUP or -EIO with *REASON (a static string) for a journal that
 * is damaged, external or of an unknown kind; -ENOMEM. */
errint_t journal_replay (struct filesystem *fs, struct replay *replay,
                         struct journal_rest *rest, const char **reason);

#endif
