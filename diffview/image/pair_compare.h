/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Holding the bytes of both disks against each other, where they lie at the
 * same place.
 */
#ifndef DELTAFS_IMAGE_PAIR_COMPARE_H
#define DELTAFS_IMAGE_PAIR_COMPARE_H

#include <stdint.h>

#include "errint.h"
#include "extents.h"
#include "pair.h"

/* The largest unit. */
#define PAIR_COMPARE_UNIT_MAX 65536

enum pair_verdict { PAIR_EQUAL, PAIR_DIFFERENT, PAIR_UNREADABLE };

typedef void pair_compared (void *opaque, uint64_t offset, uint64_t length,
                            enum pair_verdict verdict);

/* Compares what of RANGES (bytes of the disk) lies from FROM to TO, which is
 * on the overlay's disk, and calls VISIT for each piece in order.  A piece is
 * what of a unit lies in one of the ranges; units are UNIT bytes long, at most
 * PAIR_COMPARE_UNIT_MAX, and counted from ORIGIN, at most FROM.  The base has
 * zeros beyond its end.  -ENOMEM, the only failure. */
errint_t pair_compare (struct image_pair *pair, const struct extents *ranges,
                       uint64_t from, uint64_t to,
                       uint64_t origin, uint32_t unit,
                       pair_compared *visit, void *opaque);

#endif
