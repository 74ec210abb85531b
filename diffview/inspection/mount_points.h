/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Mount points that are symlinks in the guest, or lie behind one: the
 * guest's kernel mounts at what they lead to ("/home" at "/var/home").
 */
#ifndef DELTAFS_MOUNT_POINTS_H
#define DELTAFS_MOUNT_POINTS_H

#include "errint.h"
#include "filesystems.h"
#include "guest.h"
#include "layout.h"
#include "log.h"

/* Follows the symlinks in LAYOUT's mount points, within the overlay's tree:
 * an absolute one starts again at the guest's root, and ".." leads nowhere
 * from there.  What is mounted higher up is mounted first.  Where nothing is
 * known (no such entry, or ACCESS does not open the filesystem) a name is taken
 * as it is.  A filesystem whose mount point cannot be followed (more than 40
 * symlinks, a path that is too long), or is taken then by another one, loses
 * that place; reported.  -ENOMEM. */
errint_t mount_points_follow (struct layout *layout,
                              const struct filesystems *filesystems,
                              const struct guest_access *access,
                              const struct log *log);

#endif
