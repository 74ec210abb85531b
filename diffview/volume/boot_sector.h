/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Filesystems whose type, label or UUID lies where their boot sector says:
 * FAT, exFAT and NTFS.
 */
#ifndef DELTAFS_VOLUME_BOOT_SECTOR_H
#define DELTAFS_VOLUME_BOOT_SECTOR_H

#include "disk_window.h"
#include "errint.h"

/* Copies what libblkid will look at in a volume that may be one of these.
 * Whatever the boot sector says, that is little and lies in the volume. */
errint_t boot_sector_copy (struct disk_window *window,
                           uint64_t offset, uint64_t length);

#endif
