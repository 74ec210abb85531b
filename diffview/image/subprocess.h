/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Starting a program that must not outlive us and gets nothing but what it
 * is given.
 */
#ifndef DELTAFS_IMAGE_SUBPROCESS_H
#define DELTAFS_IMAGE_SUBPROCESS_H

#include <stddef.h>
#include <sys/types.h>

#include "errint.h"

/* Runs ARGUMENTS[0], looked for in $PATH, in a session of its own (a ctrl-C
 * is not meant for it), with /dev/null as standard input and output,
 * ERRORS as standard error, and the KEPT file descriptors under their own
 * numbers; all others are closed.  It gets no new privileges, no core dump, and
 * of root's capabilities only those that open files.  The kernel kills it when the thread that
 * called this ends.  -ENOENT when there is no such program, -EAGAIN, …; not
 * reported.  The caller waits for *PID. */
errint_t subprocess_start (const char *const *arguments, int errors,
                           const int *kept, size_t kept_count, pid_t *pid);

#endif
