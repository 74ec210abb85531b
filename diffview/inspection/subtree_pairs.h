/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which subvolumes belong together because one is mounted in the overlay where
 * the other one is in the base.
 */
#ifndef DELTAFS_SUBTREE_PAIRS_H
#define DELTAFS_SUBTREE_PAIRS_H

#include "errint.h"
#include "filesystems.h"
#include "guest.h"
#include "layout.h"

/* Those of one filesystem, as compare_rules.pairs has them: a new list, to be
 * freed with cleanup_free_strings, or NULL when each is compared with what the
 * base has at the same path.  BASE is the base's guest, or NULL: then it is its
 * default subvolume that is compared with the overlay's.  -ENOMEM. */
errint_t subtree_pairs (const struct filesystems *filesystems,
                        const struct layout *layout,
                        const struct guest *base, size_t filesystem,
                        char ***pairs);

#endif
