/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A sorted list of byte ranges.  Knows nothing of what they mean.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "extents.h"
#include "vector.h"

static uint64_t
extent_end (const struct extent *extent)
{
  return extent->offset + extent->length;
}

static errint_t
reserve_one (struct extents *extents)
{
  struct extent *list = vector_room (extents->list, extents->count,
                                     &extents->capacity, sizeof *list);

  if (list == NULL)
    return -ENOMEM;
  extents->list = list;
  return 0;
}

errint_t
extents_append (struct extents *extents, uint64_t offset, uint64_t length)
{
  errint_t err;

  if (length == 0)
    return 0;
  if (length > UINT64_MAX - offset)
    return -EINVAL;
  if (extents->count > 0) {
    struct extent *last = &extents->list[extents->count - 1];

    if (offset < extent_end (last))
      return -EINVAL;
    if (offset == extent_end (last)) {
      last->length += length;
      return 0;
    }
  }
  err = reserve_one (extents);
  if (err != 0)
    return err;
  extents->list[extents->count++] =
    (struct extent) { .offset = offset, .length = length };
  return 0;
}

errint_t
extents_add (struct extents *extents, uint64_t offset, uint64_t length)
{
  uint64_t end;
  size_t first, after;
  errint_t err;

  if (length == 0)
    return 0;
  if (length > UINT64_MAX - offset)
    return -EINVAL;
  end = offset + length;

  /* FIRST to AFTER - 1 are what the range touches, adjacent ones too. */
  first = extents_find (extents, offset);
  if (first > 0 && extent_end (&extents->list[first - 1]) == offset)
    first--;
  after = first;
  while (after < extents->count && extents->list[after].offset <= end)
    after++;

  if (first == after) {
    err = reserve_one (extents);
    if (err != 0)
      return err;
    memmove (&extents->list[first + 1], &extents->list[first],
             (extents->count - first) * sizeof extents->list[0]);
    extents->count++;
  }
  else {
    uint64_t last_end = extent_end (&extents->list[after - 1]);

    if (extents->list[first].offset < offset)
      offset = extents->list[first].offset;
    if (last_end > end)
      end = last_end;
    memmove (&extents->list[first + 1], &extents->list[after],
             (extents->count - after) * sizeof extents->list[0]);
    extents->count -= after - first - 1;
  }
  extents->list[first] =
    (struct extent) { .offset = offset, .length = end - offset };
  return 0;
}

size_t
extents_find (const struct extents *extents, uint64_t offset)
{
  return SORTED_PLACE (i, 0, extents->count,
                       extent_end (&extents->list[i]) <= offset);
}

uint64_t
extents_overlap (const struct extents *extents,
                 uint64_t offset, uint64_t length)
{
  uint64_t end = length > UINT64_MAX - offset ? UINT64_MAX : offset + length;
  uint64_t sum = 0;

  for (size_t i = extents_find (extents, offset);
       i < extents->count && extents->list[i].offset < end; ++i) {
    const struct extent *extent = &extents->list[i];
    uint64_t from = extent->offset > offset ? extent->offset : offset;
    uint64_t to = extent_end (extent) < end ? extent_end (extent) : end;

    sum += to - from;
  }
  return sum;
}

bool
extents_touches (const struct extents *extents,
                 uint64_t offset, uint64_t length)
{
  uint64_t end = length > UINT64_MAX - offset ? UINT64_MAX : offset + length;
  size_t i;

  if (length == 0)
    return false;
  i = extents_find (extents, offset);
  return i < extents->count && extents->list[i].offset < end;
}

uint64_t
extents_total (const struct extents *extents)
{
  uint64_t sum = 0;

  for (size_t i = 0; i < extents->count; ++i)
    sum += extents->list[i].length;
  return sum;
}

void
extents_clear (struct extents *extents)
{
  free (extents->list);
  *extents = (struct extents) { .list = NULL };
}
