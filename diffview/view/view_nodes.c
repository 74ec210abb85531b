/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Finding a node, and what it shows.
 */
#include <config.h>

#include <string.h>

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
  view_node low = view->nodes[directory].first_member;
  view_node high = low + view->nodes[directory].member_count;

  while (low < high) {
    view_node middle = low + (high - low) / 2;
    int order = strcmp (name, view->nodes[middle].name);

    if (order == 0)
      return middle;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return VIEW_NONE;
}
