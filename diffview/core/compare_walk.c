/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Walking two trees at once.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "compare_walk.h"
#include "judge.h"
#include "vector.h"

void
tree_walk_start (struct tree_walk *walk, const struct tree *base,
                 const struct tree *overlay)
{
  *walk = (struct tree_walk) {
    .pair.node = {
      [SIDE_BASE] = base != NULL ? base->root : NULL,
      [SIDE_OVERLAY] = overlay != NULL ? overlay->root : NULL,
    },
  };
}

void
tree_walk_clear (struct tree_walk *walk)
{
  free (walk->path);
  free (walk->frames);
}

/* Makes the current path the first LENGTH bytes of what it was, and '/' and
 * NAME. */
static errint_t
set_path (struct tree_walk *walk, size_t length, const char *name)
{
  size_t name_length = strlen (name);
  size_t needed = length + name_length + 2;

  if (needed > walk->path_capacity) {
    char *path = realloc (walk->path, 2 * needed);

    if (path == NULL)
      return -ENOMEM;
    walk->path = path;
    walk->path_capacity = 2 * needed;
  }
  walk->path[length] = '/';
  memcpy (walk->path + length + 1, name, name_length + 1);
  walk->path_length = length + 1 + name_length;
  return 0;
}

static uint32_t
count_of (const struct tree_node *node)
{
  return node == NULL ? 0 : node->member_count;
}

/* Are names of the directory unknown on SIDE, so that one that is not there
 * may be there all the same? */
static bool
names_unknown (const struct tree_pair *pair, enum side side)
{
  const struct tree_node *node = pair->node[side];

  if (node == NULL)
    return pair->unknown[side];
  return node->entry.type == ENTRY_UNKNOWN
    || (node->entry.missing & ENTRY_NO_MEMBERS) != 0;
}

/* Goes into the current pair. */
static errint_t
push_frame (struct tree_walk *walk)
{
  return VECTOR_APPEND (walk->frames, walk->depth, walk->frame_capacity,
                        (struct walk_frame) {
                          .pair = walk->pair,
                          /* The root's "/" is no part of its members'
                           * paths. */
                          .path_length = walk->path_length == 1
                            ? 0 : walk->path_length,
                        });
}

static const struct tree_node *
peek (const struct walk_frame *frame, enum side side)
{
  const struct tree_node *directory = frame->pair.node[side];

  if (frame->next[side] >= count_of (directory))
    return NULL;
  return directory->members[frame->next[side]];
}

/* The next pair of members of a directory; false when there is none. */
static bool
next_members (struct walk_frame *frame, struct tree_pair *pair)
{
  const struct tree_node *base = peek (frame, SIDE_BASE);
  const struct tree_node *overlay = peek (frame, SIDE_OVERLAY);

  if (base != NULL && overlay != NULL) {
    int order = strcmp (base->name, overlay->name);

    if (order < 0)
      overlay = NULL;
    else if (order > 0)
      base = NULL;
  }
  frame->next[SIDE_BASE] += base != NULL;
  frame->next[SIDE_OVERLAY] += overlay != NULL;
  *pair = (struct tree_pair) {
    .node = { base, overlay },
    .unknown = {
      base == NULL && names_unknown (&frame->pair, SIDE_BASE),
      overlay == NULL && names_unknown (&frame->pair, SIDE_OVERLAY),
    },
  };
  return base != NULL || overlay != NULL;
}

errint_t
tree_walk_next (struct tree_walk *walk, bool *more)
{
  errint_t err = 0;

  *more = true;
  if (!walk->started) {
    walk->started = true;
    return set_path (walk, 0, "");
  }
  if (count_of (walk->pair.node[SIDE_BASE]) > 0
      || count_of (walk->pair.node[SIDE_OVERLAY]) > 0)
    err = push_frame (walk);
  while (err == 0 && walk->depth > 0) {
    struct walk_frame *frame = &walk->frames[walk->depth - 1];

    if (next_members (frame, &walk->pair)) {
      const struct tree_node *node = walk->pair.node[SIDE_BASE] != NULL
        ? walk->pair.node[SIDE_BASE] : walk->pair.node[SIDE_OVERLAY];

      return set_path (walk, frame->path_length, node->name);
    }
    walk->depth--;
  }
  *more = false;
  return err;
}

void
tree_walk_leave (struct tree_walk *walk, size_t depth)
{
  walk->pair = (struct tree_pair) { .node = { NULL, NULL } };
  walk->depth = depth;
}

bool
tree_pair_lacks (const struct tree_pair *pair, enum side side)
{
  return pair->node[side] == NULL && !pair->unknown[side]
    && !judge_incomplete (&pair->node[!side]->entry);
}
