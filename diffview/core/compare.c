/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two trees and the answers about bytes into a delta set.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "compare_answers.h"
#include "compare_walk.h"

/* Every entry holds its whole path, so a guest could fill our memory with a
 * few thousand directories in each other.  Longer paths than this one draw on
 * a budget; when it is spent, what is deeper is not listed, and the directory
 * that it is in is unreadable. */
#define ORDINARY_PATH 256
#define LONG_PATHS ((size_t) 256 * 1024 * 1024)

struct comparison {
  struct tree_walk walk;
  struct answers answers;
  struct removed_files removed;
  const struct compare_rules *rules;
  struct delta *delta;
  unsigned filesystem;
  size_t emitted;               /* directories above the current pair (and the
                                 * pair itself) that are in DELTA already */
  size_t long_paths;            /* bytes drawn from the budget */
};

static void
comparison_clear (struct comparison *comparison)
{
  tree_walk_clear (&comparison->walk);
  answers_clear (&comparison->answers);
  removed_files_clear (&comparison->removed);
}

/* The verdict on the current pair; STATUS_SCAFFOLD when there is nothing to
 * say of it. */
static enum status
judge_pair (const struct comparison *comparison, unsigned *kinds)
{
  const struct tree_pair *pair = &comparison->walk.pair;
  const struct tree_node *base = pair->node[SIDE_BASE];
  const struct tree_node *overlay = pair->node[SIDE_OVERLAY];
  enum content_answer content = CONTENT_SAME;
  bool unreadable = false;

  *kinds = 0;
  if (base == NULL)
    return tree_pair_lacks (pair, SIDE_BASE)
      ? STATUS_ADDED : STATUS_UNREADABLE;
  if (overlay == NULL)
    return tree_pair_lacks (pair, SIDE_OVERLAY)
      ? STATUS_DELETED : STATUS_UNREADABLE;
  if (judge_needs_content (&base->entry, &overlay->entry))
    content = answers_find (&comparison->answers, base, overlay);
  *kinds = judge (&base->entry, &overlay->entry, comparison->rules, content,
                  &unreadable);
  if (unreadable)
    return STATUS_UNREADABLE;
  return *kinds != 0 ? STATUS_MODIFIED : STATUS_SCAFFOLD;
}

/* Adds an entry for a pair whose path is the first LENGTH bytes of the
 * current one. */
static errint_t
emit (struct comparison *comparison, const struct tree_pair *pair,
      size_t length, enum status status, unsigned kinds,
      const char *renamed_from)
{
  struct delta_entry entry = {
    .path = length == 0
      ? arena_copy (comparison->delta->arena, "/", 1)
      : arena_copy (comparison->delta->arena, comparison->walk.path, length),
    .status = (uint8_t) status,
    .kinds = (uint16_t) kinds,
    .filesystem = (uint16_t) comparison->filesystem,
    .renamed_from = renamed_from,
  };

  if (entry.path == NULL)
    return -ENOMEM;
  for (int side = 0; side < SIDES; ++side)
    if (pair->node[side] != NULL)
      entry.side[side] = &pair->node[side]->entry;
  return delta_add (comparison->delta, &entry);
}

/* Adds the first DEPTH directories above the current pair, as far as they are
 * not there yet. */
static errint_t
emit_scaffold (struct comparison *comparison, size_t depth)
{
  errint_t err = 0;

  while (err == 0 && comparison->emitted < depth) {
    const struct walk_frame *frame =
      &comparison->walk.frames[comparison->emitted++];

    err = emit (comparison, &frame->pair, frame->path_length,
                STATUS_SCAFFOLD, 0, NULL);
  }
  return err;
}

/* Draws a path's length from the budget; false when that is spent. */
static bool
draw (struct comparison *comparison, size_t length)
{
  if (length <= ORDINARY_PATH)
    return true;
  if (length > LONG_PATHS - comparison->long_paths)
    return false;
  comparison->long_paths += length;
  return true;
}

/* What an added entry was before, in *PATH; NULL when that is not known. */
static errint_t
find_origin (struct comparison *comparison,
             const struct tree_node *added, const char **path)
{
  CLEANUP_FREE char *found = NULL;
  const struct tree_node *node;

  *path = NULL;
  if (!comparison->answers.questions->renames
      || added->entry.type != ENTRY_FILE || added->entry.size == 0)
    return 0;
  node = removed_files_find (&comparison->removed, added);
  if (node == NULL
      || answers_find (&comparison->answers, node, added) != CONTENT_SAME)
    return 0;
  found = tree_path (node);
  if (found == NULL)
    return -ENOMEM;
  if (!draw (comparison, strlen (found)))
    return 0;
  *path = arena_copy (comparison->delta->arena, found, strlen (found));
  return *path == NULL ? -ENOMEM : 0;
}

/* Draws for the current pair and the scaffold that it needs. */
static bool
draw_for_pair (struct comparison *comparison)
{
  const struct tree_walk *walk = &comparison->walk;

  for (size_t i = comparison->emitted; i < walk->depth; ++i)
    if (!draw (comparison, walk->frames[i].path_length))
      return false;
  return draw (comparison, strlen (walk->path));
}

/* Is it the entry of a directory above the current pair? */
static bool
is_entry_of (const struct comparison *comparison,
             const struct delta_entry *entry, const struct walk_frame *frame)
{
  if (entry->filesystem != comparison->filesystem)
    return false;
  if (frame->path_length == 0)
    return strcmp (entry->path, "/") == 0;
  return strlen (entry->path) == frame->path_length
    && memcmp (entry->path, comparison->walk.path, frame->path_length) == 0;
}

/* Gives up on the lowest directory above the current pair that has an
 * ordinary path. */
static errint_t
refuse_depth (struct comparison *comparison)
{
  struct tree_walk *walk = &comparison->walk;
  struct delta *delta = comparison->delta;
  size_t lowest = walk->depth - 1;
  size_t i = 0;
  errint_t err;

  while (walk->frames[lowest].path_length > ORDINARY_PATH)
    lowest--;
  err = emit_scaffold (comparison, lowest + 1);
  if (err != 0)
    return err;
  for (i = delta->count - 1;
       !is_entry_of (comparison, &delta->entries[i], &walk->frames[lowest]);)
    i--;
  delta->entries[i].status = STATUS_UNREADABLE;
  tree_walk_leave (walk, lowest);
  return 0;
}

/* Adds what there is to say of the current pair. */
static errint_t
compare_pair (struct comparison *comparison)
{
  const struct tree_walk *walk = &comparison->walk;
  const char *origin = NULL;
  unsigned kinds;
  enum status status = judge_pair (comparison, &kinds);
  errint_t err;

  if (comparison->emitted > walk->depth)
    comparison->emitted = walk->depth;
  if (status == STATUS_SCAFFOLD && walk->depth > 0)
    return 0;
  if (!draw_for_pair (comparison))
    return refuse_depth (comparison);
  err = emit_scaffold (comparison, walk->depth);
  if (err == 0 && status == STATUS_ADDED)
    err = find_origin (comparison, walk->pair.node[SIDE_OVERLAY], &origin);
  if (err == 0)
    err = emit (comparison, &walk->pair, walk->path_length, status, kinds,
                origin);
  comparison->emitted = walk->depth + 1;
  return err;
}

errint_t
compare_finish (const struct tree *base, const struct tree *overlay,
                const struct compare_rules *rules,
                const struct content_questions *questions,
                struct delta *delta, unsigned filesystem)
{
  __attribute__ ((cleanup (comparison_clear))) struct comparison comparison = {
    .rules = rules, .delta = delta, .filesystem = filesystem,
  };
  bool more;
  errint_t err = answers_open (questions, &comparison.answers);

  tree_walk_start (&comparison.walk, base, overlay);
  if (err == 0 && questions->renames)
    err = removed_files_collect (base, overlay, &comparison.removed);
  while (err == 0
         && (err = tree_walk_next (&comparison.walk, &more)) == 0 && more)
    err = compare_pair (&comparison);
  return err;
}

const struct tree_node *
compare_node (const struct delta_entry *entry, enum side side)
{
  const struct entry *found = entry->side[side];

  if (found == NULL)
    return NULL;
  return (const struct tree_node *)
    ((const char *) found - offsetof (struct tree_node, entry));
}
