/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How deltafs umount finds the processes of a mount: the mount itself tells,
 * by an xattr of its root that no list names.
 */
#ifndef DELTAFS_SESSION_H
#define DELTAFS_SESSION_H

#include <sys/types.h>

#include "errint.h"
#include "process_identity.h"

/* "PID START DIRECTORY" of a supervisor, a new string; NULL without memory or
 * when it died. */
char *session_text (pid_t supervisor, const char *private_directory);

/* Asks the mount at PATH, in a process of its own and for a few seconds only,
 * for a mount can hang.  -ETIMEDOUT then, -ENOTCONN for a dead mount, -EACCES
 * when we may not look, -ENODATA, -EINVAL.  *PRIVATE_DIRECTORY is to be
 * freed. */
errint_t session_ask (const char *path, struct process_identity *supervisor,
                      char **private_directory);

#endif
