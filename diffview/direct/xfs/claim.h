/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whose the blocks of an XFS are, for the account of what was written.
 */
#ifndef DELTAFS_XFS_CLAIM_H
#define DELTAFS_XFS_CLAIM_H

#include "format.h"

/* As claim of format.h says. */
errint_t xfs_claim (const struct reader *reader, const struct reader *base,
                    struct account_claims *claims);

#endif
