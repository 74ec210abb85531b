/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What runs that were killed have left: temporary directories.
 */
#ifndef DELTAFS_LEFTOVERS_H
#define DELTAFS_LEFTOVERS_H

#include <stdbool.h>

#include "errint.h"
#include "log.h"
#include "private_directory.h"

/* Deletes the private directories of this user whose run is dead.  What cannot
 * be deleted stays, without a message. */
void leftovers_clear (const struct log *log);

/* Finds the living run that serves MOUNT_POINT by its private directory, for
 * mounts that do not answer: its identity and the directory's path (to be
 * freed).  -ENOENT when there is none. */
errint_t leftovers_find (const char *mount_point,
                         struct process_identity *supervisor,
                         char **directory);

/* Waits, some seconds at most, until what killed supervisors had started has
 * ended, so that leftovers_clear finds it. */
void leftovers_await (void);

#endif
