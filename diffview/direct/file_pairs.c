/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A sorted list of pairs of inodes, see file_pairs.h.
 */
#include <config.h>

#include <stdlib.h>

#include "file_pairs.h"

errint_t
file_pairs_add (struct file_pairs *pairs, const struct inode_id inode[SIDES],
                struct tree_node *const directory[SIDES],
                const char *name, size_t length)
{
  struct file_pair pair = { .answer = CONTENT_UNREADABLE };

  for (int side = 0; side < SIDES; ++side) {
    pair.inode[side] = inode[side];
    if (directory != NULL)
      pair.directory[side] = directory[side];
  }
  if (name != NULL) {
    if (pairs->names == NULL && (pairs->names = arena_new ()) == NULL)
      return -ENOMEM;
    pair.name = arena_copy (pairs->names, name, length);
    if (pair.name == NULL)
      return -ENOMEM;
  }
  if (pairs->count == pairs->capacity) {
    size_t capacity = pairs->capacity == 0 ? 64 : pairs->capacity * 2;
    struct file_pair *list =
      reallocarray (pairs->list, capacity, sizeof *list);

    if (list == NULL)
      return -ENOMEM;
    pairs->list = list;
    pairs->capacity = capacity;
  }
  pairs->list[pairs->count++] = pair;
  return 0;
}

void
file_pairs_clear (struct file_pairs *pairs)
{
  free (pairs->list);
  arena_free (pairs->names);
  *pairs = (struct file_pairs) { 0 };
}

size_t
file_pairs_size (const struct file_pairs *pairs)
{
  return pairs->capacity * sizeof pairs->list[0]
    + (pairs->names != NULL ? arena_size (pairs->names) : 0);
}

static int
compare_inodes (const struct inode_id a[SIDES],
                const struct inode_id b[SIDES])
{
  int order = 0;

  for (int side = SIDES - 1; side >= 0 && order == 0; --side)
    order = inode_id_order (a[side], b[side]);
  return order;
}

static int
compare_pairs (const void *a, const void *b)
{
  const struct file_pair *one = a, *other = b;

  return compare_inodes (one->inode, other->inode);
}

/* Is the pair before this one the same? */
static bool
is_repeated (const struct file_pairs *pairs, size_t i)
{
  return i > 0 && compare_inodes (pairs->list[i - 1].inode,
                                  pairs->list[i].inode) == 0;
}

errint_t
file_pairs_measure (struct file_pairs *pairs, struct comparer *comparer,
                    size_t *files)
{
  errint_t err = 0;

  *files = 0;
  if (pairs->count > 1)
    qsort (pairs->list, pairs->count, sizeof pairs->list[0], compare_pairs);
  for (size_t i = 0; i < pairs->count && err == 0; ++i) {
    struct file_pair *pair = &pairs->list[i];

    if (is_repeated (pairs, i))
      continue;
    err = comparer_measure (comparer, pair->inode, &pair->bytes);
    /* What a hostile filesystem claims may be beyond counting. */
    comparer->total = pair->bytes > UINT64_MAX - comparer->total ? UINT64_MAX
      : comparer->total + pair->bytes;
    *files += pair->bytes > 0;
  }
  return err;
}

errint_t
file_pairs_compare (struct file_pairs *pairs, struct comparer *comparer)
{
  uint64_t done = 0;
  errint_t err = 0;

  for (size_t i = 0; i < pairs->count && err == 0; ++i) {
    struct file_pair *pair = &pairs->list[i];

    if (is_repeated (pairs, i)) {
      pair->answer = pairs->list[i - 1].answer;
      continue;
    }
    err = comparer_compare (comparer, pair->inode, &pair->answer);
    /* Of files that differ the rest was not read. */
    done += pair->bytes;
    comparer->done = done;
  }
  return err;
}

enum content_answer
file_pairs_find (const struct file_pairs *pairs,
                 const struct inode_id inode[SIDES])
{
  size_t low = 0, high = pairs->count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = compare_inodes (inode, pairs->list[middle].inode);

    if (order == 0)
      return pairs->list[middle].answer;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return CONTENT_UNREADABLE;
}
