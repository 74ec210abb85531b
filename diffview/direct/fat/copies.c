/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Compares allocation tables, see fat/copies.h.
 */
#include <config.h>

#include <string.h>

#include "fat/copies.h"

#define PIECE 4096

/* The entries that mean clusters: bytes FROM to END of a copy.  Those before them
 * hold the marks of a volume in use. */
static void
find_bounds (const struct fat_volume *volume, uint64_t *from, uint64_t *end)
{
  uint64_t bits = volume->kind == FAT_EX ? 32 : volume->kind;

  *from = (FAT_FIRST_CLUSTER * bits + 7) / 8;
  *end = ((uint64_t) volume->cluster_count + FAT_FIRST_CLUSTER) * bits / 8;
  if (*end > volume->table_length)
    *end = volume->table_length;
}

static bool
piece_differs (const struct fat_volume *volume, uint64_t from, size_t length)
{
  unsigned char first[PIECE], second[PIECE];
  uint64_t position = volume->table + from;

  return blocks_read_bulk (volume->blocks, volume->side, first, length,
                           position) == 0
    && blocks_read_bulk (volume->blocks, volume->side, second, length,
                         position + volume->table_length) == 0
    && memcmp (first, second, length) != 0;
}

/* Bytes FROM to END of the two copies. */
static bool
range_differs (const struct fat_volume *volume, uint64_t from, uint64_t end)
{
  while (from < end) {
    size_t length = end - from < PIECE ? (size_t) (end - from) : PIECE;

    if (piece_differs (volume, from, length))
      return true;
    from += length;
  }
  return false;
}

/* Where the copy that begins at START was written. */
static bool
differs_where_written (const struct fat_volume *volume, uint64_t start)
{
  const struct extents *written = blocks_written (volume->blocks);
  uint64_t lowest, highest;

  find_bounds (volume, &lowest, &highest);
  for (size_t i = extents_find (written, start + lowest);
       i < written->count && written->list[i].offset < start + highest; ++i) {
    const struct extent *extent = &written->list[i];
    uint64_t from = extent->offset > start + lowest
      ? extent->offset - start : lowest;
    uint64_t end = extent->offset + extent->length - start;

    if (range_differs (volume, from, end < highest ? end : highest))
      return true;
  }
  return false;
}

bool
fat_copies_differ (const struct fat_volume *volume)
{
  if (volume->table_copies < 2 || blocks_written (volume->blocks) == NULL)
    return false;
  return differs_where_written (volume, volume->table)
    || differs_where_written (volume, volume->table + volume->table_length);
}
