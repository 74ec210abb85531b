/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Pieces of devices as one device: see segments.h.
 */
#include <config.h>

#include <stdlib.h>

#include "segments.h"

/* A segment where it lies. */
struct placed {
  uint64_t start;               /* bytes of the device */
  uint64_t length;
  uint64_t stripe;
  size_t first, count;          /* of its areas */
};

struct segments {
  struct device device;         /* first: the two are converted */
  struct placed *list;          /* owned; by START, without a gap */
  size_t count;
  struct segment_area *areas;   /* owned */
};

/* A stretch of the device that lies in one piece below. */
struct piece {
  struct device *lower;
  uint64_t offset;              /* bytes of LOWER */
  uint64_t length;
};

static const struct placed *
find (const struct segments *segments, uint64_t offset)
{
  size_t from = 0, to = segments->count;

  while (to - from > 1) {
    const size_t middle = from + (to - from) / 2;

    if (segments->list[middle].start <= offset)
      from = middle;
    else
      to = middle;
  }
  return &segments->list[from];
}

static struct piece
piece_at (const struct segments *segments, uint64_t offset)
{
  const struct placed *placed = find (segments, offset);
  const struct segment_area *areas = &segments->areas[placed->first];
  const uint64_t within = offset - placed->start;
  uint64_t number, skip;

  if (placed->count == 1)
    return (struct piece) {
      .lower = areas->lower, .offset = areas->offset + within,
      .length = placed->length - within,
    };
  number = within / placed->stripe;
  skip = within % placed->stripe;
  areas += number % placed->count;
  return (struct piece) {
    .lower = areas->lower,
    .offset = areas->offset + number / placed->count * placed->stripe + skip,
    .length = placed->stripe - skip,
  };
}

static errint_t
read_segments (struct device *device, void *buffer, size_t length,
               uint64_t offset)
{
  const struct segments *segments = (const struct segments *) device;
  unsigned char *bytes = buffer;
  errint_t err = 0;

  while (length > 0 && err == 0) {
    const struct piece piece = piece_at (segments, offset);
    const size_t step = piece.length < length
      ? (size_t) piece.length : length;

    err = device_read (piece.lower, bytes, step, piece.offset);
    bytes += step;
    offset += step;
    length -= step;
  }
  return err;
}

static errint_t
splice_segments (struct device *device, int pipe, size_t length,
                 uint64_t offset)
{
  const struct segments *segments = (const struct segments *) device;
  const struct piece piece = piece_at (segments, offset);

  return piece.length < length ? -ENOTSUP
    : device_splice (piece.lower, pipe, length, piece.offset);
}

static void
place_in_segments (const struct device *device, uint64_t offset,
                   struct device_place *place)
{
  const struct segments *segments = (const struct segments *) device;
  const struct piece piece = piece_at (segments, offset);

  piece.lower->operations->place (piece.lower, piece.offset, place);
  if (place->length > piece.length)
    place->length = piece.length;
}

static void
close_segments (struct device *device)
{
  struct segments *segments = (struct segments *) device;

  free (segments->list);
  free (segments->areas);
  free (segments);
}

static const struct device_operations operations = {
  .read = read_segments,
  .splice = splice_segments,
  .place = place_in_segments,
  .close = close_segments,
};

static errint_t
check (const struct segment *segment, uint64_t *pieces)
{
  const uint64_t each = segment->count == 0
    ? 0 : segment->length / segment->count;

  if (each == 0 || segment->length % segment->count != 0)
    return -EINVAL;
  if (segment->count > 1
      && (segment->stripe == 0 || each % segment->stripe != 0))
    return -EINVAL;
  for (size_t i = 0; i < segment->count; ++i) {
    const struct segment_area *area = &segment->areas[i];

    if (area->offset > area->lower->size
        || each > area->lower->size - area->offset)
      return -EINVAL;
  }
  *pieces += segment->count == 1 ? 1 : segment->length / segment->stripe;
  return *pieces > SEGMENTS_PIECES_MAX ? -E2BIG : 0;
}

/* Does SEGMENT go on where the last one ends? */
static bool
continues (const struct segments *segments, const struct segment *segment)
{
  const struct placed *last;
  const struct segment_area *area;

  if (segments->count == 0 || segment->count != 1)
    return false;
  last = &segments->list[segments->count - 1];
  area = &segments->areas[last->first];
  return last->count == 1 && area->lower == segment->areas->lower
    && area->offset + last->length == segment->areas->offset;
}

static void
append (struct segments *segments, const struct segment *segment,
        size_t *areas)
{
  if (continues (segments, segment))
    segments->list[segments->count - 1].length += segment->length;
  else {
    segments->list[segments->count++] = (struct placed) {
      .start = segments->device.size, .length = segment->length,
      .stripe = segment->stripe, .first = *areas, .count = segment->count,
    };
    for (size_t i = 0; i < segment->count; ++i)
      segments->areas[(*areas)++] = segment->areas[i];
  }
  segments->device.size += segment->length;
}

errint_t
segments_open (const struct segment *list, size_t count,
               struct device **device)
{
  struct segments *segments;
  uint64_t size = 0, pieces = 0;
  size_t areas = 0;

  for (size_t i = 0; i < count; ++i) {
    const errint_t err = check (&list[i], &pieces);

    if (err != 0)
      return err;
    if (__builtin_add_overflow (size, list[i].length, &size))
      return -EINVAL;
    areas += list[i].count;
  }
  if (count == 0)
    return -EINVAL;
  segments = calloc (1, sizeof *segments);
  if (segments == NULL)
    return -ENOMEM;
  segments->list = calloc (count, sizeof *segments->list);
  segments->areas = calloc (areas, sizeof *segments->areas);
  if (segments->list == NULL || segments->areas == NULL) {
    close_segments (&segments->device);
    return -ENOMEM;
  }
  device_stand_on (&segments->device, list[0].areas[0].lower, &operations, 0);
  areas = 0;
  for (size_t i = 0; i < count; ++i)
    append (segments, &list[i], &areas);
  *device = &segments->device;
  return 0;
}
