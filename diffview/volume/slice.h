/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A part of a device that lies in one piece: a partition.
 */
#ifndef DELTAFS_VOLUME_SLICE_H
#define DELTAFS_VOLUME_SLICE_H

#include "device.h"

/* LENGTH bytes of LOWER from OFFSET on, as far as there are so many.  LOWER is
 * borrowed and must outlive it.  -ENOMEM. */
errint_t slice_open (struct device *lower, uint64_t offset, uint64_t length,
                     struct device **device);

#endif
