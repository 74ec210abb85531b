/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The parts of the sandbox, each by itself: for sandbox.c alone.  All return 0
 * or a negative errno, not reported; -ENOSYS or -EOPNOTSUPP where the kernel
 * does not have it.  They hold for the calling thread and those that it starts
 * later.
 */
#ifndef DELTAFS_SANDBOX_PARTS_H
#define DELTAFS_SANDBOX_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "errint.h"

/* landlock.c */

bool landlock_is_there (void);

/* Denies everything that the kernel's version of Landlock can deny, but to
 * read and run what is in PLACES (files and directories by name, NULL at the
 * end; NULL for none), and to write to those that are devices.  Needs no new
 * privileges, or CAP_SYS_ADMIN. */
errint_t landlock_enter (const char *const *places);

/* filter.c */

bool filter_is_there (void);

/* Loads the seccomp filter.  Needs the same. */
errint_t filter_enter (void);

/* program_filter.c */

/* Loads the seccomp filter of a program that is started next.  *NOTIFICATIONS
 * is as in sandbox_enter_program.  Needs the same. */
errint_t program_filter_enter (int *notifications);

/* limits.c */

/* Gives up all capabilities, the bounding and the ambient set included. */
errint_t limits_drop_capabilities (void);

/* No core dumps, not dumpable. */
errint_t limits_no_core (void);

/* The same for a program that is started next, which will be dumpable. */
void limits_no_core_of_program (void);

/* RLIMIT_DATA, soft and hard; a limit that is lower already stays. */
errint_t limits_memory (uint64_t bytes);

/* The same of RLIMIT_AS and RLIMIT_CPU. */
errint_t limits_program (uint64_t address_space, uint64_t seconds);

#endif
