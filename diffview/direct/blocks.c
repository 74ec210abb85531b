/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reading through the cache and the replay, see blocks.h.
 */
#include <config.h>

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "block_cache.h"
#include "blocks.h"

/* Read at once and kept together: one request to another process takes as
 * long as copying some 64 KiB. */
#define CHUNK_NEAR ((size_t) 4 * 1024)
#define CHUNK_DISTANT ((size_t) 64 * 1024)

struct blocks_side {
  struct device *device;        /* borrowed; NULL: there is none */
  uint64_t length;              /* of it, bytes; else 0 */
  struct replay replay;
  uint32_t block_size;          /* of the replay */
};

struct blocks {
  struct blocks_side side[SIDES];
  bool known;                   /* is device_written? */
  struct extents device_written;        /* what the devices differ in */
  bool written_known;
  struct extents written;       /* the same after both replays */
  size_t chunk;                 /* of the cache, bytes */
  struct block_cache *cache;
  _Atomic uint64_t bytes_read[SIDES];
};

errint_t
blocks_new (struct device *const device[SIDES], struct blocks **result)
{
  CLEANUP (blocks_free) struct blocks *blocks = calloc (1, sizeof *blocks);
  errint_t err = 0;

  if (blocks == NULL)
    return -ENOMEM;
  blocks->chunk = CHUNK_NEAR;
  for (int side = 0; side < SIDES; ++side)
    if (device[side] != NULL) {
      blocks->side[side].device = device[side];
      blocks->side[side].length = device[side]->size;
      if (device[side]->distant)
        blocks->chunk = CHUNK_DISTANT;
    }
  blocks->cache = block_cache_new (blocks->chunk);
  if (blocks->cache == NULL)
    return -ENOMEM;
  if (device[SIDE_BASE] != NULL && device[SIDE_OVERLAY] != NULL)
    err = device_written (device[SIDE_BASE], device[SIDE_OVERLAY],
                          &blocks->device_written, &blocks->known);
  if (err == 0)
    *result = steal_pointer (&blocks);
  return err;
}

void
blocks_free (struct blocks *blocks)
{
  for (int side = 0; side < SIDES; ++side)
    replay_clear (&blocks->side[side].replay);
  extents_clear (&blocks->device_written);
  extents_clear (&blocks->written);
  if (blocks->cache != NULL)
    block_cache_free (blocks->cache);
  free (blocks);
}

uint64_t
blocks_length (const struct blocks *blocks, enum side side)
{
  return blocks->side[side].length;
}

bool
blocks_may_change (const struct blocks *blocks)
{
  for (int side = 0; side < SIDES; ++side)
    if (blocks->side[side].device != NULL &&
        blocks->side[side].device->changing)
      return true;
  return false;
}

void
blocks_set_replay (struct blocks *blocks, enum side side,
                   struct replay *replay, uint32_t block_size)
{
  replay_clear (&blocks->side[side].replay);
  blocks->side[side].replay = *replay;
  blocks->side[side].block_size = block_size;
  *replay = (struct replay) { 0 };
}

/* A range is within the volume or cannot be read. */
static bool
in_volume (const struct blocks *blocks, enum side side,
           size_t length, uint64_t offset)
{
  uint64_t end = blocks->side[side].length;

  return offset <= end && length <= end - offset;
}

static errint_t
read_disk (struct blocks *blocks, enum side side,
           void *buffer, size_t length, uint64_t offset)
{
  errint_t err = device_read (blocks->side[side].device, buffer, length,
                              offset);

  blocks->bytes_read[side] += length;
  return err;
}

/* Where both sides hold the same bytes the base's are read, so that they
 * are in the cache once. */
static enum side
cache_side (const struct blocks *blocks, enum side side,
            uint64_t offset, size_t length)
{
  if (side == SIDE_BASE || !blocks->known ||
      !in_volume (blocks, SIDE_BASE, length, offset) ||
      extents_touches (&blocks->device_written, offset, length))
    return side;
  return SIDE_BASE;
}

/* Part of one chunk of the cache. */
static errint_t
read_cached (struct blocks *blocks, enum side wanted,
             uint8_t *buffer, size_t length, uint64_t offset)
{
  uint64_t number = offset / blocks->chunk;
  uint64_t start = number * blocks->chunk;
  uint64_t end = blocks->side[wanted].length;
  size_t chunk = end - start < blocks->chunk ?
    (size_t) (end - start) : blocks->chunk;
  enum side side = cache_side (blocks, wanted, start, chunk);
  uint64_t key = number * SIDES + side;
  CLEANUP_FREE_BYTES uint8_t *bytes = NULL;
  errint_t err;

  if (block_cache_get (blocks->cache, key, offset - start, buffer, length))
    return 0;
  if ((bytes = malloc (blocks->chunk)) == NULL)
    return -ENOMEM;
  err = read_disk (blocks, side, bytes, chunk, start);
  if (err < 0)                  /* the chunk may hold more than is asked for */
    return err == -ENOMEM || length == chunk ? err :
      read_disk (blocks, side, buffer, length, offset);
  memcpy (buffer, bytes + (offset - start), length);
  /* The last chunk differs in length where the volumes do. */
  if (chunk == blocks->chunk)
    block_cache_put (blocks->cache, key, steal_pointer (&bytes));
  return 0;
}

static errint_t
read_raw (struct blocks *blocks, enum side side, bool cached,
          uint8_t *buffer, size_t length, uint64_t offset)
{
  errint_t err = 0;

  if (!cached)
    return read_disk (blocks, side, buffer, length, offset);
  while (length > 0 && err == 0) {
    size_t part = blocks->chunk - (size_t) (offset % blocks->chunk);

    if (part > length)
      part = length;
    err = read_cached (blocks, side, buffer, part, offset);
    buffer += part;
    offset += part;
    length -= part;
  }
  return err;
}

/* Lays the replayed blocks over what was read raw. */
static errint_t
lay_over (struct blocks *blocks, enum side side, bool cached,
          uint8_t *buffer, size_t length, uint64_t offset)
{
  const struct blocks_side *s = &blocks->side[side];
  uint64_t end = offset + length;

  for (size_t i = replay_first (&s->replay, offset / s->block_size);
       i < s->replay.count &&
         s->replay.list[i].target * s->block_size < end; ++i) {
    const struct replay_block *block = &s->replay.list[i];
    uint64_t start = block->target * s->block_size;
    uint64_t from = start > offset ? start : offset;
    uint64_t to = start + s->block_size < end ? start + s->block_size : end;
    uint8_t *part = buffer + (from - offset);
    uint64_t source = block->source * s->block_size + (from - start);
    errint_t err = -EIO;

    if (block->bytes != NULL) {
      memcpy (part, block->bytes + (from - start), to - from);
      err = 0;
    } else if (in_volume (blocks, side, to - from, source))
      err = read_raw (blocks, side, cached, part, to - from, source);
    if (err < 0)
      return err;
    for (uint64_t at = from; block->escaped && at < start + 4 && at < to; ++at)
      part[at - from] = s->replay.prefix[at - start];
  }
  return 0;
}

static errint_t
read_side (struct blocks *blocks, enum side side, bool cached,
           void *buffer, size_t length, uint64_t offset)
{
  errint_t err;

  if (!in_volume (blocks, side, length, offset))
    return -EIO;
  if (length == 0)
    return 0;
  err = read_raw (blocks, side, cached, buffer, length, offset);
  if (err == 0 && blocks->side[side].replay.count > 0)
    err = lay_over (blocks, side, cached, buffer, length, offset);
  return err;
}

errint_t
blocks_read (struct blocks *blocks, enum side side,
             void *buffer, size_t length, uint64_t offset)
{
  return read_side (blocks, side, true, buffer, length, offset);
}

errint_t
blocks_read_bulk (struct blocks *blocks, enum side side,
                  void *buffer, size_t length, uint64_t offset)
{
  return read_side (blocks, side, false, buffer, length, offset);
}

void
blocks_forget (struct blocks *blocks)
{
  block_cache_clear (blocks->cache);
}

/* Does a replay put other bytes there? */
static bool
is_replayed (const struct blocks_side *s, size_t length, uint64_t offset)
{
  size_t first;

  if (s->replay.count == 0)
    return false;
  first = replay_first (&s->replay, offset / s->block_size);
  return first < s->replay.count &&
    s->replay.list[first].target * s->block_size < offset + length;
}

errint_t
blocks_splice (struct blocks *blocks, enum side side, int pipe,
               size_t length, uint64_t offset)
{
  errint_t err;

  if (!in_volume (blocks, side, length, offset) ||
      is_replayed (&blocks->side[side], length, offset))
    return -ENOTSUP;
  err = device_splice (blocks->side[side].device, pipe, length, offset);
  if (err == 0)
    blocks->bytes_read[side] += length;
  return err;
}

/* What the devices differ in. */
static errint_t
add_written (struct blocks *blocks)
{
  const struct extents *written = &blocks->device_written;
  errint_t err = 0;

  for (size_t i = 0; i < written->count && err == 0; ++i)
    err = extents_append (&blocks->written, written->list[i].offset,
                          written->list[i].length);
  return err;
}

/* Appends what of a range lies behind the list's end. */
static errint_t
append_rest (struct extents *extents, uint64_t from, uint64_t to)
{
  if (extents->count > 0) {
    const struct extent *last = &extents->list[extents->count - 1];

    if (from < last->offset + last->length)
      from = last->offset + last->length;
  }
  return from < to ? extents_append (extents, from, to - from) : 0;
}

/* Joins the targets of a side's replay to what was written. */
static errint_t
add_replayed (struct blocks *blocks, enum side side)
{
  const struct blocks_side *s = &blocks->side[side];
  struct extents *old = &blocks->written;
  CLEANUP_EXTENTS struct extents joined = { 0 };
  size_t i = 0, j = 0;
  errint_t err = 0;

  while (err == 0 && (i < old->count || j < s->replay.count)) {
    uint64_t target = j < s->replay.count ?
      s->replay.list[j].target * s->block_size : UINT64_MAX;

    if (i < old->count && old->list[i].offset <= target) {
      err = append_rest (&joined, old->list[i].offset,
                         old->list[i].offset + old->list[i].length);
      i++;
    } else {
      err = append_rest (&joined, target, target + s->block_size);
      j++;
    }
  }
  if (err == 0) {
    struct extents swapped = *old;

    *old = joined;
    joined = swapped;
  }
  return err;
}

errint_t
blocks_compute_written (struct blocks *blocks, bool *known)
{
  errint_t err;

  *known = false;
  if (!blocks->known)
    return 0;
  err = add_written (blocks);
  for (int side = 0; side < SIDES && err == 0; ++side)
    err = add_replayed (blocks, side);
  if (err == 0)
    *known = blocks->written_known = true;
  return err;
}

const struct extents *
blocks_written (const struct blocks *blocks)
{
  return blocks->written_known ? &blocks->written : NULL;
}

const char *
blocks_why_unknown (const struct blocks *blocks)
{
  const struct device *overlay = blocks->side[SIDE_OVERLAY].device;

  return overlay == NULL || overlay->disk_written == NULL
    ? "the images share no layer"
    : "it lies at another place of the disk in the base";
}

uint64_t
blocks_bytes_read (const struct blocks *blocks, enum side side)
{
  return blocks->bytes_read[side];
}
