/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where each node goes, so that the members of a directory are side by side,
 * and which nodes are names of one inode.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "view_private.h"

/* For each place in the growth where its members' places begin in ORDER. */
struct layout {
  uint32_t *begin;              /* owned; one more than there are nodes */
  uint32_t *order;              /* owned; members, parent by parent */
  uint32_t *place;              /* owned; final number → place in growth */
};

static void
layout_clear (struct layout *layout)
{
  free (layout->begin);
  free (layout->order);
  free (layout->place);
}

/* Sorts all places by parent; those of one parent stay in listing order. */
static void
sort_by_parent (const struct growth *growth, struct layout *layout)
{
  for (uint32_t i = 1; i < growth->count; ++i)
    layout->begin[growth->nodes[i].parent + 1]++;
  for (uint32_t i = 0; i < growth->count; ++i)
    layout->begin[i + 1] += layout->begin[i];
  /* Filling moves each beginning to the end of its members, which is where
   * the next one's begin: so shift back afterwards. */
  for (uint32_t i = 1; i < growth->count; ++i)
    layout->order[layout->begin[growth->nodes[i].parent]++] = i;
  memmove (layout->begin + 1, layout->begin,
           growth->count * sizeof *layout->begin);
  layout->begin[0] = 0;
}

static int
compare_names (const void *a, const void *b, void *opaque)
{
  const uint32_t *one = a, *other = b;
  const struct node *nodes = opaque;

  return strcmp (nodes[*one].name, nodes[*other].name);
}

/* Listing order is the order of names, but for the members of the root and of
 * the sections: there are made-up names, renamed ones and two namespaces. */
static void
sort_top (const struct growth *growth, struct layout *layout)
{
  for (uint32_t i = 0; i < SECTIONS && i < growth->count; ++i)
    if (i == 0 || growth->nodes[i].parent == VIEW_ROOT)
      qsort_r (layout->order + layout->begin[i],
               layout->begin[i + 1] - layout->begin[i],
               sizeof *layout->order, compare_names, growth->nodes);
}

/* Takes the nodes over, breadth first. */
static void
place_nodes (struct view *view, const struct growth *growth,
             struct layout *layout)
{
  uint32_t next = 1;

  layout->place[0] = 0;
  view->nodes[0] = growth->nodes[0];
  for (view_node number = 0; number < growth->count; ++number) {
    uint32_t place = layout->place[number];
    struct node *node = &view->nodes[number];

    node->first_member = next;
    node->member_count = layout->begin[place + 1] - layout->begin[place];
    if (node->member_count > 0)
      node->directory = true;
    for (uint32_t i = 0; i < node->member_count; ++i) {
      uint32_t member = layout->order[layout->begin[place] + i];

      layout->place[next] = member;
      view->nodes[next] = growth->nodes[member];
      view->nodes[next].parent = number;
      next++;
    }
  }
  view->count = growth->count;
}

errint_t
view_lay_out (struct view *view, const struct growth *growth)
{
  size_t count = growth->count;
  __attribute__ ((cleanup (layout_clear))) struct layout layout = {
    .begin = calloc (count + 1, sizeof *layout.begin),
    .order = calloc (count, sizeof *layout.order),
    .place = calloc (count, sizeof *layout.place),
  };

  view->nodes = calloc (count, sizeof *view->nodes);
  if (layout.begin == NULL || layout.order == NULL || layout.place == NULL
      || view->nodes == NULL)
    return -ENOMEM;
  sort_by_parent (growth, &layout);
  sort_top (growth, &layout);
  place_nodes (view, growth, &layout);
  for (view_node i = 1; i < view->count; ++i)
    if (view->nodes[i].directory)
      view->nodes[view->nodes[i].parent].subdirectories++;
  return 0;
}

/* A node that may be one of several names of an inode. */
struct name {
  uint64_t inode;
  view_node node;
  uint16_t filesystem;
  uint8_t side;
};

/* Names of one inode are equal. */
static int
compare_inodes (const struct view *view, const struct name *a,
                const struct name *b)
{
  int order = a->inode < b->inode ? -1 : a->inode > b->inode;

  if (order == 0)
    order = (int) a->filesystem - (int) b->filesystem;
  if (order == 0)
    order = (int) a->side - (int) b->side;
  if (order == 0)
    order = entry_compare_inodes (view_metadata (view,
                                                 &view->nodes[a->node]),
                                  view_metadata (view,
                                                 &view->nodes[b->node]));
  return order;
}

static int
compare_found (const void *a, const void *b, void *opaque)
{
  const struct name *one = a, *other = b;
  int order = compare_inodes (opaque, one, other);

  if (order != 0)
    return order;
  return one->node < other->node ? -1 : one->node > other->node;
}

/* Collects what may have several names; returns how many. */
static uint32_t
collect_names (struct view *view, struct name *names)
{
  uint32_t count = 0;

  for (view_node i = 0; i < view->count; ++i) {
    struct node *node = &view->nodes[i];
    const struct entry *entry = view_metadata (view, node);

    if (node->directory)
      continue;
    node->inode = i;
    if (entry == NULL || (entry->missing & ENTRY_NO_METADATA) != 0)
      continue;
    names[count++] = (struct name) {
      .inode = entry->inode, .node = i, .side = node->side,
      .filesystem = view->delta->entries[node->entry].filesystem,
    };
  }
  return count;
}

errint_t
view_number (struct view *view)
{
  CLEANUP_FREE char *memory =
    reallocarray (NULL, view->count, sizeof (struct name));
  struct name *names = (struct name *) (void *) memory;
  uint32_t count;

  if (names == NULL)
    return -ENOMEM;
  count = collect_names (view, names);
  qsort_r (names, count, sizeof *names, compare_found, view);
  for (uint32_t i = 1; i < count; ++i)
    if (compare_inodes (view, &names[i - 1], &names[i]) == 0)
      view->nodes[names[i].node].inode =
        view->nodes[names[i - 1].node].inode;

  view->totals.nodes = view->count;
  for (view_node i = 0; i < view->count; ++i) {
    const struct entry *entry = view_metadata (view, &view->nodes[i]);

    if (view_inode (view, i) == i && entry != NULL
        && entry->blocks <= UINT64_MAX - view->totals.blocks)
      view->totals.blocks += entry->blocks;
  }
  return 0;
}
