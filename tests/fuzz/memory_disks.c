/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A pair of disks in memory, see memory_disks.h.
 */
#include <config.h>

#include <string.h>

#include "fuzz.h"
#include "memory_disks.h"

#define HEADER 5
#define PIECE_HEADER 6
#define PIECE_MAX 65535u
#define UNIT 1024u
/* Equal bytes after which a piece ends. */
#define GAP 8u
/* Bytes that are looked at as one while nothing is to be told. */
#define BULK 512u

static uint64_t
get (const uint8_t *bytes, unsigned count)
{
  uint64_t value = 0;

  while (count-- > 0)
    value = value << 8 | bytes[count];
  return value;
}

static void
put (uint8_t *bytes, unsigned count, uint64_t value)
{
  for (unsigned i = 0; i < count; ++i)
    bytes[i] = (uint8_t) (value >> 8 * i);
}

/* Copies as much of a piece as lies on the disk. */
static void
place (struct image_pair *pair, enum side side, size_t offset,
       const uint8_t *bytes, size_t length)
{
  size_t size = pair->size[side];

  if (offset >= size)
    return;
  memcpy (pair->bytes[side] + offset, bytes,
          length < size - offset ? length : size - offset);
}

struct image_pair *
memory_disks_read (const uint8_t *data, size_t size)
{
  struct image_pair *pair = calloc (1, sizeof *pair);
  size_t at = HEADER;

  FUZZ_REQUIRE (pair != NULL);
  if (size >= HEADER)
    pair->flags = data[0];
  for (int side = 0; side < SIDES; ++side) {
    size_t units = size < HEADER ? 1 : (size_t) get (data + 1 + 2 * side, 2);

    pair->size[side] = units * UNIT < MEMORY_DISK_MAX ?
      units * UNIT : MEMORY_DISK_MAX;
    pair->bytes[side] = calloc (1, pair->size[side] + 1);
    FUZZ_REQUIRE (pair->bytes[side] != NULL);
  }
  while (size >= HEADER && size - at > PIECE_HEADER) {
    uint32_t offset = (uint32_t) get (data + at, 4);
    size_t length = (size_t) get (data + at + 4, 2);

    at += PIECE_HEADER;
    if (length > size - at)
      length = size - at;
    if (!(offset & MEMORY_DISK_OVERLAY))
      place (pair, SIDE_BASE, offset, data + at, length);
    place (pair, SIDE_OVERLAY, offset & ~MEMORY_DISK_OVERLAY, data + at,
           length);
    at += length;
  }
  return pair;
}

/* What byte AT of SIDE is when no piece says otherwise. */
static uint8_t
expected (const struct image_pair *pair, enum side side, size_t at)
{
  return side == SIDE_OVERLAY && at < pair->size[SIDE_BASE] ?
    pair->bytes[SIDE_BASE][at] : 0;
}

/* Are BULK bytes at AT, if there are so many, as they are expected? */
static bool
bulk_expected (const struct image_pair *pair, enum side side, size_t at)
{
  static const uint8_t zeros[BULK];
  const uint8_t *other = zeros;

  if (pair->size[side] - at < BULK)
    return false;
  if (side == SIDE_OVERLAY && at < pair->size[SIDE_BASE]) {
    if (pair->size[SIDE_BASE] - at < BULK)
      return false;
    other = pair->bytes[SIDE_BASE] + at;
  }
  return memcmp (pair->bytes[side] + at, other, BULK) == 0;
}

static size_t
write_side (const struct image_pair *pair, enum side side,
            uint8_t *data, size_t at, size_t capacity)
{
  size_t size = pair->size[side], offset = 0;

  while (offset < size) {
    const uint8_t *bytes = pair->bytes[side] + offset;
    size_t length = 0, equal = 0;

    if (bulk_expected (pair, side, offset)) {
      offset += BULK;
      continue;
    }
    if (*bytes == expected (pair, side, offset)) {
      offset++;
      continue;
    }
    while (offset + length < size && length < PIECE_MAX && equal < GAP) {
      equal = bytes[length] == expected (pair, side, offset + length) ?
        equal + 1 : 0;
      length++;
    }
    length -= equal;
    if (capacity - at < PIECE_HEADER + length)
      break;
    put (data + at, 4, offset |
         (side == SIDE_OVERLAY ? MEMORY_DISK_OVERLAY : 0));
    put (data + at + 4, 2, length);
    memcpy (data + at + PIECE_HEADER, bytes, length);
    at += PIECE_HEADER + length;
    offset += length;
  }
  return at;
}

size_t
memory_disks_write (const struct image_pair *pair,
                    uint8_t *data, size_t capacity)
{
  size_t at = HEADER;

  if (capacity < HEADER)
    return 0;
  data[0] = pair->flags;
  for (int side = 0; side < SIDES; ++side)
    put (data + 1 + 2 * side, 2, pair->size[side] / UNIT);
  for (int side = 0; side < SIDES; ++side)
    at = write_side (pair, side, data, at, capacity);
  return at;
}

void
memory_disks_find_written (struct image_pair *pair, size_t cluster)
{
  size_t end = pair->size[SIDE_OVERLAY];

  for (size_t offset = 0; offset < end; offset += cluster) {
    size_t length = end - offset < cluster ? end - offset : cluster;

    if (offset + length > pair->size[SIDE_BASE] ||
        memcmp (pair->bytes[SIDE_BASE] + offset,
                pair->bytes[SIDE_OVERLAY] + offset, length) != 0)
      FUZZ_REQUIRE (extents_append (&pair->written, offset, length) == 0);
  }
  pair->known = true;
}

void
pair_close (struct image_pair *pair)
{
  for (int side = 0; side < SIDES; ++side)
    free (pair->bytes[side]);
  extents_clear (&pair->written);
  free (pair);
}

uint64_t
pair_size (const struct image_pair *pair, enum side side)
{
  return pair->size[side];
}

bool
pair_is_written (const struct image_pair *pair)
{
  (void) pair;
  return false;
}

bool
pair_is_distant (const struct image_pair *pair, enum side side)
{
  (void) pair;
  (void) side;
  return false;
}

const struct extents *
pair_written (const struct image_pair *pair)
{
  return pair->known ? &pair->written : NULL;
}

errint_t
pair_splice (struct image_pair *pair __attribute__ ((unused)),
             enum side side __attribute__ ((unused)),
             int pipe __attribute__ ((unused)),
             size_t length __attribute__ ((unused)),
             uint64_t offset __attribute__ ((unused)))
{
  return -ENOTSUP;
}

errint_t
pair_read (struct image_pair *pair, enum side side, void *buffer,
           size_t length, uint64_t offset)
{
  if (offset > pair->size[side] || length > pair->size[side] - offset)
    return -EINVAL;
  memcpy (buffer, pair->bytes[side] + offset, length);
  pair->bytes_read += length;
  return 0;
}
