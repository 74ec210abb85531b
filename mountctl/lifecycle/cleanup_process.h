/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What clears up when the supervisor itself is killed: a small process that
 * waits for just that.
 */
#ifndef DELTAFS_CLEANUP_PROCESS_H
#define DELTAFS_CLEANUP_PROCESS_H

#include "errint.h"
#include "message.h"
#include "mount_point.h"
#include "private_directory.h"

/* Starts it, before the mount is made; by the supervisor, whose only copy of a
 * pipe's end it watches, and whose child it stays: children_end ends it.  When
 * the supervisor dies it says so in the system's log, undoes the mount, lazily,
 * and deletes the directory.  OBJECT is the overlay's name, for messages.
 * It keeps the mount point locked, so that nobody mounts there before it is
 * done, has nothing else open, and takes no signals that ask to end.
 * Failures are reported; the mount can do without it. */
void cleanup_process_start (const struct mount_point *mount_point,
                            struct private_directory *directory,
                            const char *object, struct messages *messages);

#endif
