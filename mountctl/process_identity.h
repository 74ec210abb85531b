/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which process is meant: a process id alone is given to another process
 * sooner or later, together with the time of its start it is not.
 */
#ifndef DELTAFS_PROCESS_IDENTITY_H
#define DELTAFS_PROCESS_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "errint.h"

struct process_identity {
  pid_t pid;
  uint64_t start;               /* clock ticks since boot (proc(5), stat,
                                 * field 22) */
};

/* Finds out who a running process is.  -ESRCH when there is none (a zombie
 * counts as none), or another errno of reading /proc. */
errint_t process_identify (pid_t pid, struct process_identity *identity);

/* Is that very process still there, and no zombie? */
bool process_is_alive (const struct process_identity *identity);

/* Waits until the process has ended: true, or false after MILLISECONDS.  It
 * need not be a child. */
bool process_wait (const struct process_identity *identity,
                   int milliseconds);

/* Sends SIGNAL to that very process, if it is still there. */
void process_signal (const struct process_identity *identity, int signal);

#endif
