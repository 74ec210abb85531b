/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel's table of mounts, as far as it tells our mount from another
 * one at the same place.
 */
#ifndef DELTAFS_MOUNT_TABLE_H
#define DELTAFS_MOUNT_TABLE_H

#include "errint.h"

/* The ID of the mount whose root is PATH (proc(5), mnt_id), or -1 when it
 * cannot be known.  Sends no request to the filesystem. */
int mount_table_id (const char *path);

/* Where the deltafs mount with that ID is by now: *PATH is new, to be freed.
 * -ENOENT when there is none; other errors: it cannot be known. */
errint_t mount_table_find (int id, char **path);

#endif
