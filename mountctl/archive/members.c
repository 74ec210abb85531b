/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lists of members, see members.h; the tree's.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "layer_mark.h"
#include "members.h"
#include "vector.h"

void
members_free (struct members *members)
{
  for (size_t i = 0; i < members->group_count; ++i)
    free (members->groups[i].path);
  free (members->groups);
  free (members->list);
  free (members);
}

errint_t
members_add (struct members *members, const struct member *member)
{
  return VECTOR_APPEND (members->list, members->count,
                        members->capacity, *member);
}

/* Names of one inode are equal. */
static int
compare_inodes (const struct member *a, const struct member *b)
{
  if (a->side != b->side)
    return a->side < b->side ? -1 : 1;
  if (a->entry->filesystem != b->entry->filesystem)
    return a->entry->filesystem < b->entry->filesystem ? -1 : 1;
  return entry_compare_inodes (member_metadata (a), member_metadata (b));
}

static int
compare_members (const void *a, const void *b)
{
  const struct member *const *one = a, *const *other = b;
  int order = compare_inodes (*one, *other);

  if (order != 0)
    return order;
  return *one < *other ? -1 : *one > *other;
}

static bool
may_be_linked (const struct member *member)
{
  const struct entry *entry = member_metadata (member);

  return entry != NULL && !member->whiteout
    && entry->type != ENTRY_DIRECTORY && entry->type != ENTRY_UNKNOWN
    && (entry->missing & ENTRY_NO_METADATA) == 0;
}

/* SORTED has COUNT members; equal ones become groups. */
static void
make_groups (struct members *members, struct member **sorted, size_t count)
{
  for (size_t i = 1; i < count; ++i) {
    if (compare_inodes (sorted[i - 1], sorted[i]) != 0)
      continue;
    if (sorted[i - 1]->group == NULL)
      sorted[i - 1]->group = &members->groups[members->group_count++];
    sorted[i]->group = sorted[i - 1]->group;
  }
}

errint_t
members_find_groups (struct members *members)
{
  struct member **sorted = calloc (members->count + 1, sizeof (*sorted));
  size_t count = 0;

  if (sorted == NULL)
    return -ENOMEM;
  for (size_t i = 0; i < members->count; ++i)
    if (may_be_linked (&members->list[i]))
      sorted[count++] = &members->list[i];
  qsort (sorted, count, sizeof (*sorted), compare_members);
  members->groups = calloc (count / 2 + 1, sizeof *members->groups);
  if (members->groups != NULL)
    make_groups (members, sorted, count);
  free (sorted);
  return members->groups == NULL ? -ENOMEM : 0;
}

/* The node after NODE in the order of paths, NODE's members left out where not
 * DESCEND; VIEW_NONE behind the last one. */
static view_node
next_node (const struct view *view, view_node node, bool descend)
{
  view_node first, parent;

  if (descend && view_is_directory (view, node)
      && view_members (view, node, &first) > 0)
    return first;
  for (; node != VIEW_ROOT; node = parent) {
    uint32_t count;

    parent = view_parent (view, node);
    count = view_members (view, parent, &first);
    if (node + 1 - first < count)
      return node + 1;
  }
  return VIEW_NONE;
}

static errint_t
add_nodes (struct members *members, bool deleted)
{
  const struct view *view = members->view;
  view_node left_out = deleted
    ? VIEW_NONE : view_lookup (view, VIEW_ROOT, ".deleted");
  errint_t err = 0;

  for (view_node node = VIEW_ROOT; node != VIEW_NONE && err == 0;
       node = next_node (view, node, node != left_out)) {
    struct member member = { .node = node };
    enum side side = SIDE_OVERLAY;

    if (node == left_out)
      continue;
    member.entry = view_entry (view, node, &side);
    member.side = (uint8_t) side;
    err = members_add (members, &member);
  }
  return err;
}

errint_t
members_of_tree (const struct view *view, bool deleted,
                 struct members **result)
{
  CLEANUP (members_free) struct members *members =
    calloc (1, sizeof *members);
  errint_t err;

  if (members == NULL)
    return -ENOMEM;
  members->view = view;
  err = add_nodes (members, deleted);
  if (err == 0)
    err = members_find_groups (members);
  if (err == 0)
    *result = steal_pointer (&members);
  return err;
}

static char *
path_of_node (const struct view *view, view_node node)
{
  size_t length = 0;
  char *path, *end;

  if (node == VIEW_ROOT)
    return strdup (".");
  for (view_node at = node; at != VIEW_ROOT; at = view_parent (view, at))
    length += strlen (view_name (view, at)) + 1;
  path = malloc (length);
  if (path == NULL)
    return NULL;
  end = path + length - 1;
  *end = '\0';
  for (view_node at = node; at != VIEW_ROOT; at = view_parent (view, at)) {
    const char *name = view_name (view, at);

    if (at != node)
      *--end = '/';
    end -= strlen (name);
    memcpy (end, name, strlen (name));
  }
  return path;
}

/* The guest's path, with the mark of a whiteout before its last name. */
static char *
path_in_layer (const struct member *member)
{
  const char *path = member->entry->path + 1;
  const char *slash = strrchr (path, '/');
  const char *name = slash == NULL ? path : slash + 1;
  char *result;

  if (path[0] == '\0')
    return strdup (".");
  if (asprintf (&result, "%.*s%s%s", (int) (name - path), path,
                member->whiteout ? LAYER_WHITEOUT : "", name) < 0)
    return NULL;
  return result;
}

char *
member_path (const struct members *members, const struct member *member)
{
  return members->view != NULL
    ? path_of_node (members->view, member->node) : path_in_layer (member);
}
