/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Finding a node, and what it shows.
 */
#include <config.h>

#include <string.h>

#include "vector.h"
#include "view_private.h"

const struct entry *
view_metadata (const struct view *view, const struct node *node)
{
  if (node->entry >= view->delta->count)
    return NULL;
  return view->delta->entries[node->entry].side[node->side];
}

view_node
view_lookup (const struct view *view, view_node directory, const char *name)
{
  const struct node *nodes = view->nodes;
  const size_t first = nodes[directory].first_member;
  const size_t end = first + nodes[directory].member_count;
  size_t place = SORTED_PLACE (i, first, end, strcmp (nodes[i].name, name) < 0);

  return place < end && strcmp (nodes[place].name, name) == 0
    ? (view_node) place : VIEW_NONE;
}
