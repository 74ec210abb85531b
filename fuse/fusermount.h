/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Mounting as an ordinary user: the set-user-ID program fusermount3 does it
 * for us.
 */
#ifndef DELTAFS_FUSERMOUNT_H
#define DELTAFS_FUSERMOUNT_H

#include "errint.h"
#include "log.h"
#include "serve.h"

/* Mounts at PATH, read-only, nosuid, nodev, of the type fuse.deltafs, as
 * OPTIONS say, with SOURCE (any bytes) as the device.  *DEVICE is the /dev/fuse that
 * fusermount3 opened, to be closed.  Failures are reported, in its words. */
errint_t fusermount_mount (const char *path, const char *source,
                           const struct serve_options *options,
                           const struct log *log, int *device);

#endif
