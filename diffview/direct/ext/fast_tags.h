/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tags of fast commits, as far as it has to be known whether somebody else
 * can replay them (fs/ext4/fast_commit.h of Linux; Documentation/filesystems/
 * ext4, journal.rst, "Fast Commits").
 */
#ifndef DELTAFS_EXT_FAST_TAGS_H
#define DELTAFS_EXT_FAST_TAGS_H

#include <stdbool.h>
#include <stdint.h>

#include "errint.h"
#include "filesystem.h"

/* Is a block of BLOCK_SIZE bytes the first one of the fast commits that follow
 * on a log whose last transaction is the one before TRANSACTION? */
bool fast_tags_begin (const uint8_t *block, uint32_t transaction);

/* Are all names that the fast commits of FS give, those of regular files?
 * e2fsck 1.47 knows no others: it leaves out the names of symlinks, and makes
 * directories that have no block, and says nothing of it.  FS is as the log
 * leaves it, with its descriptors, and TRANSACTION is what follows on the log.
 * -ENOTSUP with *REASON (static) if not, or if the journal is not what it was;
 * -ENOMEM; -EREMOTEIO. */
errint_t fast_tags_check (const struct filesystem *fs, uint32_t transaction,
                          const char **reason);

#endif
