/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The place where a delta is to be mounted: checked before anything slow is
 * done, and kept from another deltafs until the mount is there.
 */
#ifndef DELTAFS_MOUNT_POINT_H
#define DELTAFS_MOUNT_POINT_H

#include "cleanup.h"
#include "errint.h"
#include "log.h"

struct mount_point {
  char *path;                   /* absolute, without symlinks */
  int directory;                /* open and locked (flock(2)): exclusively
                                 * until the mount is made, shared from then
                                 * on.  Children inherit it, what they
                                 * execute does not */
  int covered_id;               /* what is mounted there so far, or -1 */
};

/* Checks that PATH is an empty directory and that this user can mount at all,
 * and clears a dead mount of deltafs from it.  Waits, some seconds at most, for
 * a mount that is ending there.  Everything is reported: -ENOENT, -ENOTDIR,
 * -ENOTEMPTY, -EBUSY, … */
errint_t mount_point_open (const char *path, const struct log *log,
                           struct mount_point **mount_point);
void mount_point_close (struct mount_point *mount_point);
DEFINE_CLEANUP (struct mount_point *, mount_point_close)

/* Is it still the directory that was opened, and empty?  Reported: -ESTALE,
 * -ENOTEMPTY. */
errint_t mount_point_verify (const struct mount_point *mount_point,
                             const struct log *log);

/* Of the mount that this process has made there: a record by which umount finds
 * this process (supervisors.h), to be closed when it no longer supervises it.
 * From here on others who want to mount there wait until it has ended.  A
 * negative errno, reported. */
int mount_point_record (const struct mount_point *mount_point,
                        const struct log *log);

/* Undoes a mount of deltafs that is there, and was not at opening. */
void mount_point_clear (const struct mount_point *mount_point,
                        const struct log *log);

#endif
