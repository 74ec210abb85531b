/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Comparing content piece by piece, see comparer.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "comparer.h"
#include "content.h"

#define PIECE ((size_t) 512 * 1024)

errint_t
comparer_init (struct comparer *comparer, const struct filesystem *base,
               const struct filesystem *overlay, bool verify)
{
  *comparer = (struct comparer) { .fs = { base, overlay } };
  comparer->written = blocks_written (base->blocks);
  comparer->trust_inodes = comparer->written == NULL && !verify;
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

static errint_t
compare_bytes (struct comparer *comparer, const struct content content[SIDES],
               uint64_t offset, size_t length, bool *equal)
{
  struct budget *budget = comparer->fs[SIDE_OVERLAY]->budget;
  uint64_t before = bytes_read (comparer);
  errint_t err = budget_draw (&budget->compared_bytes, length) ? 0 : -EIO;

  for (int side = 0; side < SIDES && err == 0; ++side)
    err = content_load (&content[side], comparer->buffer[side], length,
                        offset);
  comparer->bytes += bytes_read (comparer) - before;
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

static bool
same_lists (const struct content content[SIDES])
{
  const struct mapping *a = &content[SIDE_BASE].mapping;
  const struct mapping *b = &content[SIDE_OVERLAY].mapping;

  if (a->count != b->count || content[SIDE_BASE].damaged ||
      content[SIDE_OVERLAY].damaged)
    return false;
  for (size_t i = 0; i < a->count; ++i)
    if (a->runs[i].logical != b->runs[i].logical ||
        a->runs[i].physical != b->runs[i].physical ||
        a->runs[i].count != b->runs[i].count ||
        a->runs[i].unwritten != b->runs[i].unwritten)
      return false;
  return true;
}

static errint_t
compare_opened (struct comparer *comparer, const uint32_t number[SIDES],
                struct content content[SIDES], enum content_answer *answer)
{
  struct inode inode[SIDES];
  errint_t err = 0;

  for (int side = 0; side < SIDES && err == 0; ++side) {
    err = inode_read (comparer->fs[side], number[side], &inode[side]);
    if (err == 0)
      err = content_open (comparer->fs[side], &inode[side], &content[side]);
  }
  if (err < 0)
    return err;
  if (comparer->trust_inodes && inode[0].length == inode[1].length &&
      inode_raw_equal (inode[0].raw, inode[1].raw, inode[0].length) &&
      same_lists (content)) {
    *answer = CONTENT_SAME;
    return 0;
  }
  return compare_contents (comparer, content, answer);
}

errint_t
comparer_compare (struct comparer *comparer, uint32_t base, uint32_t overlay,
                  enum content_answer *answer)
{
  const uint32_t number[SIDES] = { base, overlay };
  uint64_t before = comparer->bytes;
  struct content content[SIDES] = { { 0 }, { 0 } };
  errint_t err = compare_opened (comparer, number, content, answer);

  for (int side = 0; side < SIDES; ++side)
    content_clear (&content[side]);
  comparer->files += comparer->bytes > before;
  if (err == 0 || err == -ENOMEM)
    return err;
  *answer = CONTENT_UNREADABLE;
  return 0;
}
