/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A sorted list of replaced blocks, see replay.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "replay.h"

errint_t
replay_add (struct replay *replay, uint64_t target, uint64_t source,
            bool escaped)
{
  if (replay->count == replay->capacity) {
    size_t capacity = replay->capacity == 0 ? 64 : replay->capacity * 2;
    struct replay_block *list =
      reallocarray (replay->list, capacity, sizeof *list);

    if (list == NULL)
      return -ENOMEM;
    replay->list = list;
    replay->capacity = capacity;
  }
  replay->list[replay->count] = (struct replay_block) {
    .target = target,
    .source = source,
    .order = (uint32_t) replay->count,
    .escaped = escaped,
  };
  replay->count++;
  return 0;
}

errint_t
replay_keep (struct replay *replay, const uint8_t *bytes, size_t length)
{
  uint8_t *copy = malloc (length);

  if (copy == NULL)
    return -ENOMEM;
  memcpy (copy, bytes, length);
  replay->list[replay->count - 1].bytes = copy;
  return 0;
}

static int
compare_blocks (const void *a, const void *b)
{
  const struct replay_block *x = a, *y = b;

  if (x->target != y->target)
    return x->target < y->target ? -1 : 1;
  return x->order < y->order ? -1 : x->order > y->order;
}

void
replay_finish (struct replay *replay)
{
  size_t kept = 0;

  if (replay->count > 0)
    qsort (replay->list, replay->count, sizeof *replay->list, compare_blocks);
  for (size_t i = 0; i < replay->count; ++i) {
    if (kept > 0 && replay->list[kept - 1].target == replay->list[i].target)
      free (replay->list[--kept].bytes);
    replay->list[kept++] = replay->list[i];
  }
  replay->count = kept;
}

size_t
replay_first (const struct replay *replay, uint64_t target)
{
  size_t low = 0, high = replay->count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (replay->list[middle].target < target)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

const struct replay_block *
replay_find (const struct replay *replay, uint64_t target)
{
  size_t index = replay_first (replay, target);

  return index < replay->count && replay->list[index].target == target ?
    &replay->list[index] : NULL;
}

void
replay_clear (struct replay *replay)
{
  for (size_t i = 0; i < replay->count; ++i)
    free (replay->list[i].bytes);
  free (replay->list);
  *replay = (struct replay) { 0 };
}
