/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which nodes there are: the entries of a delta set, in listing order, with
 * the directories that lead to them, in each part of the tree where they
 * belong.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "path.h"
#include "vector.h"
#include "view_private.h"

#define NO_ENTRY UINT32_MAX

/* One component of the current path. */
struct level {
  size_t length;                /* of the path to it; 0 for the root */
  uint32_t entry;               /* NO_ENTRY where the delta set has none */
  view_node node[SECTIONS];     /* VIEW_NONE: not made yet */
};

struct grower {
  struct view *view;
  const struct log *log;
  struct growth *growth;
  bool main_tree;               /* which namespace is being read */
  const char *path;             /* the current entry's */
  struct level *levels;
  size_t depth, level_capacity;
};

static void
grower_clear (struct grower *grower)
{
  free (grower->levels);
}

/* The sections that an entry belongs to by itself, not as scaffold. */
static unsigned
sections_of (const struct delta_entry *entry)
{
  const unsigned main_section = 1U << SECTION_MAIN;
  const unsigned base = 1U << SECTION_BASE;

  switch ((enum status) entry->status) {
  case STATUS_ADDED:
    return main_section;
  case STATUS_MODIFIED:
    return main_section | base;
  case STATUS_DELETED:
    return 1U << SECTION_DELETED;
  case STATUS_UNREADABLE:
    if (entry->side[SIDE_BASE] == NULL)
      return main_section;
    return entry->side[SIDE_OVERLAY] == NULL
      ? 1U << SECTION_DELETED : main_section | base;
  case STATUS_SCAFFOLD:
    break;
  }
  return 0;
}

/* The side that a section shows; the other one where it has no metadata. */
static enum side
side_for (enum section section, const struct delta_entry *entry)
{
  enum side side = section == SECTION_MAIN ? SIDE_OVERLAY : SIDE_BASE;

  return entry->side[side] == NULL && entry->side[!side] != NULL
    ? !side : side;
}

static errint_t
add_node (struct grower *grower, const struct node *node, view_node *number)
{
  struct growth *growth = grower->growth;

  if (growth->count == growth->capacity) {
    uint32_t capacity = growth->capacity < 64 ? 64
      : growth->capacity > UINT32_MAX / 2 ? UINT32_MAX - 1
      : growth->capacity * 2;
    struct node *nodes;

    if (growth->count == capacity)
      return log_error (grower->log, -EOVERFLOW, "too many files to show",
                        NULL);
    nodes = reallocarray (growth->nodes, capacity, sizeof *nodes);
    if (nodes == NULL)
      return -ENOMEM;
    growth->nodes = nodes;
    growth->capacity = capacity;
  }
  *number = growth->count;
  growth->nodes[growth->count++] = *node;
  return 0;
}

/* Gives a node the path of a directory that the delta set does not have. */
static errint_t
make_up (struct view *view, struct node *node, const char *path,
         size_t length)
{
  if (view->made_up_count == view->made_up_capacity) {
    uint32_t capacity = view->made_up_count == 0 ? 8
      : view->made_up_count * 2;
    const char **paths =
      reallocarray (view->made_up, capacity, sizeof *paths);

    if (paths == NULL)
      return -ENOMEM;
    view->made_up = paths;
    view->made_up_capacity = capacity;
  }
  path = length == 0 ? "/" : arena_copy (view->arena, path, length);
  if (path == NULL)
    return -ENOMEM;
  node->entry = (uint32_t) view->delta->count + view->made_up_count;
  view->made_up[view->made_up_count++] = path;
  node->directory = true;
  node->status = STATUS_SCAFFOLD;
  node->name = strrchr (path, '/') + 1;
  return 0;
}

/* Makes a node show an entry. */
static void
show_entry (const struct delta *delta, struct node *node, uint32_t number,
            enum section section)
{
  const struct delta_entry *entry = &delta->entries[number];
  const struct entry *metadata;

  node->entry = number;
  node->side = (uint8_t) side_for (section, entry);
  node->status = (sections_of (entry) & 1U << section) != 0
    ? entry->status : STATUS_SCAFFOLD;
  metadata = entry->side[node->side];
  node->directory = metadata != NULL && metadata->type == ENTRY_DIRECTORY;
}

/* Makes the node for one level in one section. */
static errint_t
add_level (struct grower *grower, size_t depth, enum section section)
{
  struct level *level = &grower->levels[depth];
  const struct level *above = &grower->levels[depth - 1];
  struct node node = {
    .parent = above->node[section], .section = (uint8_t) section,
  };
  errint_t err;

  if (level->entry == NO_ENTRY) {
    err = make_up (grower->view, &node, grower->path, level->length);
    if (err != 0)
      return err;
  }
  else {
    show_entry (grower->view->delta, &node, level->entry, section);
    node.name = grower->view->delta->entries[level->entry].path
      + above->length + 1;
  }
  if (depth == 1 && grower->main_tree)
    node.name = reserved_names_apply (&grower->view->reserved, node.name,
                                      grower->log);
  return add_node (grower, &node, &level->node[section]);
}

static errint_t
push_level (struct grower *grower, size_t length, uint32_t entry)
{
  return VECTOR_APPEND (grower->levels, grower->depth, grower->level_capacity,
                        (struct level) {
                          .length = length, .entry = entry,
                          .node = { VIEW_NONE, VIEW_NONE, VIEW_NONE },
                        });
}

/* Goes from the path before to PATH: entries come in order, so what both have
 * in common is there already. */
static errint_t
enter_path (struct grower *grower, const char *path, uint32_t entry)
{
  size_t common = 0, at, length = strlen (path);
  errint_t err = 0;

  while (path[common] != '\0' && path[common] == grower->path[common])
    common++;
  while (grower->depth > 1) {
    size_t top = grower->levels[grower->depth - 1].length;

    if (top <= common && path[top] == '/')
      break;
    grower->depth--;
  }
  grower->path = path;
  at = grower->levels[grower->depth - 1].length;
  while (err == 0 && at < length) {
    const char *slash = memchr (path + at + 1, '/', length - at - 1);

    at = slash != NULL ? (size_t) (slash - path) : length;
    err = push_level (grower, at, at == length ? entry : NO_ENTRY);
  }
  return err;
}

/* The root's entry is shown by nodes that are there already. */
static void
grow_root (struct grower *grower, uint32_t number)
{
  const struct delta *delta = grower->view->delta;

  for (int section = 0; section < SECTIONS; ++section) {
    enum side side = section == SECTION_MAIN ? SIDE_OVERLAY : SIDE_BASE;
    view_node node = grower->levels[0].node[section];

    if (node != VIEW_NONE && delta->entries[number].side[side] != NULL) {
      show_entry (delta, &grower->growth->nodes[node], number,
                  (enum section) section);
      grower->growth->nodes[node].directory = true;
    }
  }
}

static errint_t
grow_entry (struct grower *grower, uint32_t number)
{
  const struct delta_entry *entry = &grower->view->delta->entries[number];
  unsigned sections = sections_of (entry);
  errint_t err;

  if (strcmp (entry->path, "/") == 0) {
    grow_root (grower, number);
    return 0;
  }
  err = enter_path (grower, entry->path, number);
  for (int section = 0; section < SECTIONS; ++section) {
    size_t missing = grower->depth;

    if ((sections & 1U << section) == 0
        || grower->levels[0].node[section] == VIEW_NONE)
      continue;
    while (grower->levels[missing - 1].node[section] == VIEW_NONE)
      missing--;
    for (; err == 0 && missing < grower->depth; ++missing)
      err = add_level (grower, missing, (enum section) section);
  }
  return err;
}

/* The nodes that are there in every case. */
static errint_t
grow_sections (struct grower *grower, bool base)
{
  static const char *const names[SECTIONS] = { "", ".deleted", ".base" };
  errint_t err = push_level (grower, 0, NO_ENTRY);

  for (int section = 0; err == 0 && section < SECTIONS; ++section) {
    struct node node = { .parent = VIEW_ROOT, .section = (uint8_t) section };

    if (section == SECTION_BASE && !base)
      continue;
    err = make_up (grower->view, &node, "/", 0);
    node.name = names[section];
    if (err == 0)
      err = add_node (grower, &node, &grower->levels[0].node[section]);
  }
  return err;
}

/* All entries of the main tree, or all others. */
static errint_t
grow_namespace (struct grower *grower, bool main_tree)
{
  const struct delta *delta = grower->view->delta;
  errint_t err = 0;

  grower->main_tree = main_tree;
  grower->path = "/";
  grower->depth = 1;
  for (uint32_t i = 0; err == 0 && i < delta->count; ++i)
    if (delta->filesystems[delta->entries[i].filesystem].main_tree
        == main_tree)
      err = grow_entry (grower, i);
  return err;
}

errint_t
view_grow (struct view *view, bool base, const struct log *log,
           struct growth *growth)
{
  __attribute__ ((cleanup (grower_clear))) struct grower grower = {
    .view = view, .log = log, .growth = growth, .path = "/",
  };
  const struct delta *delta = view->delta;
  bool filesystems = false;
  errint_t err;

  if (delta->count >= UINT32_MAX / 2)
    return log_error (log, -EOVERFLOW, "too many files to show", NULL);
  for (size_t i = 0; i < delta->count; ++i)
    if (!delta->filesystems[delta->entries[i].filesystem].main_tree)
      filesystems = true;
  err = reserved_names_find (view, base, filesystems);
  if (err == 0)
    err = grow_sections (&grower, base);
  if (err == 0)
    err = grow_namespace (&grower, true);
  if (err == 0)
    err = grow_namespace (&grower, false);
  return err;
}
