/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Starting a program, waiting for a child, and ending with the parent.
 */
#ifndef DELTAFS_PROCESS_H
#define DELTAFS_PROCESS_H

#include <sys/types.h>

#include "errint.h"

/* In place of a descriptor that a program is to get: */
#define PROCESS_NULL (-1)       /* /dev/null */
#define PROCESS_SAME (-2)       /* what this process has there */

#define PROCESS_FILES 4

/* Runs ARGUMENTS[0], which is looked for in $PATH, with FILES[i] as its
 * descriptor i; others go where they are close-on-exec.  ENVIRONMENT: NULL for
 * this process's.  The caller waits for *PID.  Not reported: -ENOENT when there
 * is no such program, -ENOMEM, -EAGAIN, … */
errint_t process_start (const char *const *arguments,
                        char *const *environment,
                        const int files[PROCESS_FILES], pid_t *pid);

/* Waits for the end of a child.  *STATUS, which may be NULL, is as waitpid(2)
 * has it, and 0 on an error: -ECHILD. */
errint_t process_wait (pid_t pid, int *status);

/* In a child: the kernel sends it SIGNAL when the thread that forked it ends.
 * Does not return where PARENT has ended already: _exit (CODE).
 * Async-signal-safe; 0 or a negative errno. */
errint_t process_end_with_parent (pid_t parent, int signal, int code);

#endif
