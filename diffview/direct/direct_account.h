/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the direct engine's readers can tell about a filesystem without
 * computing a delta: its journal, and what the bytes are that were written.
 */
#ifndef DELTAFS_DIRECT_ACCOUNT_H
#define DELTAFS_DIRECT_ACCOUNT_H

#include <stdbool.h>

#include "account.h"
#include "device.h"
#include "errint.h"
#include "extents.h"
#include "log.h"
#include "progress.h"
#include "volumes.h"

enum direct_journal {
  DIRECT_JOURNAL_UNKNOWN,       /* not a filesystem that is read here */
  DIRECT_JOURNAL_NONE,
  DIRECT_JOURNAL_CLEAN,
  DIRECT_JOURNAL_NEEDS_RECOVERY,
};

/* What the superblock of the filesystem in VOLUME (NULL: unknown) says of its
 * journal.  What cannot be read is unknown. */
enum direct_journal direct_journal_state (const struct volume *volume);

/* How many bytes of VOLUME its filesystem takes once its journal was
 * replayed: one that grew may say so there alone.  -ENOTSUP where it cannot be
 * opened, -EIO, -ENOMEM; not reported. */
errint_t direct_size (const struct volume *volume, uint64_t *size);

/* Accounts for WRITTEN, bytes of the overlay's DISK that lie in its VOLUME,
 * into *ACCOUNT: the sum of its classes is WRITTEN's total.  The base's VOLUME
 * may be NULL.  What is damaged is
 * reported as a warning, *DAMAGED is true then, and what nobody can tell is in
 * the class "unknown".  -ENOTSUP for a filesystem that cannot be opened:
 * *REASON (static) says why and *DAMAGED is true, but not for one of another
 * type, of which there is nothing to say; -ENOMEM, not reported.  Memory is
 * bounded whatever was written. */
errint_t direct_account (struct device *const disk[SIDES],
                         const struct volume *const volume[SIDES],
                         const struct extents *written,
                         const char *name, const struct log *log,
                         const struct progress *progress,
                         const char **reason,
                         struct account *account, bool *damaged);

#endif
