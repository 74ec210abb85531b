/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Making and undoing the mount.  Knows nothing of what is served.
 */
#ifndef DELTAFS_MOUNTING_H
#define DELTAFS_MOUNTING_H

#include <stdbool.h>

#include "errint.h"
#include "log.h"

struct serve_options;

/* A mount that was made; all zero: none. */
struct mounting {
  char *path;                   /* owned, absolute; NULL when there is none */
  int id;                       /* of the mount, or -1: not known */
};

/* Can /dev/fuse be opened, and is allow_other allowed?  Reported if not. */
errint_t mounting_check (const char *mount_point,
                         const struct serve_options *options,
                         const struct log *log);

/* Mounts at MOUNT_POINT: with mount(2) where we may, else by fusermount3.
 * *DEVICE is the /dev/fuse that answers for it, to be closed.  Failures are
 * reported. */
errint_t mounting_do (const char *mount_point,
                      const struct serve_options *options,
                      const struct log *log,
                      struct mounting *mounting, int *device);

/* Undoes the mount, lazily where it is busy, and empties *MOUNTING.  The
 * device was closed before, by all who had it.  Touches nothing when the mount
 * is not there any more, even if another one took its place.  0, or a negative
 * errno (reported). */
errint_t mounting_undo (struct mounting *mounting, const struct log *log);

#endif
