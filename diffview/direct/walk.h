/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Both sides' trees, as far as they can differ: what the changes do not lead
 * to, and what was looked at and is equal, is left out on both sides alike,
 * so that the comparison of the two trees gives what it would give of the
 * whole ones.
 */
#ifndef DELTAFS_DIRECT_WALK_H
#define DELTAFS_DIRECT_WALK_H

#include "changes.h"
#include "errint.h"
#include "file_pairs.h"
#include "tree.h"

/* What is below a directory whose path is longer is not looked at: PATH_MAX of
 * Linux. */
#define WALK_PATH_MAX 4096

/* Fills the trees, which are new.  A side without a filesystem has NULL in
 * CHANGES->reader and in TREE.  Both are sorted afterwards.  RULES say what is
 * equal.  Files that both sides have at a path, with nothing different but
 * their bytes, if these are, are not in the trees: they are added to PAIRS.
 * -ENOMEM. */
errint_t walk_fill (const struct changes *changes,
                    const struct compare_rules *rules,
                    struct tree *const tree[SIDES], struct file_pairs *pairs);

/* Adds those of PAIRS, which were compared, that are not the same.  -ENOMEM. */
errint_t walk_add_pairs (const struct changes *changes,
                         const struct file_pairs *pairs,
                         struct tree *const tree[SIDES]);

#endif
