/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What lies in the containers of a disk.
 */
#ifndef DELTAFS_LAYERS_H
#define DELTAFS_LAYERS_H

#include "errint.h"
#include "log.h"
#include "volumes.h"

/* Adds the logical volumes that lie in the containers of VOLUMES, whose devices
 * are open, and what lies in them.  BASE is as volumes_probe has it.  What cannot
 * be opened has a reason.  -EIO, -ENOMEM, reported. */
errint_t layers_open (struct volumes *volumes, const struct volumes *base,
                      const struct log *log);

/* Adds to PLACES where the bytes of DEVICE from OFFSET to END come from, bytes
 * of the disk; END is at most the device's.  -ENOMEM. */
errint_t layers_places (const struct device *device, uint64_t offset,
                        uint64_t end, struct extents *places);

/* Does any of these bytes come from DISK, bytes of the disk?  True without
 * memory. */
bool layers_touch (const struct device *device, uint64_t offset,
                   uint64_t end, const struct extents *disk);

#endif
