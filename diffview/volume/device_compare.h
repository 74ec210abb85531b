/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Holding the bytes of two devices against each other, where they lie at the
 * same offset.
 */
#ifndef DELTAFS_VOLUME_DEVICE_COMPARE_H
#define DELTAFS_VOLUME_DEVICE_COMPARE_H

#include <stdint.h>

#include "device.h"
#include "errint.h"
#include "extents.h"

/* The largest unit. */
#define DEVICE_COMPARE_UNIT_MAX 65536

enum device_verdict { DEVICE_EQUAL, DEVICE_DIFFERENT, DEVICE_UNREADABLE };

typedef void device_compared (void *opaque, uint64_t offset, uint64_t length,
                            enum device_verdict verdict);

/* Compares what of RANGES (bytes of the devices) lies from FROM to TO, which is
 * on the overlay's, and calls VISIT for each piece in order.  A piece is
 * what of a unit lies in one of the ranges; units are UNIT bytes long, at most
 * DEVICE_COMPARE_UNIT_MAX, and counted from ORIGIN, at most FROM.  The base has
 * zeros beyond its end.  -ENOMEM, the only failure. */
errint_t device_compare (struct device *const device[SIDES],
                         const struct extents *ranges,
                         uint64_t from, uint64_t to,
                         uint64_t origin, uint32_t unit,
                         device_compared *visit, void *opaque);

#endif
