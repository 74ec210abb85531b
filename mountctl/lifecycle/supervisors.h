/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How deltafs umount finds the supervisor of a mount: by a record that the
 * supervisor itself holds, and that the kernel shows in /proc/PID/fd.
 *
 * The mounted tree is not asked.  Whoever serves it may have been taken over,
 * or may be somebody else's program.
 */
#ifndef DELTAFS_SUPERVISORS_H
#define DELTAFS_SUPERVISORS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "cleanup.h"
#include "mountinfo.h"

/* More than one only where the device of a mount that is still ending was
 * given to a new one. */
#define SUPERVISORS_LIMIT 8

/* Processes that were found, each by a pidfd, so that they stay those. */
struct supervisors {
  uid_t owner;                  /* of all of them */
  size_t count;
  struct { pid_t pid; int pidfd; } list[SUPERVISORS_LIMIT];
};

/* The record of this process: it supervises the mount ROW.  A descriptor,
 * close-on-exec, or a negative errno.  The record lasts until it is closed; no
 * child may have a copy. */
int supervisors_record (const struct mount_row *row);

/* Finds the processes that hold a record of the mount ROW, and whose user is
 * the one who mounted it: a record of another user says nothing.  None where
 * there is none, or where this user may not see it.  SUPERVISORS is to be
 * cleared, in every case.  Sends no request to the mount. */
void supervisors_find (const struct mount_row *row,
                       struct supervisors *supervisors);
void supervisors_clear (struct supervisors *supervisors);

/* Waits until all have ended: true, or false after MILLISECONDS.  Those that
 * have ended are taken off the list. */
bool supervisors_wait (struct supervisors *supervisors, int milliseconds);

/* Sends SIGNAL to those that are still there, as their own user: nothing is
 * signalled that this user could not signal. */
void supervisors_signal (const struct supervisors *supervisors, int signal);

#endif
