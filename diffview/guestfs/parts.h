/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Parts of a filesystem that are compared with something else than what the
 * base has at their path.
 *
 * A btrfs is compared from its top level, path by path.  That is wrong for two
 * kinds of subvolumes of the overlay.  One that is mounted where another one
 * is mounted on the base's side (a new default subvolume, after an update that
 * works on a snapshot of the root) is held against that one.  One that the
 * base does not have, and that is a snapshot of one that it has, is held
 * against its source: it is added, and so is what is not in the source, but
 * what the two share is not told again.
 *
 * How many times a guest can have one tree of the base compared is bounded: by
 * twice the base's size for what is mounted, by twice its own size for a
 * snapshot.  What goes beyond that is compared path by path.
 *
 * Each such part is taken out of the trees for the comparison of the rest,
 * and has a comparison of its own.
 */
#ifndef DELTAFS_PARTS_H
#define DELTAFS_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "delta.h"
#include "errint.h"
#include "snapshots.h"
#include "tree.h"

struct part {
  struct tree_node *node[SIDES];        /* what is compared; both directories */
  char *path[SIDES];            /* of them: "" for the root */
  uint32_t number;              /* of the overlay's subvolume */
  bool mounted;                 /* one takes the other's place; else, the
                                 * overlay's is a snapshot */
};

struct parts {
  struct part *list;            /* owned */
  size_t count;
  /* Directories whose members are hidden, and how many they have. */
  struct hidden { struct tree_node *node; uint32_t members; } *hidden;
  size_t hidden_count;
  struct tree *trees[SIDES];    /* borrowed, as are the nodes */
  uint64_t allowance;           /* of nodes that may be compared once more */
};

/* Has the overlay's tree subvolumes that the base's does not have, so that
 * their sources matter?  Both are sorted, their subvolumes numbered. */
bool parts_want_snapshots (struct tree *const trees[SIDES]);

/* Finds the parts of two such trees and hides them.  PAIRS: as in
 * compare_rules.  *PARTS is empty before, and to be freed with parts_clear,
 * which shows what is hidden.  -ENOMEM. */
errint_t parts_find (struct tree *const trees[SIDES],
                     char *const *pairs,
                     const struct snapshots snapshots[SIDES],
                     struct parts *parts);
void parts_clear (struct parts *parts);

/* Makes *PART's two directories the roots of TREES, with all that they have,
 * so that they can be compared; subvolumes are numbered alike.  To be undone
 * before the next one is entered.  -ENOMEM. */
errint_t parts_enter (struct parts *parts, const struct part *part,
                      struct tree trees[SIDES]);
errint_t parts_leave (struct parts *parts, const struct part *part);

/* Moves what the comparison of a part added to DELTA, from number FIRST on, to
 * where the part is in the overlay.  -ENOMEM. */
errint_t parts_place (const struct part *part, struct delta *delta,
                      size_t first);

/* Takes from DELTA, from number FIRST on, what the comparison of the rest says
 * about directories that have a part of their own to say it. */
void parts_drop (const struct parts *parts, struct delta *delta,
                 size_t first);

#define CLEANUP_PARTS __attribute__ ((cleanup (parts_clear)))

#endif
