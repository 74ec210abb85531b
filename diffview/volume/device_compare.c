/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Comparing devices in large pieces, and in units where a large piece
 * cannot be read.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "device_compare.h"

#define AT_ONCE ((size_t) 1024 * 1024)

struct comparison {
  struct device *const *device;
  uint64_t origin;
  uint32_t unit;
  device_compared *visit;
  void *opaque;
  unsigned char *bytes[SIDES];  /* owned: AT_ONCE each */
};

/* As much of the base as there is, then zeros. */
static errint_t
read_base (const struct comparison *comparison, size_t length,
           uint64_t offset)
{
  const uint64_t size = comparison->device[SIDE_BASE]->size;
  unsigned char *bytes = comparison->bytes[SIDE_BASE];
  size_t there = 0;

  if (offset < size)
    there = length < size - offset ? length : (size_t) (size - offset);
  memset (bytes + there, 0, length - there);
  return there == 0
    ? 0 : device_read (comparison->device[SIDE_BASE], bytes, there, offset);
}

static errint_t
read_both (const struct comparison *comparison, size_t length,
           uint64_t offset)
{
  errint_t error = device_read (comparison->device[SIDE_OVERLAY],
                                comparison->bytes[SIDE_OVERLAY], length,
                                offset);

  return error == 0 ? read_base (comparison, length, offset) : error;
}

/* Where the unit that OFFSET is in ends, or END where that comes first. */
static uint64_t
unit_end (const struct comparison *comparison, uint64_t offset, uint64_t end)
{
  const uint64_t rest =
    comparison->unit - (offset - comparison->origin) % comparison->unit;

  return end - offset < rest ? end : offset + rest;
}

/* The units from OFFSET to END, whose bytes were read unless FAILED. */
static void
visit_units (const struct comparison *comparison, uint64_t offset,
             uint64_t end, bool failed)
{
  const uint64_t start = offset;

  while (offset < end) {
    const uint64_t next = unit_end (comparison, offset, end);
    const size_t length = (size_t) (next - offset);
    size_t at = (size_t) (offset - start);
    enum device_verdict verdict;

    if (failed) {
      at = 0;
      verdict = read_both (comparison, length, offset) != 0
        ? DEVICE_UNREADABLE : DEVICE_EQUAL;
    }
    else
      verdict = DEVICE_EQUAL;
    if (verdict == DEVICE_EQUAL
        && memcmp (comparison->bytes[SIDE_BASE] + at,
                   comparison->bytes[SIDE_OVERLAY] + at, length) != 0)
      verdict = DEVICE_DIFFERENT;
    comparison->visit (comparison->opaque, offset, length, verdict);
    offset = next;
  }
}

/* A range without a gap. */
static void
compare_range (const struct comparison *comparison, uint64_t offset,
               uint64_t end)
{
  while (offset < end) {
    uint64_t next = end;
    bool failed;

    if (end - offset > AT_ONCE) {
      next = offset + AT_ONCE;
      next -= (next - comparison->origin) % comparison->unit;
    }
    failed = read_both (comparison, (size_t) (next - offset), offset) != 0;
    visit_units (comparison, offset, next, failed);
    offset = next;
  }
}

errint_t
device_compare (struct device *const device[SIDES],
                const struct extents *ranges,
                uint64_t from, uint64_t to, uint64_t origin, uint32_t unit,
                device_compared *visit, void *opaque)
{
  CLEANUP_FREE_BYTES unsigned char *base = malloc (AT_ONCE);
  CLEANUP_FREE_BYTES unsigned char *overlay = malloc (AT_ONCE);
  const struct comparison comparison = {
    .device = device, .origin = origin, .unit = unit,
    .visit = visit, .opaque = opaque,
    .bytes = { [SIDE_BASE] = base, [SIDE_OVERLAY] = overlay },
  };

  if (base == NULL || overlay == NULL)
    return -ENOMEM;
  for (size_t i = extents_find (ranges, from);
       i < ranges->count && ranges->list[i].offset < to; ++i) {
    const struct extent *range = &ranges->list[i];
    const uint64_t end = range->offset + range->length;

    compare_range (&comparison, range->offset > from ? range->offset : from,
                   end < to ? end : to);
  }
  return 0;
}
