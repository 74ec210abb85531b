/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The account of a filesystem's written bytes, for formats that are known.
 */
#ifndef DELTAFS_DIRECT_ACCOUNT_OPEN_H
#define DELTAFS_DIRECT_ACCOUNT_OPEN_H

#include "direct_account.h"
#include "format.h"

/* As direct_account; FORMAT is that of VOLUME, side by side, and NULL where that
 * is, which it is not for the overlay.  BASE_UNKNOWN: something is in the base's
 * volume that is not read here, and VOLUME[SIDE_BASE] is NULL. */
errint_t account_filesystem (const struct format *const format[SIDES],
                             struct device *const disk[SIDES],
                             const struct volume *const volume[SIDES],
                             bool base_unknown,
                             const struct extents *written,
                             const char *name, const struct log *log,
                             const struct progress *progress,
                             const char **reason,
                             struct account *account, bool *damaged);

#endif
