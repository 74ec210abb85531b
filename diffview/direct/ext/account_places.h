/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whose the blocks of a filesystem are, for the account.
 */
#ifndef DELTAFS_EXT_ACCOUNT_PLACES_H
#define DELTAFS_EXT_ACCOUNT_PLACES_H

#include "account_claims.h"
#include "errint.h"
#include "ext/filesystem.h"

/* Claims what has its place by the filesystem's geometry: superblocks,
 * descriptors, bitmaps, inode tables.  -ENOMEM. */
errint_t ext_account_claim_places (const struct ext_filesystem *fs,
                                   struct account_claims *claims);

/* Claims the blocks of all inodes.  BASE, which may be NULL, tells which files
 * are new.  -ENOMEM. */
errint_t ext_account_claim_inodes (const struct ext_filesystem *fs,
                                   const struct ext_filesystem *base,
                                   struct account_claims *claims);

#endif
