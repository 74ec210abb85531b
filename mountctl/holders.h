/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who keeps a mount busy, or keeps it.
 */
#ifndef DELTAFS_HOLDERS_H
#define DELTAFS_HOLDERS_H

#include "mounts.h"

/* The processes that have a file of the mount open or mapped, or stand in a
 * directory of it, as far as this user may know: "bash (1234, working
 * directory), less (1240, open file)", or what is mounted below it.  A new
 * string, "" for nobody; NULL without memory.  Sends no request to the mount. */
char *holders_text (const struct mounts *mounts, const struct mount_row *row);

/* Of a filesystem that was unmounted here: where else it is mounted, as far as
 * this user may know: "the mount at /srv/scan" (mount --bind), or a process in
 * another namespace of mounts that had it when it was made, such as a
 * container's: "bash (1234, mount namespace)".  MAJOR and MINOR are the
 * device of its files.  A new string, "" for nowhere; NULL without memory.
 * Sends no request to the mount. */
char *holders_elsewhere (unsigned major, unsigned minor);

#endif
