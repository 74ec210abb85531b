/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the written bytes of an ext2/3/4 filesystem are.
 */
#ifndef DELTAFS_EXT_ACCOUNT_H
#define DELTAFS_EXT_ACCOUNT_H

#include "direct_account.h"

/* As direct_journal_state, direct_size and direct_account say; VOLUME (of
 * ext_account: VOLUME[SIDE_OVERLAY]) is a filesystem of these types.  BASE_UNKNOWN: something is in the base's volume
 * that is not read here, and VOLUME[SIDE_BASE] is NULL. */
enum direct_journal ext_journal_state (const struct volume *volume);
errint_t ext_size (const struct volume *volume, uint64_t *size);
errint_t ext_account (struct device *const disk[SIDES],
                      const struct volume *const volume[SIDES],
                      bool base_unknown,
                      const struct extents *written,
                      const char *name, const struct log *log,
                      const struct progress *progress,
                      const char **reason,
                      struct account *account, bool *damaged);

#endif
