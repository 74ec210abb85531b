/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Claims on blocks.  Blocks that are taken are skipped by way of a list of
 * shortcuts, so that structures that claim the same blocks a million times
 * do not take a million times as long.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "claims.h"

errint_t
written_blocks_init (struct written_blocks *blocks, struct extents *extents)
{
  *blocks = (struct written_blocks) { .extents = *extents };
  *extents = (struct extents) { 0 };
  blocks->first = calloc (blocks->extents.count + 1, sizeof *blocks->first);
  if (blocks->first == NULL) {
    written_blocks_clear (blocks);
    return -ENOMEM;
  }
  for (size_t i = 0; i < blocks->extents.count; ++i) {
    blocks->first[i] = blocks->count;
    blocks->count += blocks->extents.list[i].length;
  }
  return 0;
}

void
written_blocks_clear (struct written_blocks *blocks)
{
  extents_clear (&blocks->extents);
  free (blocks->first);
  *blocks = (struct written_blocks) { 0 };
}

uint64_t
written_blocks_index (const struct written_blocks *blocks, uint64_t block)
{
  size_t i = extents_find (&blocks->extents, block);
  const struct extent *extent;

  if (i == blocks->extents.count)
    return blocks->count;
  extent = &blocks->extents.list[i];
  return blocks->first[i] +
    (block > extent->offset ? block - extent->offset : 0);
}

uint64_t
written_blocks_at (const struct written_blocks *blocks, uint64_t index)
{
  size_t low = 0, high = blocks->extents.count;

  /* The last extent that begins at or before INDEX. */
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;

    if (blocks->first[middle] <= index)
      low = middle;
    else
      high = middle;
  }
  return blocks->extents.list[low].offset + (index - blocks->first[low]);
}

errint_t
claims_init (struct claims *claims, const struct written_blocks *blocks,
             uint32_t length_max)
{
  size_t length = blocks->count < length_max ? (size_t) blocks->count :
    length_max;

  *claims = (struct claims) { .blocks = blocks };
  claims->values = malloc (length + 1);
  claims->next = calloc (length + 1, sizeof *claims->next);
  if (claims->values != NULL && claims->next != NULL)
    return 0;
  claims_clear (claims);
  return -ENOMEM;
}

void
claims_clear (struct claims *claims)
{
  free (claims->values);
  free (claims->next);
  *claims = (struct claims) { 0 };
}

void
claims_begin (struct claims *claims, uint64_t start, uint32_t length)
{
  claims->start = start;
  claims->length = length;
  memset (claims->values, 0, length);
  for (uint32_t i = 0; i <= length; ++i)
    claims->next[i] = i;
}

/* The place of BLOCK, or of the first written one after it, in the window:
 * 0 to length. */
static uint32_t
place_of (const struct claims *claims, uint64_t block)
{
  uint64_t index = written_blocks_index (claims->blocks, block);

  if (index <= claims->start)
    return 0;
  return index - claims->start < claims->length ?
    (uint32_t) (index - claims->start) : claims->length;
}

bool
claims_concern (const struct claims *claims, uint64_t from, uint64_t end)
{
  return place_of (claims, from) < place_of (claims, end);
}

/* The first unclaimed place at or after PLACE; length if there is none. */
static uint32_t
find_unclaimed (struct claims *claims, uint32_t place)
{
  uint32_t *next = claims->next;

  while (next[place] != place) {
    next[place] = next[next[place]];
    place = next[place];
  }
  return place;
}

void
claims_add (struct claims *claims, uint64_t from, uint64_t end,
            uint8_t value)
{
  uint32_t place = place_of (claims, from), last = place_of (claims, end);

  for (place = find_unclaimed (claims, place); place < last;
       place = find_unclaimed (claims, place)) {
    claims->values[place] = value;
    claims->next[place] = place + 1;
  }
}

uint8_t
claims_of (const struct claims *claims, uint64_t block)
{
  return claims->values[place_of (claims, block)];
}
