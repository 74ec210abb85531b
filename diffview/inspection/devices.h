/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which filesystem of the disk a guest or a user means by a name.
 */
#ifndef DELTAFS_DEVICES_H
#define DELTAFS_DEVICES_H

#include <stdbool.h>
#include <stddef.h>

#include "filesystems.h"
#include "fstab.h"

/* The filesystem (its index to *INDEX) for a device's name, with or without
 * "/dev/": "sda1", "vda1", "nvme0n1p1", "xvda", "vg/lv", "mapper/vg-lv",
 * "disk/by-id/…-part1".  The guest may have called its disk anything: the
 * first disk of each kind is the disk.  False when there is none. */
bool devices_find (const struct filesystems *filesystems,
                     const char *device, size_t *index);

/* What is in an encrypted container that was opened, if it is one
 * filesystem: its index takes the place of the container's in *INDEX. */
void devices_enter (const struct filesystems *filesystems, size_t *index);

/* devices_find for what a line of fstab names. */
bool devices_find_entry (const struct filesystems *filesystems,
                    const struct fstab_entry *entry, size_t *index);

/* Is it a drive with exchangeable media, whose absence means nothing? */
bool devices_is_removable (const char *device);

#endif
