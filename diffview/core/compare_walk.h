/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Walking two trees at once, in listing order, without recursion.  Private
 * to comparing.
 */
#ifndef DELTAFS_COMPARE_WALK_H
#define DELTAFS_COMPARE_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "errint.h"
#include "tree.h"

/* What the two sides have at one path. */
struct tree_pair {
  const struct tree_node *node[SIDES];  /* NULL: that side has none, … */
  bool unknown[SIDES];          /* … or one that could not be read */
};

struct walk_frame {
  struct tree_pair pair;
  uint32_t next[SIDES];         /* members that were not given out yet */
  size_t path_length;
};

struct tree_walk {
  struct tree_pair pair;        /* the current one */
  char *path;                   /* of the current one, NUL-terminated */
  struct walk_frame *frames;    /* the directories above it, root first */
  size_t depth;                 /* how many */
  /* The walk's own. */
  bool started;
  size_t path_length, path_capacity, frame_capacity;
};

/* Begins a walk; trees are sorted, one of them may be NULL.  Cannot fail. */
void tree_walk_start (struct tree_walk *walk, const struct tree *base,
                      const struct tree *overlay);

/* Goes to the next pair, the root's first; *MORE is false when there is none.
 * -ENOMEM. */
errint_t tree_walk_next (struct tree_walk *walk, bool *more);

/* Leaves the directory at walk->frames[DEPTH]: what was not given out of what
 * is below it never is. */
void tree_walk_leave (struct tree_walk *walk, size_t depth);

void tree_walk_clear (struct tree_walk *walk);

/* Is there a pair with nothing on SIDE, for certain, that could be read whole
 * on the other, so that it is added (SIDE_BASE) or deleted (SIDE_OVERLAY)? */
bool tree_pair_lacks (const struct tree_pair *pair, enum side side);

#define CLEANUP_WALK __attribute__ ((cleanup (tree_walk_clear)))

#endif
