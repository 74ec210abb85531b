/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A snapshot of one side's tree.  Nothing here recurses: how deep a tree is
 * the guest decides.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "tree.h"
#include "vector.h"

struct tree *
tree_new (void)
{
  CLEANUP (tree_free) struct tree *tree = calloc (1, sizeof *tree);

  if (tree == NULL)
    return NULL;
  tree->arena = arena_new ();
  tree->nodes = arena_new ();
  if (tree->arena == NULL || tree->nodes == NULL)
    return NULL;
  tree->root = arena_allocate (tree->nodes, sizeof *tree->root);
  if (tree->root == NULL)
    return NULL;
  tree->root->name = "";
  tree->root->entry.type = ENTRY_DIRECTORY;
  tree->node_count = 1;
  return steal_pointer (&tree);
}

void
tree_free (struct tree *tree)
{
  if (tree == NULL)
    return;
  arena_free (tree->arena);
  arena_free (tree->nodes);
  free (tree);
}

void
tree_drop_nodes (struct tree *tree)
{
  arena_free (tree->nodes);
  tree->nodes = NULL;
  tree->root = NULL;
}

size_t
tree_size (const struct tree *tree)
{
  return arena_size (tree->arena) + arena_size (tree->nodes);
}

/* Makes room for one more member.  What the smaller array took stays in the
 * arena: less than the last one takes. */
static bool
reserve_member (struct tree *tree, struct tree_node *parent)
{
  uint32_t capacity;
  struct tree_node **members;

  if (parent->member_count < parent->member_capacity)
    return true;
  if (parent->member_capacity > UINT32_MAX / 2)
    return false;
  capacity = parent->member_capacity == 0 ? 4 : parent->member_capacity * 2;
  members = arena_allocate (tree->nodes, capacity * sizeof *members);
  if (members == NULL)
    return false;
  if (parent->member_count > 0)
    memcpy (members, parent->members,
            parent->member_count * sizeof *members);
  parent->members = members;
  parent->member_capacity = capacity;
  return true;
}

struct tree_node *
tree_add (struct tree *tree, struct tree_node *parent,
          const char *name, size_t length)
{
  struct tree_node *node;

  if (!reserve_member (tree, parent))
    return NULL;
  node = arena_allocate (tree->nodes, sizeof *node);
  if (node == NULL)
    return NULL;
  node->name = arena_copy (tree->nodes, name, length);
  if (node->name == NULL)
    return NULL;
  node->parent = parent;
  parent->members[parent->member_count++] = node;
  tree->node_count++;
  return node;
}

/* For a stable sort: the member and when it was added. */
struct member_order {
  struct tree_node *node;
  uint32_t added;
};

static int
compare_members (const void *a, const void *b)
{
  const struct member_order *one = a, *other = b;
  int order = strcmp (one->node->name, other->node->name);

  if (order != 0)
    return order;
  return one->added < other->added ? -1 : one->added > other->added;
}

static bool
members_in_order (const struct tree_node *directory)
{
  for (uint32_t i = 1; i < directory->member_count; ++i)
    if (strcmp (directory->members[i - 1]->name,
                directory->members[i]->name) >= 0)
      return false;
  return true;
}

/* FIRST stays of two members with one name: nobody knows which is meant. */
static void
merge_twins (struct tree_node *first, const struct tree_node *second)
{
  if (first->entry.type != second->entry.type)
    first->entry.type = ENTRY_UNKNOWN;
  first->entry.missing |= ENTRY_NO_METADATA;
  if (first->entry.type == ENTRY_DIRECTORY)
    first->entry.missing |= ENTRY_NO_MEMBERS;
}

static errint_t
sort_directory (struct tree_node *directory)
{
  struct member_order *order;
  uint32_t kept = 0;

  if (members_in_order (directory))
    return 0;
  order = reallocarray (NULL, directory->member_count, sizeof *order);
  if (order == NULL)
    return -ENOMEM;
  for (uint32_t i = 0; i < directory->member_count; ++i)
    order[i] = (struct member_order) { directory->members[i], i };
  qsort (order, directory->member_count, sizeof *order, compare_members);
  for (uint32_t i = 0; i < directory->member_count; ++i) {
    struct tree_node *node = order[i].node;

    if (kept > 0
        && strcmp (directory->members[kept - 1]->name, node->name) == 0)
      merge_twins (directory->members[kept - 1], node);
    else
      directory->members[kept++] = node;
  }
  directory->member_count = kept;
  free (order);
  return 0;
}

/* Directories whose members are to be sorted yet. */
struct pending {
  struct tree_node **list;
  size_t count, capacity;
};

static void
pending_clear (struct pending *pending)
{
  free (pending->list);
}

static errint_t
pending_push (struct pending *pending, struct tree_node *node)
{
  return VECTOR_APPEND (pending->list, pending->count,
                        pending->capacity, node);
}

errint_t
tree_sort (struct tree *tree)
{
  __attribute__ ((cleanup (pending_clear))) struct pending pending = { 0 };
  errint_t err = pending_push (&pending, tree->root);

  while (err == 0 && pending.count > 0) {
    struct tree_node *directory = pending.list[--pending.count];

    err = sort_directory (directory);
    for (uint32_t i = 0; err == 0 && i < directory->member_count; ++i)
      if (directory->members[i]->member_count > 0)
        err = pending_push (&pending, directory->members[i]);
  }
  return err;
}

struct tree_node *
tree_find (const struct tree_node *directory, const char *name)
{
  struct tree_node *const *members = directory->members;
  size_t place = SORTED_PLACE (i, 0, directory->member_count,
                               strcmp (members[i]->name, name) < 0);

  return place < directory->member_count
    && strcmp (members[place]->name, name) == 0 ? members[place] : NULL;
}

char *
tree_path (const struct tree_node *node)
{
  size_t length = 0;
  char *path, *to;

  if (node->parent == NULL)
    return strdup ("/");
  for (const struct tree_node *at = node; at->parent != NULL; at = at->parent)
    length += strlen (at->name) + 1;
  path = malloc (length + 1);
  if (path == NULL)
    return NULL;
  to = path + length;
  *to = '\0';
  for (const struct tree_node *at = node; at->parent != NULL;
       at = at->parent) {
    size_t name_length = strlen (at->name);

    to -= name_length;
    memcpy (to, at->name, name_length);
    *--to = '/';
  }
  return path;
}
