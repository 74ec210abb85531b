/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whose the clusters of a FAT are, for the account of what was written.
 */
#ifndef DELTAFS_FAT_CLAIM_H
#define DELTAFS_FAT_CLAIM_H

#include "format.h"

/* As claim of format.h says. */
errint_t fat_claim (const struct reader *reader, const struct reader *base,
                    struct account_claims *claims);

#endif
