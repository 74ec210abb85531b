/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The disk of a side of the pair, the device that all others stand on.
 */
#ifndef DELTAFS_VOLUME_PAIR_DEVICE_H
#define DELTAFS_VOLUME_PAIR_DEVICE_H

#include "device.h"
#include "pair.h"

/* PAIR is borrowed and must outlive it.  -ENOMEM. */
errint_t pair_device_open (struct image_pair *pair, enum side side,
                           struct device **device);

#endif
