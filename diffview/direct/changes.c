/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The order of the search, see changes.h.
 */
#include <config.h>

#include <stdlib.h>

#include "changes.h"

/* A directory's name in another. */
struct link {
  struct inode_id child, parent;
};

/* What is found while the format tells names. */
struct links {
  struct changes *changes;
  struct link *list;            /* owned: of directories, by child later */
  size_t count, capacity;
};

static errint_t
add_link (struct links *links, struct inode_id child, struct inode_id parent)
{
  if (links->count == links->capacity) {
    size_t capacity = links->capacity == 0 ? 256 : links->capacity * 2;
    struct link *list = reallocarray (links->list, capacity, sizeof *list);

    if (list == NULL)
      return -ENOMEM;
    links->list = list;
    links->capacity = capacity;
  }
  links->list[links->count++] = (struct link) { child, parent };
  return 0;
}

static errint_t
visit_link (void *opaque, struct inode_id directory, struct inode_id inode,
            bool is_directory)
{
  struct links *links = opaque;
  struct changes *changes = links->changes;
  errint_t err = is_directory ? add_link (links, inode, directory) : 0;

  if (err == 0 && inode_set_has (&changes->changed, inode))
    err = inode_set_add (&changes->marked, directory, NULL);
  return err;
}

static int
compare_links (const void *a, const void *b)
{
  const struct link *x = a, *y = b;
  int order = inode_id_order (x->child, y->child);

  return order != 0 ? order : inode_id_order (x->parent, y->parent);
}

/* The first link of CHILD or of one after it. */
static size_t
find_link (const struct links *links, struct inode_id child)
{
  size_t low = 0, high = links->count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (inode_id_order (links->list[middle].child, child) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* Marks what is above the directory CHILD, all names that it has; what is new
 * goes on the stack. */
static errint_t
mark_parents (const struct links *links, struct inode_id child,
              struct inode_id *stack, size_t *depth)
{
  errint_t err = 0;

  for (size_t i = find_link (links, child);
       i < links->count && err == 0
         && inode_id_same (links->list[i].child, child); ++i) {
    bool added;

    err = inode_set_add (&links->changes->marked, links->list[i].parent,
                         &added);
    if (err == 0 && added)
      stack[(*depth)++] = links->list[i].parent;
  }
  return err;
}

/* Every directory is on the stack at most once. */
static errint_t
mark_ancestors (struct links *links)
{
  const struct inode_set *marked = &links->changes->marked;
  struct inode_id *stack =
    reallocarray (NULL, marked->count + links->count + 1, sizeof *stack);
  struct inode_id id;
  size_t depth = 0, at = 0;
  errint_t err = 0;

  if (stack == NULL)
    return -ENOMEM;
  if (links->count > 0)
    qsort (links->list, links->count, sizeof *links->list, compare_links);
  while (inode_set_next (marked, &at, &id))
    stack[depth++] = id;
  while (depth > 0 && err == 0)
    err = mark_parents (links, stack[--depth], stack, &depth);
  free (stack);
  return err;
}

/* Adds the inodes of the base that own a written byte, and marks the
 * directories. */
static errint_t
add_owners (struct changes *changes)
{
  const struct reader *base = changes->reader[SIDE_BASE];
  struct links links = { .changes = changes };
  errint_t err = base->format->owners (base, blocks_written (base->blocks),
                                       &changes->changed, visit_link, &links);

  if (err == 0)
    err = mark_ancestors (&links);
  free (links.list);
  return err;
}

/* Do numbers mean the same on both sides? */
static bool
are_comparable (const struct reader *base, const struct reader *overlay)
{
  return base->format == overlay->format
    && base->format->comparable != NULL
    && base->format->comparable (base, overlay);
}

errint_t
changes_compute (const struct reader *base, const struct reader *overlay,
                 const struct log *log, struct changes *changes)
{
  errint_t err;

  *changes = (struct changes) { .reader = { base, overlay } };
  if (base == NULL || overlay == NULL
      || blocks_written (base->blocks) == NULL
      || !are_comparable (base, overlay)) {
    changes->everything = true;
    return 0;
  }
  err = base->format->changed_inodes (base, overlay,
                                      blocks_written (base->blocks),
                                      &changes->changed);
  if (err < 0)
    return err;
  log_detail (log, "inodes changed in written tables: %zu",
              changes->changed.count);
  err = add_owners (changes);
  if (err == -EFBIG) {          /* not known then: nothing may be left out */
    changes->everything = true;
    err = 0;
  }
  log_detail (log, "inodes to look at: %zu, directories above them: %zu",
              changes->changed.count, changes->marked.count);
  return err;
}

void
changes_clear (struct changes *changes)
{
  inode_set_clear (&changes->changed);
  inode_set_clear (&changes->marked);
}

bool
changes_lead_to (const struct changes *changes, struct inode_id id)
{
  return changes->everything || inode_set_has (&changes->changed, id)
    || inode_set_has (&changes->marked, id);
}
