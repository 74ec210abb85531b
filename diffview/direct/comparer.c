/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Comparing content piece by piece, see comparer.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "comparer.h"

#define PIECE ((size_t) 1024 * 1024)

errint_t
comparer_init (struct comparer *comparer, const struct reader *base,
               const struct reader *overlay, const struct progress *progress)
{
  *comparer = (struct comparer) {
    .reader = { base, overlay },
    .written = blocks_written (base->blocks),
    .progress = progress,
  };
  for (int side = 0; side < SIDES; ++side)
    if ((comparer->buffer[side] = malloc (PIECE)) == NULL)
      return -ENOMEM;
  return 0;
}

void
comparer_clear (struct comparer *comparer)
{
  for (int side = 0; side < SIDES; ++side)
    free (comparer->buffer[side]);
}

/* Do both pieces hold the same bytes of the disk, if these were not written? */
static bool
is_same_place (const struct piece *base, const struct piece *overlay)
{
  const struct run *a = base->run, *b = overlay->run;

  if (a->kind != b->kind)
    return false;
  if (a->kind == RUN_PLAIN)
    return base->position == overlay->position;
  return a->kind == RUN_ENCODED && a->stored != 0
    && a->position == b->position && a->stored == b->stored && a->encoding == b->encoding
    && a->within + (base->position - a->position)
    == b->within + (overlay->position - b->position);
}

/* How many bytes at OFFSET, at most LENGTH, are equal without a look at
 * them; *LENGTH becomes what has to be looked at if there are none. */
static uint64_t
equal_unseen (const struct comparer *comparer,
              const struct runs runs[SIDES], uint64_t offset,
              uint64_t *length)
{
  struct piece base = runs_at (&runs[SIDE_BASE], offset);
  struct piece overlay = runs_at (&runs[SIDE_OVERLAY], offset);
  const struct extents *written = comparer->written;
  size_t index;

  if (base.length < *length)
    *length = base.length;
  if (overlay.length < *length)
    *length = overlay.length;
  if (piece_is_zero (&base) && piece_is_zero (&overlay))
    return runs[SIDE_BASE].damaged || runs[SIDE_OVERLAY].damaged ?
      0 : *length;
  if (piece_is_zero (&base) || piece_is_zero (&overlay) || written == NULL ||
      !is_same_place (&base, &overlay))
    return 0;
  if (base.run->kind == RUN_ENCODED)
    return extents_touches (written, base.run->position, base.run->stored) ?
      0 : *length;
  index = extents_find (written, base.position);
  if (index == written->count ||
      written->list[index].offset >= base.position + *length)
    return *length;
  if (written->list[index].offset > base.position)
    return written->list[index].offset - base.position;
  if (written->list[index].offset + written->list[index].length -
      base.position < *length)
    *length = written->list[index].offset + written->list[index].length -
      base.position;
  return 0;
}

/* Read from the disks so far. */
static uint64_t
bytes_read (const struct comparer *comparer)
{
  const struct blocks *blocks = comparer->reader[SIDE_BASE]->blocks;

  return blocks_bytes_read (blocks, SIDE_BASE) +
    blocks_bytes_read (blocks, SIDE_OVERLAY);
}

/* Bytes of LENGTH ones at OFFSET that a side has to read: all or none, where
 * equal_unseen has said that it goes on like that. */
static uint64_t
bytes_to_read (const struct runs *runs, uint64_t offset, uint64_t length)
{
  struct piece piece = runs_at (runs, offset);

  return piece_is_zero (&piece) || piece.run->kind == RUN_INLINE ? 0 : length;
}

static errint_t
compare_bytes (struct comparer *comparer, const struct runs runs[SIDES],
               uint64_t offset, size_t length, bool *equal)
{
  uint64_t before = bytes_read (comparer);
  errint_t err = 0;

  for (int side = 0; side < SIDES && err == 0; ++side) {
    const struct reader *reader = comparer->reader[side];
    uint64_t bytes = bytes_to_read (&runs[side], offset, length);

    /* Each side pays for its own blocks, which have one owner each. */
    err = budget_draw (&reader->budget->compared_bytes, bytes) ? 0 : -EIO;
    if (err == 0)
      err = reader_load (reader, &runs[side], comparer->buffer[side], length,
                         offset);
    comparer->done += bytes;
  }
  comparer->bytes += bytes_read (comparer) - before;
  progress_update (comparer->progress, "compare", comparer->done,
                   comparer->total);
  if (err == 0)
    *equal = memcmp (comparer->buffer[SIDE_BASE],
                     comparer->buffer[SIDE_OVERLAY], length) == 0;
  return err;
}

static errint_t
compare_contents (struct comparer *comparer,
                  const struct runs runs[SIDES],
                  enum content_answer *answer)
{
  uint64_t size = runs[SIDE_OVERLAY].size, offset = 0;
  bool equal = runs[SIDE_BASE].size == size;
  errint_t err = 0;

  while (offset < size && equal) {
    uint64_t length = size - offset;
    uint64_t skip = equal_unseen (comparer, runs, offset, &length);

    if (skip == 0) {
      skip = length < PIECE ? length : PIECE;
      err = compare_bytes (comparer, runs, offset, (size_t) skip, &equal);
      if (err < 0)
        return err;
    }
    offset += skip;
  }
  *answer = equal ? CONTENT_SAME : CONTENT_DIFFERS;
  return 0;
}

static uint64_t
measure_contents (const struct comparer *comparer,
                  const struct runs runs[SIDES])
{
  uint64_t size = runs[SIDE_OVERLAY].size, offset = 0, bytes = 0;

  while (offset < size && runs[SIDE_BASE].size == size) {
    uint64_t length = size - offset;
    uint64_t skip = equal_unseen (comparer, runs, offset, &length);

    if (skip == 0) {
      skip = length;
      for (int side = 0; side < SIDES; ++side)
        bytes += bytes_to_read (&runs[side], offset, length);
    }
    offset += skip;
  }
  return bytes;
}

static errint_t
open_contents (const struct comparer *comparer,
               const struct inode_id inode[SIDES], struct runs runs[SIDES])
{
  errint_t err = 0;

  for (int side = 0; side < SIDES && err == 0; ++side) {
    const struct reader *reader = comparer->reader[side];

    err = reader->format->runs (reader, inode[side], &runs[side]);
  }
  return err;
}

errint_t
comparer_measure (const struct comparer *comparer,
                  const struct inode_id inode[SIDES], uint64_t *bytes)
{
  struct runs runs[SIDES] = { { 0 }, { 0 } };
  errint_t err = open_contents (comparer, inode, runs);

  *bytes = err == 0 ? measure_contents (comparer, runs) : 0;
  for (int side = 0; side < SIDES; ++side)
    runs_clear (&runs[side]);
  return err == -ENOMEM ? err : 0;
}

errint_t
comparer_compare (struct comparer *comparer,
                  const struct inode_id inode[SIDES],
                  enum content_answer *answer)
{
  uint64_t before = comparer->bytes;
  struct runs runs[SIDES] = { { 0 }, { 0 } };
  errint_t err = open_contents (comparer, inode, runs);

  if (err == 0)
    err = compare_contents (comparer, runs, answer);
  for (int side = 0; side < SIDES; ++side)
    runs_clear (&runs[side]);
  comparer->files += comparer->bytes > before;
  if (err == 0 || err == -ENOMEM)
    return err;
  *answer = CONTENT_UNREADABLE;
  return 0;
}
