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

/* Denies everything that the kernel's version of Landlock can deny.  Needs no
 * new privileges, or CAP_SYS_ADMIN. */
errint_t landlock_enter (void);

/* filter.c */

bool filter_is_there (void);

/* Loads the seccomp filter.  Needs the same. */
errint_t filter_enter (void);

/* limits.c */

/* Gives up all capabilities, the bounding and the ambient set included. */
errint_t limits_drop_capabilities (void);

/* No core dumps, not dumpable. */
errint_t limits_no_core (void);

/* RLIMIT_DATA, soft and hard; a limit that is lower already stays. */
errint_t limits_memory (uint64_t bytes);

#endif
