/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Undoing one mount: umount2(2), or fusermount3 where that is not allowed.
 */
#ifndef DELTAFS_UNMOUNT_H
#define DELTAFS_UNMOUNT_H

#include <stdbool.h>

#include "errint.h"

/* Undoes what is mounted at PATH (absolute), LAZY: detaches it at once.  Not
 * reported: -EBUSY; -EINVAL when nothing is mounted there; -ENOENT when
 * fusermount3 is missing; -EPERM when it refuses; others of umount2. */
errint_t unmount_path (const char *path, bool lazy);

#endif
