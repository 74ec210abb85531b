/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A device that is made of pieces of others, one after another or striped: a
 * logical volume, a RAID0.
 */
#ifndef DELTAFS_SEGMENTS_H
#define DELTAFS_SEGMENTS_H

#include <stddef.h>

#include "device.h"

/* More pieces, counting each stripe, would take too long to walk. */
#define SEGMENTS_PIECES_MAX (UINT64_C (1) << 24)

struct segment_area {
  struct device *lower;         /* borrowed */
  uint64_t offset;              /* bytes of LOWER */
};

struct segment {
  uint64_t length;              /* bytes, never 0 */
  /* The bytes are dealt out to COUNT areas, STRIPE at a time; LENGTH is a
   * multiple of both.  With one area STRIPE does not matter. */
  size_t count;
  uint64_t stripe;              /* bytes, never 0 where COUNT is above 1 */
  struct segment_area *areas;   /* owned by whoever made the segment */
};

/* A device of these segments, at least one, in this order; they are copied.
 * What they stand on is borrowed and must outlive the device.  -EINVAL for an
 * area that is not on its device or for lengths that are no multiples, -E2BIG
 * beyond SEGMENTS_PIECES_MAX, -ENOMEM; not reported. */
errint_t segments_open (const struct segment *list, size_t count,
                        struct device **device);

#endif
