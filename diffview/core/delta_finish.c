/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Putting a delta set in order.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "delta_order.h"
#include "path.h"

/* The main tree and what is under the made-up /.filesystems are two
 * namespaces: a guest's own /.filesystems/x is not the made-up one. */
static bool
in_main_tree (const struct delta *delta, const struct delta_entry *entry)
{
  return delta->filesystems[entry->filesystem].main_tree;
}

/* Entries of one path: the main tree's first; those of the filesystem that
 * the guest sees there first (the longer mount point; of two mounted on one
 * directory the one added later); of one filesystem what is no scaffold, then
 * what was added first. */
static int
compare_twins (const struct delta *delta,
               const struct delta_entry *a, const struct delta_entry *b)
{
  if (in_main_tree (delta, a) != in_main_tree (delta, b))
    return in_main_tree (delta, a) ? -1 : 1;
  if (a->filesystem != b->filesystem) {
    size_t a_length =
      strlen (delta->filesystems[a->filesystem].mount_point);
    size_t b_length =
      strlen (delta->filesystems[b->filesystem].mount_point);

    if (a_length != b_length)
      return a_length > b_length ? -1 : 1;
    return a->filesystem > b->filesystem ? -1 : 1;
  }
  if ((a->status == STATUS_SCAFFOLD) != (b->status == STATUS_SCAFFOLD))
    return a->status == STATUS_SCAFFOLD ? 1 : -1;
  return a < b ? -1 : a > b;
}

static int
compare_entries (const void *a, const void *b, void *opaque)
{
  const struct delta *delta = opaque;
  const struct delta_entry *const *one = a, *const *other = b;
  int order = path_compare ((*one)->path, (*other)->path);

  return order != 0 ? order : compare_twins (delta, *one, *other);
}

static bool
in_order (const struct delta *delta)
{
  for (size_t i = 1; i < delta->count; ++i)
    if (path_compare (delta->entries[i - 1].path,
                      delta->entries[i].path) >= 0)
      return false;
  return true;
}

errint_t
delta_sort (struct delta *delta)
{
  const struct delta_entry **order;
  struct delta_entry *sorted;

  if (in_order (delta))
    return 0;
  order = reallocarray (NULL, delta->count, sizeof *order);
  sorted = reallocarray (NULL, delta->count, sizeof *sorted);
  if (order == NULL || sorted == NULL) {
    free (order);
    free (sorted);
    return -ENOMEM;
  }
  for (size_t i = 0; i < delta->count; ++i)
    order[i] = &delta->entries[i];
  qsort_r (order, delta->count, sizeof *order, compare_entries, delta);
  for (size_t i = 0; i < delta->count; ++i)
    sorted[i] = *order[i];
  free (order);
  free (delta->entries);
  delta->entries = sorted;
  delta->capacity = delta->count;
  return 0;
}

/* Leaves one entry of each path in each namespace. */
static void
drop_twins (struct delta *delta)
{
  size_t kept = 0;

  for (size_t i = 0; i < delta->count; ++i) {
    struct delta_entry *entry = &delta->entries[i];
    struct delta_entry *last = kept > 0 ? &delta->entries[kept - 1] : NULL;

    if (last == NULL || strcmp (last->path, entry->path) != 0
        || in_main_tree (delta, last) != in_main_tree (delta, entry))
      delta->entries[kept++] = *entry;
    else if (last->filesystem == entry->filesystem
             && entry->status != STATUS_SCAFFOLD)
      last->status = STATUS_UNREADABLE;
  }
  delta->count = kept;
}

/* What is below a directory follows it at once: so from the end, scaffold is
 * needed only when the entry of its namespace that was kept last is within
 * it. */
static void
drop_scaffold (struct delta *delta)
{
  const struct delta_entry *last[2] = { NULL, NULL };
  size_t first = delta->count;

  for (size_t i = delta->count; i-- > 0;) {
    const struct delta_entry *entry = &delta->entries[i];
    const struct delta_entry **below = &last[in_main_tree (delta, entry)];

    if (entry->status == STATUS_SCAFFOLD && strcmp (entry->path, "/") != 0
        && (*below == NULL || !path_within ((*below)->path, entry->path)))
      continue;
    delta->entries[--first] = *entry;
    *below = &delta->entries[first];
  }
  delta->count -= first;
  if (delta->count > 0)
    memmove (delta->entries, delta->entries + first,
             delta->count * sizeof *delta->entries);
}

errint_t
delta_finish (struct delta *delta)
{
  errint_t err = delta_sort (delta);

  if (err != 0)
    return err;
  drop_twins (delta);
  drop_scaffold (delta);
  return 0;
}
