/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A file as large as a disk that holds just those ranges of it that were
 * asked for; zeros elsewhere.  libblkid wants a file, and there is none of a
 * disk behind NBD.
 */
#ifndef DELTAFS_VOLUME_DISK_WINDOW_H
#define DELTAFS_VOLUME_DISK_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "errint.h"
#include "log.h"
#include "device.h"

struct disk_window;

/* An empty window of a device.  DEVICE and LOG are borrowed.  Reported. */
errint_t disk_window_open (struct device *device, const struct log *log,
                           struct disk_window **window);
void disk_window_close (struct disk_window *window);
DEFINE_CLEANUP (struct disk_window *, disk_window_close)

/* The file, the window's. */
int disk_window_file (const struct disk_window *window);

/* Bytes of the disk. */
uint64_t disk_window_size (const struct disk_window *window);

/* Makes the range, as far as it is on the disk, show its bytes; nothing is
 * read from the disk twice.  A failure is reported. */
errint_t disk_window_copy (struct disk_window *window,
                           uint64_t offset, uint64_t length);

/* Copies the range and reads it into BUFFER, with zeros beyond the end of the
 * disk. */
errint_t disk_window_read (struct disk_window *window, void *buffer,
                           size_t length, uint64_t offset);

/* Writes other bytes into the window, not to the disk; within it. */
errint_t disk_window_patch (struct disk_window *window, const void *bytes,
                            size_t length, uint64_t offset);

/* Is all that was copied of the range zero? */
bool disk_window_is_blank (const struct disk_window *window,
                           uint64_t offset, uint64_t length);

#endif
