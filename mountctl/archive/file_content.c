/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Holes and pieces of a file.  An engine that knows the holes is asked for
 * them; else a file that has fewer blocks than bytes is searched for zeros.
 */
#include <config.h>

#include <string.h>

#include "delta_content.h"
#include "file_content.h"

/* Smaller holes are written as zeros. */
#define HOLE_MIN (64 * 1024)
/* Where zeros are searched for, so much more than the blocks of a file is
 * read in vain. */
#define SEARCH_MAX (UINT64_C (256) << 30)
/* Parts of one file: some ten bytes each in the archive. */
#define PARTS_MAX (1024 * 1024)

static errint_t
add_part (struct file_content *content, uint64_t start, uint64_t length)
{
  struct extents *data = &content->data;
  const struct extent *last =
    data->count == 0 ? NULL : &data->list[data->count - 1];
  uint64_t end = last == NULL ? 0 : last->offset + last->length;

  /* A small hole belongs to what is around it. */
  if (start - end < HOLE_MIN) {
    length += start - end;
    start = end;
  }
  if (data->count >= PARTS_MAX)
    return -EFBIG;
  return extents_append (data, start, length);
}

static errint_t
ask_for_holes (struct file_content *content)
{
  uint64_t offset = 0;

  while (offset < content->size) {
    uint64_t start, length;
    errint_t err = delta_content_next (content->delta, content->entry,
                                       content->side, offset, &start,
                                       &length);

    if (err < 0)
      return err;
    if (length == 0)
      return 0;
    err = add_part (content, start, length);
    if (err < 0)
      return err;
    offset = start + length;
  }
  return 0;
}

static bool
is_zero (const uint8_t *bytes, size_t length)
{
  return bytes[0] == 0 && memcmp (bytes, bytes + 1, length - 1) == 0;
}

static errint_t
search_for_holes (struct file_content *content)
{
  for (uint64_t offset = 0; offset < content->size; offset += FILE_PIECE) {
    uint64_t rest = content->size - offset;
    size_t length = rest < FILE_PIECE ? (size_t) rest : FILE_PIECE;
    errint_t err = file_content_read (content, offset, length);

    for (size_t at = 0; at < length && err == 0; at += HOLE_MIN) {
      size_t part = length - at < HOLE_MIN ? length - at : HOLE_MIN;

      if (!is_zero (content->buffer + at, part))
        err = add_part (content, offset + at, part);
    }
    if (err < 0)
      return err;
  }
  return 0;
}

/* With as many holes as the number of its blocks tells. */
static errint_t
find_holes (struct file_content *content)
{
  uint64_t blocks = content->entry->side[content->side]->blocks;
  uint64_t there = blocks < UINT64_MAX / 512 ? blocks * 512 : UINT64_MAX;
  errint_t err = ask_for_holes (content);

  if (err != -ENOTSUP) {
    content->sparse = err == 0;
    return err;
  }
  if (content->size <= there || content->size - there < HOLE_MIN)
    return 0;
  if (content->size - there > SEARCH_MAX)
    return -EFBIG;
  content->sparse = true;
  return search_for_holes (content);
}

errint_t
file_content_open (const struct delta *delta,
                   const struct delta_entry *entry, enum side side,
                   uint8_t *buffer, struct file_content *content)
{
  errint_t err = 0;

  *content = (struct file_content) {
    .delta = delta, .entry = entry, .side = side, .buffer = buffer,
    .size = entry->side[side]->size,
  };
  if (content->size > HOLE_MIN)
    err = find_holes (content);
  if (extents_total (&content->data) == content->size)
    content->sparse = false;
  return err;
}

void
file_content_clear (struct file_content *content)
{
  extents_clear (&content->data);
}

void
file_content_piece (const struct file_content *content, uint64_t offset,
                    uint64_t *length, bool *hole)
{
  const struct extents *data = &content->data;
  uint64_t end = content->size;

  *hole = false;
  if (content->sparse) {
    size_t next = extents_find (data, offset);

    *hole = next == data->count || data->list[next].offset > offset;
    if (next < data->count)
      end = *hole ? data->list[next].offset
        : data->list[next].offset + data->list[next].length;
  }
  *length = end - offset;
  if (!*hole && *length > FILE_PIECE)
    *length = FILE_PIECE;
}

errint_t
file_content_read (const struct file_content *content, uint64_t offset,
                   size_t length)
{
  size_t got = 0;
  errint_t err = delta_content_read (content->delta, content->entry,
                                     content->side, content->buffer,
                                     length, offset, &got);

  /* Less is there only at the end, which this is not behind. */
  return err == 0 && got < length ? -EIO : err;
}
