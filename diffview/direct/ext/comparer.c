/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Comparing content piece by piece, see comparer.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "comparer.h"
#include "content.h"

#define PIECE ((size_t) 1024 * 1024)

errint_t
comparer_init (struct comparer *comparer, const struct filesystem *base,
               const struct filesystem *overlay,
               const struct progress *progress)
{
  *comparer = (struct comparer) {
    .fs = { base, overlay },
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

/* What lies at an offset of a file. */
struct piece {
  bool data;                    /* else zeros */
  uint64_t position;            /* of data: byte of the volume */
  uint64_t length;              /* so far it goes on like this */
};

static struct piece
piece_at (const struct content *content, uint64_t offset)
{
  const struct mapping *mapping = &content->mapping;
  uint64_t size = content->fs->block_size;
  size_t index = mapping_find (mapping, offset / size);
  const struct mapping_run *run;

  if (content->is_inline || index == mapping->count)
    return (struct piece) { .length = UINT64_MAX };
  run = &mapping->runs[index];
  if (offset < run->logical * size)
    return (struct piece) { .length = run->logical * size - offset };
  return (struct piece) {
    .data = !run->unwritten,
    .position = run->physical * size + (offset - run->logical * size),
    .length = (run->logical + run->count) * size - offset,
  };
}

/* How many bytes at OFFSET, at most LENGTH, are equal without a look at
 * them; *LENGTH becomes what has to be looked at if there are none. */
static uint64_t
equal_unseen (const struct comparer *comparer,
              const struct content content[SIDES], uint64_t offset,
              uint64_t *length)
{
  struct piece base = piece_at (&content[SIDE_BASE], offset);
  struct piece overlay = piece_at (&content[SIDE_OVERLAY], offset);
  const struct extents *written = comparer->written;
  size_t index;

  if (content[SIDE_BASE].is_inline || content[SIDE_OVERLAY].is_inline)
    return 0;
  if (base.length < *length)
    *length = base.length;
  if (overlay.length < *length)
    *length = overlay.length;
  if (!base.data && !overlay.data)
    return content[SIDE_BASE].damaged || content[SIDE_OVERLAY].damaged ?
      0 : *length;
  if (!base.data || !overlay.data || base.position != overlay.position ||
      written == NULL)
    return 0;
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
  const struct blocks *blocks = comparer->fs[SIDE_BASE]->blocks;

  return blocks_bytes_read (blocks, SIDE_BASE) +
    blocks_bytes_read (blocks, SIDE_OVERLAY);
}

/* Bytes of LENGTH ones at OFFSET that a side has to read: all or none, where
 * equal_unseen has said that it goes on like that. */
static uint64_t
bytes_to_read (const struct content *content, uint64_t offset,
               uint64_t length)
{
  return piece_at (content, offset).data ? length : 0;
}

static errint_t
compare_bytes (struct comparer *comparer, const struct content content[SIDES],
               uint64_t offset, size_t length, bool *equal)
{
  uint64_t before = bytes_read (comparer);
  errint_t err = 0;

  for (int side = 0; side < SIDES && err == 0; ++side) {
    struct budget *budget = comparer->fs[side]->budget;
    uint64_t bytes = bytes_to_read (&content[side], offset, length);
    /* Each side pays for its own blocks, which have one owner each; inline
     * data that is said to go on and on costs time, too. */
    uint64_t price = content[side].is_inline ? length : bytes;

    err = budget_draw (&budget->compared_bytes, price) ? 0 : -EIO;
    if (err == 0)
      err = content_load (&content[side], comparer->buffer[side], length,
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
                  const struct content content[SIDES],
                  enum content_answer *answer)
{
  uint64_t size = content[SIDE_OVERLAY].size, offset = 0;
  bool equal = content[SIDE_BASE].size == size;
  errint_t err = 0;

  while (offset < size && equal) {
    uint64_t length = size - offset;
    uint64_t skip = equal_unseen (comparer, content, offset, &length);

    if (skip == 0) {
      skip = length < PIECE ? length : PIECE;
      err = compare_bytes (comparer, content, offset, (size_t) skip, &equal);
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
                  const struct content content[SIDES])
{
  uint64_t size = content[SIDE_OVERLAY].size, offset = 0, bytes = 0;

  while (offset < size && content[SIDE_BASE].size == size) {
    uint64_t length = size - offset;
    uint64_t skip = equal_unseen (comparer, content, offset, &length);

    if (skip == 0) {
      skip = length;
      for (int side = 0; side < SIDES; ++side)
        bytes += bytes_to_read (&content[side], offset, length);
    }
    offset += skip;
  }
  return bytes;
}

static errint_t
open_contents (const struct comparer *comparer, const uint32_t number[SIDES],
               struct content content[SIDES])
{
  errint_t err = 0;

  for (int side = 0; side < SIDES && err == 0; ++side) {
    struct inode inode;

    err = inode_read (comparer->fs[side], number[side], &inode);
    if (err == 0)
      err = content_open (comparer->fs[side], &inode, &content[side]);
  }
  return err;
}

errint_t
comparer_measure (const struct comparer *comparer,
                  const uint32_t inode[SIDES], uint64_t *bytes)
{
  struct content content[SIDES] = { { 0 }, { 0 } };
  errint_t err = open_contents (comparer, inode, content);

  *bytes = err == 0 ? measure_contents (comparer, content) : 0;
  for (int side = 0; side < SIDES; ++side)
    content_clear (&content[side]);
  return err == -ENOMEM ? err : 0;
}

errint_t
comparer_compare (struct comparer *comparer, const uint32_t inode[SIDES],
                  enum content_answer *answer)
{
  uint64_t before = comparer->bytes;
  struct content content[SIDES] = { { 0 }, { 0 } };
  errint_t err = open_contents (comparer, inode, content);

  if (err == 0)
    err = compare_contents (comparer, content, answer);
  for (int side = 0; side < SIDES; ++side)
    content_clear (&content[side]);
  comparer->files += comparer->bytes > before;
  if (err == 0 || err == -ENOMEM)
    return err;
  *answer = CONTENT_UNREADABLE;
  return 0;
}
