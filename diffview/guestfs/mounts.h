/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Mounting one filesystem in an appliance.
 */
#ifndef DELTAFS_MOUNTS_H
#define DELTAFS_MOUNTS_H

#include "appliance.h"

/* Mounts read-only, after the journal was replayed, for as long as the
 * appliance runs, at a mount point of its own: *MOUNT_POINT ("/m1") is a new
 * string to be freed.  NAME is for messages.  -ENOTSUP for a filesystem that
 * the kernel does not know, -EIO: reported. */
errint_t mounts_mount (struct appliance *appliance, const char *mountable,
                       const char *type, const char *name,
                       char **mount_point);

/* Does a filesystem of that type make inode numbers up when it is mounted? */
bool mounts_invents_inodes (const char *type);

#endif
