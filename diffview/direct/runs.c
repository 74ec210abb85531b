/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The list of runs, see runs.h.
 */
#include <config.h>

#include <stdlib.h>

#include "runs.h"

/* More pieces than this no honest file has; the list is kept in memory. */
#define RUNS_MAX ((size_t) 2 << 20)

void
runs_clear (struct runs *runs)
{
  free (runs->list);
  free (runs->bytes);
  *runs = (struct runs) { 0 };
}

static bool
continues (const struct run *last, const struct run *run)
{
  return run->logical == last->logical + last->length
    && run->position == last->position + last->length
    && run->kind == last->kind
    && (run->kind == RUN_PLAIN || run->kind == RUN_UNWRITTEN);
}

errint_t
runs_add (struct runs *runs, const struct run *run)
{
  struct run *last = runs->count == 0 ? NULL : &runs->list[runs->count - 1];

  if (run->length == 0 || run->logical > UINT64_MAX - run->length
      || run->position > UINT64_MAX - run->length
      || (last != NULL && run->logical < last->logical + last->length))
    return -EIO;
  if (last != NULL && continues (last, run)) {
    last->length += run->length;
    return 0;
  }
  if (runs->count == RUNS_MAX)
    return -EIO;
  if (runs->count == runs->capacity) {
    size_t capacity = runs->capacity == 0 ? 4 : runs->capacity * 2;
    struct run *list = reallocarray (runs->list, capacity, sizeof *list);

    if (list == NULL)
      return -ENOMEM;
    runs->list = list;
    runs->capacity = capacity;
  }
  runs->list[runs->count++] = *run;
  return 0;
}

size_t
runs_find (const struct runs *runs, uint64_t logical)
{
  size_t low = 0, high = runs->count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const struct run *run = &runs->list[middle];

    if (run->logical + run->length <= logical)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

struct piece
runs_at (const struct runs *runs, uint64_t offset)
{
  size_t index = runs_find (runs, offset);
  const struct run *run;

  if (index == runs->count)
    return (struct piece) { .length = UINT64_MAX };
  run = &runs->list[index];
  if (offset < run->logical)
    return (struct piece) { .length = run->logical - offset };
  return (struct piece) {
    .run = run,
    .position = run->position + (offset - run->logical),
    .length = run->logical + run->length - offset,
  };
}

errint_t
runs_next_data (const struct runs *runs, uint64_t offset,
                uint64_t *start, uint64_t *length)
{
  size_t index = runs_find (runs, offset);
  uint64_t end = runs->size;

  if (runs->damaged)
    return -EIO;
  while (index < runs->count && runs->list[index].kind == RUN_UNWRITTEN)
    ++index;
  *start = offset;
  if (index == runs->count)
    *start = end;
  else {
    const struct run *run = &runs->list[index];

    if (run->logical > offset)
      *start = run->logical;
    if (run->logical + run->length < end)
      end = run->logical + run->length;
  }
  *length = *start < end ? end - *start : 0;
  return 0;
}
