/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Who keeps a mount busy.
 */
#ifndef DELTAFS_HOLDERS_H
#define DELTAFS_HOLDERS_H

#include "mountinfo.h"

/* The processes that have a file of the mount open or mapped, or stand in a
 * directory of it, as far as this user may know: "bash (1234, working
 * directory), less (1240, open file)", or what is mounted below it.  A new
 * string, "" for nobody; NULL without memory.  Sends no request to the mount. */
char *holders_text (const struct mounts *mounts, const struct mount_row *row);

#endif
