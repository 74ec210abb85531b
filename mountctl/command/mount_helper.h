/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The helper of mount(8): this program under the name mount.deltafs or
 * mount.fuse.deltafs.  mount(8) says what it hands over (EXTERNAL HELPERS) and
 * which exit codes it wants; here that becomes "deltafs mount".
 */
#ifndef DELTAFS_MOUNT_HELPER_H
#define DELTAFS_MOUNT_HELPER_H

#include <stdbool.h>

#include "message.h"

/* Is PROGRAM (argv[0]) the helper's name? */
bool mount_helper_is (const char *program);

/* Mounts as the command line says; returns mount(8)'s exit code.  argv is
 * permuted. */
int mount_helper (int argc, char **argv, struct messages *messages);

#endif
