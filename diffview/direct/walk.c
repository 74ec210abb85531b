/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Walking both sides at once, without recursion.  Directories that both
 * sides have at one path come before those that only one has, and no
 * directory is entered twice on a side: where a hostile one is linked into
 * another, its first place among the pairs counts.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "memory_budget.h"
#include "name_list.h"
#include "walk.h"

/* Entries of one side: no honest filesystem has more. */
#define ENTRIES_MAX 20000000

/* A directory that waits to be entered. */
struct pending {
  struct tree_node *node[SIDES];        /* NULL: that side has none */
  size_t path_length;
};

struct pending_list {
  struct pending *list;         /* owned */
  size_t count, capacity;
};

struct walk {
  const struct changes *changes;
  const struct compare_rules *rules;
  struct tree *const *tree;
  struct file_pairs *files;     /* to be compared */
  struct inode_set entered[SIDES];
  struct pending_list pairs, singles;   /* stacks */
  uint64_t memory_max;          /* bytes that the trees may take */
};

/* One name, as the sides have it. */
struct member {
  const char *name;
  size_t length;
  const struct name *side[SIDES];     /* NULL: not there */
};

static errint_t
push (struct pending_list *pending, const struct pending *item)
{
  if (pending->count == pending->capacity) {
    size_t capacity = pending->capacity == 0 ? 64 : pending->capacity * 2;
    struct pending *list =
      reallocarray (pending->list, capacity, sizeof *list);

    if (list == NULL)
      return -ENOMEM;
    pending->list = list;
    pending->capacity = capacity;
  }
  pending->list[pending->count++] = *item;
  return 0;
}

/* A file whose runs are damaged is known to be unreadable. */
static errint_t
check_content (const struct reader *reader, struct inode_id inode,
               struct entry *entry)
{
  CLEANUP_RUNS struct runs runs = { 0 };
  errint_t err = reader->format->runs (reader, inode, &runs);

  if (err == -ENOMEM)
    return err;
  if (err < 0 || runs.damaged)
    entry->missing |= ENTRY_NO_CONTENT;
  return 0;
}

/* Into ENTRY, with what it points to in TREE's memory. */
static errint_t
read_entry (const struct reader *reader, const struct tree *tree,
            struct inode_id inode, bool twin, struct entry *entry)
{
  errint_t err = reader->format->entry (reader, inode, tree->arena, entry);

  if (err == 0 && entry->type == ENTRY_FILE)
    err = check_content (reader, inode, entry);
  if (err == 0 && twin)
    entry->missing |= ENTRY_NO_METADATA;
  /* It is not entered. */
  if (err == 0 && entry->type == ENTRY_DIRECTORY &&
      (entry->missing & ENTRY_NO_METADATA))
    entry->missing |= ENTRY_NO_MEMBERS;
  return err;
}

/* Both sides have the name, and neither is a directory: can it be left out,
 * unless the bytes turn out to differ? */
static errint_t
leave_out (struct walk *walk, const struct pending *directory,
           const struct member *member, const struct entry entry[SIDES],
           bool *left_out)
{
  const struct entry *base = &entry[SIDE_BASE];
  const struct entry *overlay = &entry[SIDE_OVERLAY];
  const struct inode_id inode[SIDES] = {
    member->side[SIDE_BASE]->inode, member->side[SIDE_OVERLAY]->inode,
  };
  bool unreadable = false;
  unsigned kinds;

  *left_out = false;
  if (base->type == ENTRY_DIRECTORY || overlay->type == ENTRY_DIRECTORY)
    return 0;
  kinds = judge (base, overlay, walk->rules, CONTENT_SAME, &unreadable);
  if (kinds != 0 || unreadable)
    return 0;
  *left_out = true;
  return !judge_needs_content (base, overlay) ? 0 :
    file_pairs_add (walk->files, inode, directory->node, member->name,
                    member->length);
}

/* Marks a node whose members are more than is looked at. */
static void
give_up (struct tree_node *const node[SIDES])
{
  for (int side = 0; side < SIDES; ++side)
    if (node[side] != NULL && node[side]->entry.type == ENTRY_DIRECTORY)
      node[side]->entry.missing |= ENTRY_NO_MEMBERS | ENTRY_TOO_MUCH;
}

/* Directories among NODE are put on the list of those to enter. */
static errint_t
enter_later (struct walk *walk, struct tree_node *const node[SIDES],
             size_t path_length)
{
  struct pending item = { .path_length = path_length };
  errint_t err;

  for (int side = 0; side < SIDES; ++side)
    if (node[side] != NULL && node[side]->entry.type == ENTRY_DIRECTORY &&
        !(node[side]->entry.missing & ENTRY_NO_METADATA))
      item.node[side] = node[side];
  if (item.node[SIDE_BASE] == NULL && item.node[SIDE_OVERLAY] == NULL)
    return 0;
  if (path_length > WALK_PATH_MAX) {
    give_up (item.node);
    return 0;
  }
  if (item.node[SIDE_BASE] == NULL || item.node[SIDE_OVERLAY] == NULL)
    return push (&walk->singles, &item);
  err = push (&walk->pairs, &item);
  return err;
}

static errint_t
add_nodes (struct walk *walk, const struct pending *directory,
           const struct member *member, const struct entry entry[SIDES])
{
  struct tree_node *node[SIDES] = { NULL, NULL };

  for (int side = 0; side < SIDES; ++side) {
    if (member->side[side] == NULL)
      continue;
    node[side] = tree_add (walk->tree[side], directory->node[side],
                           member->name, member->length);
    if (node[side] == NULL)
      return -ENOMEM;
    node[side]->entry = entry[side];
  }
  return enter_later (walk, node,
                      directory->path_length + 1 + member->length);
}

static errint_t
walk_member (struct walk *walk, const struct pending *directory,
             const struct member *member)
{
  const struct name *base = member->side[SIDE_BASE];
  const struct name *overlay = member->side[SIDE_OVERLAY];
  struct entry entry[SIDES];
  bool left_out = false;
  errint_t err = 0;

  if (base != NULL && overlay != NULL && inode_id_same (base->inode,
                                                        overlay->inode) &&
      base->twin == overlay->twin &&
      !changes_lead_to (walk->changes, base->inode))
    return 0;
  for (int side = 0; side < SIDES && err == 0; ++side)
    if (member->side[side] != NULL)
      err = read_entry (walk->changes->reader[side], walk->tree[side],
                        member->side[side]->inode, member->side[side]->twin,
                        &entry[side]);
  if (err == 0 && base != NULL && overlay != NULL)
    err = leave_out (walk, directory, member, entry, &left_out);
  return err < 0 || left_out ? err :
    add_nodes (walk, directory, member, entry);
}

/* Is there no room for more members of a directory on either side? */
static bool
is_full (const struct walk *walk, const struct pending *directory)
{
  uint64_t memory = file_pairs_size (walk->files);

  for (int side = 0; side < SIDES; ++side) {
    if (directory->node[side] != NULL &&
        walk->tree[side]->node_count >= ENTRIES_MAX)
      return true;
    if (walk->tree[side] != NULL)
      memory += tree_size (walk->tree[side]);
  }
  return memory > walk->memory_max;
}

/* The next name of either side; false after the last. */
static bool
next_member (const struct name_list *const names[SIDES], size_t next[SIDES],
             struct member *member)
{
  int order = 0;

  *member = (struct member) { 0 };
  for (int side = 0; side < SIDES; ++side)
    if (names[side] != NULL && next[side] < names[side]->count)
      member->side[side] = &names[side]->list[next[side]];
  if (member->side[SIDE_BASE] != NULL && member->side[SIDE_OVERLAY] != NULL)
    order = strcmp (name_list_text (names[SIDE_BASE], next[SIDE_BASE]),
                    name_list_text (names[SIDE_OVERLAY], next[SIDE_OVERLAY]));
  if (order < 0)
    member->side[SIDE_OVERLAY] = NULL;
  else if (order > 0)
    member->side[SIDE_BASE] = NULL;
  for (int side = 0; side < SIDES; ++side)
    if (member->side[side] != NULL) {
      member->name = name_list_text (names[side], next[side]++);
      member->length = member->side[side]->length;
    }
  return member->name != NULL;
}

/* Reads the names of a directory on one side. */
static errint_t
read_names (struct walk *walk, enum side side, struct tree_node *node,
            struct name_list *names)
{
  const struct inode_id inode = entry_id (&node->entry);
  bool added;
  errint_t err = inode_set_add (&walk->entered[side], inode, &added);

  if (err == 0 && added)
    err = name_list_read (walk->changes->reader[side], inode, names);
  if (err == -EIO || (err == 0 && !added)) {
    names->incomplete = true;
    err = 0;
  }
  if (names->incomplete)
    node->entry.missing |= ENTRY_NO_MEMBERS;
  if (names->too_large)
    node->entry.missing |= ENTRY_TOO_MUCH;
  return err;
}

static errint_t
walk_directory (struct walk *walk, const struct pending *item)
{
  struct tree_node *base = item->node[SIDE_BASE];
  struct tree_node *overlay = item->node[SIDE_OVERLAY];
  CLEANUP_NAME_LIST struct name_list base_names = { 0 };
  CLEANUP_NAME_LIST struct name_list overlay_names = { 0 };
  const struct name_list *names[SIDES] = { NULL, NULL };
  size_t next[SIDES] = { 0, 0 };
  struct member member;
  errint_t err = 0;

  if (base != NULL) {
    err = read_names (walk, SIDE_BASE, base, &base_names);
    names[SIDE_BASE] = &base_names;
  }
  if (err == 0 && overlay != NULL) {
    err = read_names (walk, SIDE_OVERLAY, overlay, &overlay_names);
    names[SIDE_OVERLAY] = &overlay_names;
  }
  while (err == 0 && next_member (names, next, &member)) {
    if (is_full (walk, item)) {
      give_up (item->node);
      return 0;
    }
    err = walk_member (walk, item, &member);
  }
  return err;
}

static errint_t
walk_root (struct walk *walk)
{
  struct tree_node *root[SIDES] = { NULL, NULL };
  bool leads = false;
  errint_t err = 0;

  for (int side = 0; side < SIDES && err == 0; ++side) {
    const struct reader *reader = walk->changes->reader[side];
    struct inode_id inode;

    if (walk->tree[side] == NULL)
      continue;
    inode = reader->format->root (reader);
    leads |= changes_lead_to (walk->changes, inode);
    root[side] = walk->tree[side]->root;
    err = reader->format->entry (reader, inode, walk->tree[side]->arena,
                                 &root[side]->entry);
  }
  if (err < 0 || !leads)
    return err;
  return enter_later (walk, root, 0);
}

static errint_t
walk_all (struct walk *walk)
{
  errint_t err = walk_root (walk);

  while (err == 0) {
    struct pending item;

    if (walk->pairs.count > 0)
      item = walk->pairs.list[--walk->pairs.count];
    else if (walk->singles.count > 0)
      item = walk->singles.list[--walk->singles.count];
    else
      break;
    err = walk_directory (walk, &item);
  }
  return err;
}

errint_t
walk_fill (const struct changes *changes, const struct compare_rules *rules,
           struct tree *const tree[SIDES], struct file_pairs *pairs)
{
  struct walk walk = {
    .changes = changes, .rules = rules, .tree = tree, .files = pairs,
  };
  struct memory_budget own, *memory = rules->memory;
  errint_t err;

  if (memory == NULL) {
    memory_budget_start (&own);
    memory = &own;
  }
  walk.memory_max = memory_budget_left (memory);
  err = walk_all (&walk);

  for (int side = 0; side < SIDES; ++side) {
    if (err == 0 && tree[side] != NULL)
      err = tree_sort (tree[side]);
    /* The nodes go, but as entries of the delta they come again. */
    if (tree[side] != NULL)
      memory_budget_take (memory, tree_size (tree[side]));
    inode_set_clear (&walk.entered[side]);
  }
  free (walk.pairs.list);
  free (walk.singles.list);
  return err;
}

static errint_t
add_pair (const struct changes *changes, const struct file_pair *pair,
          struct tree *const tree[SIDES])
{
  errint_t err = 0;

  for (int side = 0; side < SIDES && err == 0; ++side) {
    struct tree_node *node = tree_add (tree[side], pair->directory[side],
                                       pair->name, strlen (pair->name));

    err = node == NULL ? -ENOMEM
      : read_entry (changes->reader[side], tree[side], pair->inode[side],
                    false,
                    &node->entry);
  }
  return err;
}

errint_t
walk_add_pairs (const struct changes *changes, const struct file_pairs *pairs,
                struct tree *const tree[SIDES])
{
  bool added = false;
  errint_t err = 0;

  for (size_t i = 0; i < pairs->count && err == 0; ++i)
    if (pairs->list[i].name != NULL &&
        pairs->list[i].answer != CONTENT_SAME) {
      err = add_pair (changes, &pairs->list[i], tree);
      added = true;
    }
  for (int side = 0; side < SIDES && err == 0 && added; ++side)
    err = tree_sort (tree[side]);
  return err;
}
