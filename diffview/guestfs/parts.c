/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Parts of a filesystem that are compared on their own: see parts.h.
 */
#include <config.h>

#include "parts.h"

#include <stdlib.h>
#include <string.h>

#include "compare_walk.h"

/* A snapshot of a snapshot of …: a guest could make them a circle. */
#define GENERATIONS_MAX 256

/* The directory at PATH, or NULL. */
static struct tree_node *
find_directory (const struct tree *tree, const char *path)
{
  struct tree_node *node = tree->root;

  while (node != NULL && *(path += strspn (path, "/")) != '\0') {
    size_t length = strcspn (path, "/");
    CLEANUP_FREE char *name = strndup (path, length);

    node = name != NULL ? tree_find (node, name) : NULL;
    path += length;
  }
  return node != NULL && node->entry.type == ENTRY_DIRECTORY ? node : NULL;
}

/* Is it the root of a subvolume within another one? */
static bool
is_subvolume (const struct tree_node *node)
{
  return node != NULL && node->parent != NULL
    && node->entry.type == ENTRY_DIRECTORY
    && node->entry.subvolume != node->parent->entry.subvolume;
}

bool
parts_want_snapshots (struct tree *const trees[SIDES])
{
  CLEANUP_WALK struct tree_walk walk = { .started = false };
  bool more;

  if (trees[SIDE_BASE] == NULL || trees[SIDE_OVERLAY] == NULL)
    return false;
  tree_walk_start (&walk, trees[SIDE_BASE], trees[SIDE_OVERLAY]);
  while (tree_walk_next (&walk, &more) == 0 && more)
    if (walk.pair.node[SIDE_BASE] == NULL
        && is_subvolume (walk.pair.node[SIDE_OVERLAY]))
      return true;
  return false;
}

/* How many nodes there are at and below NODE, without those of subvolumes in
 * it; no more than LIMIT are counted. */
static uint64_t
count_nodes (const struct tree_node *node, uint64_t limit)
{
  const struct tree tree = { .root = (struct tree_node *) (uintptr_t) node };
  CLEANUP_WALK struct tree_walk walk = { .started = false };
  uint64_t count = 0;
  bool more;

  tree_walk_start (&walk, &tree, NULL);
  while (count < limit && tree_walk_next (&walk, &more) == 0 && more) {
    const struct tree_node *found = walk.pair.node[SIDE_BASE];

    if (found != node && is_subvolume (found))
      tree_walk_leave (&walk, walk.depth);
    else
      ++count;
  }
  return count;
}

/* Draws what the comparison with NODE can add to the delta set. */
static bool
draw (struct parts *parts, const struct tree_node *node)
{
  uint64_t count = count_nodes (node, parts->allowance + 1);

  if (count > parts->allowance)
    return false;
  parts->allowance -= count;
  return true;
}

/* A snapshot that has little left of its source is told in fewer words as what
 * it is. */
static bool
is_like (const struct tree_node *overlay, const struct tree_node *base)
{
  uint64_t most = 2 * count_nodes (overlay, UINT64_MAX);

  return count_nodes (base, most + 1) <= most;
}

static errint_t
hide (struct parts *parts, struct tree_node *node)
{
  struct hidden *hidden;

  for (size_t i = 0; i < parts->hidden_count; ++i)
    if (parts->hidden[i].node == node)
      return 0;
  hidden = reallocarray (parts->hidden, parts->hidden_count + 1,
                         sizeof *hidden);
  if (hidden == NULL)
    return -ENOMEM;
  parts->hidden = hidden;
  hidden[parts->hidden_count++] =
    (struct hidden) { .node = node, .members = node->member_count };
  node->member_count = 0;
  return 0;
}

/* Shows or hides what is hidden of NODE, if it is. */
static void
show (const struct parts *parts, struct tree_node *node, bool shown)
{
  for (size_t i = 0; i < parts->hidden_count; ++i)
    if (parts->hidden[i].node == node)
      node->member_count = shown ? parts->hidden[i].members : 0;
}

void
parts_clear (struct parts *parts)
{
  for (size_t i = 0; i < parts->hidden_count; ++i)
    parts->hidden[i].node->member_count = parts->hidden[i].members;
  for (size_t i = 0; i < parts->count; ++i)
    for (enum side side = 0; side < SIDES; ++side)
      free (parts->list[i].path[side]);
  free (parts->hidden);
  free (parts->list);
  *parts = (struct parts) { .list = NULL };
}

static bool
is_part (const struct parts *parts, const struct tree_node *node)
{
  for (size_t i = 0; i < parts->count; ++i)
    if (parts->list[i].node[SIDE_OVERLAY] == node)
      return true;
  return false;
}

/* "" for the root: what a path is put in front of. */
static char *
prefix_of (const struct tree_node *node)
{
  return node->parent == NULL ? strdup ("") : tree_path (node);
}

static errint_t
add_part (struct parts *parts, struct tree_node *base,
          struct tree_node *overlay, bool mounted)
{
  struct part *list = reallocarray (parts->list, parts->count + 1,
                                    sizeof *list);
  struct part *part;

  if (list == NULL)
    return -ENOMEM;
  parts->list = list;
  part = &list[parts->count++];
  *part = (struct part) { .node = { base, overlay }, .mounted = mounted,
                          .number = overlay->entry.subvolume };
  part->path[SIDE_BASE] = prefix_of (base);
  part->path[SIDE_OVERLAY] = prefix_of (overlay);
  return part->path[SIDE_BASE] != NULL && part->path[SIDE_OVERLAY] != NULL
    ? 0 : -ENOMEM;
}

/* What is mounted in the place of something else: PAIRS. */
static errint_t
add_mounted (struct parts *parts, char *const *pairs)
{
  errint_t err = 0;

  for (; err == 0 && pairs != NULL && pairs[0] != NULL; pairs += 2) {
    struct tree_node *overlay =
      find_directory (parts->trees[SIDE_OVERLAY], pairs[0]);
    struct tree_node *base =
      find_directory (parts->trees[SIDE_BASE], pairs[1]);

    if (overlay != NULL && base != NULL && !is_part (parts, overlay)
        && draw (parts, base))
      err = add_part (parts, base, overlay, true);
  }
  return err;
}

static const struct snapshot *
find_uuid (const struct snapshots *snapshots, const char *uuid)
{
  for (size_t i = 0; i < snapshots->count; ++i)
    if (strcmp (snapshots->list[i].uuid, uuid) == 0)
      return &snapshots->list[i];
  return NULL;
}

static const struct snapshot *
find_path (const struct snapshots *snapshots, const struct tree_node *node)
{
  CLEANUP_FREE char *path = tree_path (node);

  for (size_t i = 0; path != NULL && i < snapshots->count; ++i)
    if (strcmp (snapshots->list[i].path, path) == 0)
      return &snapshots->list[i];
  return NULL;
}

/* What the base has that the overlay's subvolume was made from, over however
 * many generations; NULL if nothing. */
static struct tree_node *
find_source (const struct parts *parts,
             const struct snapshots snapshots[SIDES],
             const struct tree_node *overlay)
{
  const struct snapshot *child = find_path (&snapshots[SIDE_OVERLAY], overlay);

  for (unsigned i = 0; i < GENERATIONS_MAX; ++i) {
    const struct snapshot *source;

    if (child == NULL || child->parent[0] == '\0')
      return NULL;
    source = find_uuid (&snapshots[SIDE_BASE], child->parent);
    if (source != NULL)
      return find_directory (parts->trees[SIDE_BASE], source->path);
    child = find_uuid (&snapshots[SIDE_OVERLAY], child->parent);
  }
  return NULL;
}

static errint_t
add_snapshots (struct parts *parts, const struct snapshots snapshots[SIDES])
{
  CLEANUP_WALK struct tree_walk walk = { .started = false };
  bool more;
  errint_t err = 0;

  tree_walk_start (&walk, parts->trees[SIDE_BASE],
                   parts->trees[SIDE_OVERLAY]);
  while (err == 0 && (err = tree_walk_next (&walk, &more)) == 0 && more) {
    struct tree_node *overlay =
      (struct tree_node *) (uintptr_t) walk.pair.node[SIDE_OVERLAY];
    struct tree_node *base;

    if (walk.pair.node[SIDE_BASE] != NULL || !is_subvolume (overlay)
        || is_part (parts, overlay))
      continue;
    base = find_source (parts, snapshots, overlay);
    if (base != NULL && is_like (overlay, base))
      err = add_part (parts, base, overlay, false);
  }
  return err;
}

/* Of a part that took another one's place: what the base has there, and what
 * was replaced, if it is gone from where it was. */
static errint_t
hide_replaced (struct parts *parts, const struct part *part)
{
  struct tree_node *covered = find_directory (parts->trees[SIDE_BASE],
                                              part->path[SIDE_OVERLAY]);
  errint_t err = 0;

  if (covered != NULL)
    err = hide (parts, covered);
  if (err == 0 && find_directory (parts->trees[SIDE_OVERLAY],
                                  part->path[SIDE_BASE]) == NULL)
    err = hide (parts, part->node[SIDE_BASE]);
  return err;
}

errint_t
parts_find (struct tree *const trees[SIDES], char *const *pairs,
            const struct snapshots snapshots[SIDES], struct parts *parts)
{
  errint_t err;

  if (trees[SIDE_BASE] == NULL || trees[SIDE_OVERLAY] == NULL)
    return 0;
  parts->trees[SIDE_BASE] = trees[SIDE_BASE];
  parts->trees[SIDE_OVERLAY] = trees[SIDE_OVERLAY];
  parts->allowance = 2 * trees[SIDE_BASE]->node_count;
  err = add_mounted (parts, pairs);
  if (err == 0)
    err = add_snapshots (parts, snapshots);
  for (size_t i = 0; err == 0 && i < parts->count; ++i) {
    err = hide (parts, parts->list[i].node[SIDE_OVERLAY]);
    if (err == 0 && parts->list[i].mounted)
      err = hide_replaced (parts, &parts->list[i]);
  }
  return err;
}

/* Gives the part's inodes in the overlay the number that the base's subvolume
 * has, and the other way round: done twice it changes nothing. */
static errint_t
swap_numbers (const struct part *part, uint32_t one, uint32_t other)
{
  const struct tree tree = { .root = part->node[SIDE_OVERLAY] };
  CLEANUP_WALK struct tree_walk walk = { .started = false };
  bool more;
  errint_t err;

  tree_walk_start (&walk, NULL, &tree);
  while ((err = tree_walk_next (&walk, &more)) == 0 && more) {
    struct tree_node *node =
      (struct tree_node *) (uintptr_t) walk.pair.node[SIDE_OVERLAY];

    if (node->entry.subvolume == one)
      node->entry.subvolume = other;
    else if (node->entry.subvolume == other)
      node->entry.subvolume = one;
  }
  return err;
}

/* In the place of a subvolume a snapshot of what is around it has an empty
 * directory. */
static errint_t
hide_nested (struct parts *parts, const struct part *part, bool hidden)
{
  const struct tree tree = { .root = part->node[SIDE_BASE] };
  CLEANUP_WALK struct tree_walk walk = { .started = false };
  bool more;
  errint_t err = 0;

  if (part->mounted)
    return 0;
  tree_walk_start (&walk, &tree, NULL);
  while (err == 0 && (err = tree_walk_next (&walk, &more)) == 0 && more) {
    struct tree_node *node =
      (struct tree_node *) (uintptr_t) walk.pair.node[SIDE_BASE];

    if (node == part->node[SIDE_BASE] || !is_subvolume (node))
      continue;
    if (hidden)
      err = hide (parts, node);
    show (parts, node, !hidden);
  }
  return err;
}

errint_t
parts_enter (struct parts *parts, const struct part *part,
             struct tree trees[SIDES])
{
  errint_t err;

  for (enum side side = 0; side < SIDES; ++side) {
    show (parts, part->node[side], true);
    trees[side] = *parts->trees[side];
    trees[side].root = part->node[side];
  }
  err = hide_nested (parts, part, true);
  return err == 0
    ? swap_numbers (part, part->number,
                    part->node[SIDE_BASE]->entry.subvolume) : err;
}

errint_t
parts_leave (struct parts *parts, const struct part *part)
{
  errint_t err = hide_nested (parts, part, false);

  if (err == 0)
    err = swap_numbers (part, part->number,
                        part->node[SIDE_BASE]->entry.subvolume);
  for (enum side side = 0; side < SIDES; ++side)
    show (parts, part->node[side], false);
  return err;
}

/* PATH below PREFIX, in DELTA's arena; "/" is PREFIX itself. */
static const char *
join (struct delta *delta, const char *prefix, const char *path)
{
  size_t length = strlen (prefix);
  size_t rest = length > 0 && path[1] == '\0' ? 0 : strlen (path);
  char *joined = arena_allocate (delta->arena, length + rest + 1);

  if (joined != NULL) {
    memcpy (joined, prefix, length);
    memcpy (joined + length, path, rest);
    joined[length + rest] = '\0';
  }
  return joined;
}

errint_t
parts_place (const struct part *part, struct delta *delta, size_t first)
{
  size_t length = strlen (part->path[SIDE_BASE]);
  size_t kept = first;

  for (size_t i = first; i < delta->count; ++i) {
    struct delta_entry entry = delta->entries[i];

    /* That a snapshot is new the comparison of the rest says. */
    if (!part->mounted && strcmp (entry.path, "/") == 0)
      continue;
    entry.path = join (delta, part->path[SIDE_OVERLAY], entry.path);
    if (entry.path == NULL)
      return -ENOMEM;
    /* This one begins at the tree's root, and is within the base's part. */
    if (entry.renamed_from != NULL
        && (entry.renamed_from = join (delta, part->path[SIDE_OVERLAY],
                                       entry.renamed_from + length)) == NULL)
      return -ENOMEM;
    delta->entries[kept++] = entry;
  }
  delta->count = kept;
  return 0;
}

static bool
tells_itself (const struct parts *parts, const char *path)
{
  for (size_t i = 0; i < parts->count; ++i) {
    const char *own = parts->list[i].path[SIDE_OVERLAY];

    if (parts->list[i].mounted && strcmp (*own != '\0' ? own : "/", path) == 0)
      return true;
  }
  return false;
}

void
parts_drop (const struct parts *parts, struct delta *delta, size_t first)
{
  size_t kept = first;

  for (size_t i = first; i < delta->count; ++i)
    if (!tells_itself (parts, delta->entries[i].path))
      delta->entries[kept++] = delta->entries[i];
  delta->count = kept;
}
