/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Bytes that were written since the base and that no comparison looks at: behind
 * the end of a filesystem, in front of it, in no partition, in one that looks
 * blank.  What hides there is in no list, so it is named.
 *
 * You CAN rely on it that a byte of the overlay's disk which differs from the
 * base's and is not zero is in what is compared, in a partition table, in LVM's
 * metadata, in a container that only an appliance can open, in swap or a boot
 * area (which info names), in a partition that is called unreadable, or is named
 * here.
 *
 * You CANNOT conclude from this that free space of a filesystem is clean, nor
 * that of a container, nor that what is there now was there before.
 */
#ifndef DELTAFS_STRAY_H
#define DELTAFS_STRAY_H

#include "disks.h"
#include "errint.h"
#include "inspection.h"

/* Looks at what was written outside of what is compared, at most 256 MiB of it,
 * and gives one warning where there is something.  -ENOMEM, the only failure,
 * reported. */
errint_t stray_report (const struct disks *disks,
                       const struct inspection_options *options);

#endif
