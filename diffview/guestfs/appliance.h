/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One appliance: a handle of libguestfs with one side's disk.
 *
 * Thread model: the handle allows one call at a time.  Whoever makes calls
 * holds the appliance's lock, which also switches libguestfs' own printing of
 * errors off (a setting of the thread) and tells the watchdog:
 *
 *   APPLIANCE_LOCK (appliance);
 *   if (guestfs_mount (appliance->g, …) == -1)
 *     return appliance_error (appliance);
 *
 * The lock is held for one call or a few, not for a whole scan.  No other lock
 * of this room is taken while it is held.
 */
#ifndef DELTAFS_APPLIANCE_H
#define DELTAFS_APPLIANCE_H

#include <guestfs.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "appliances.h"

struct appliance {
  guestfs_h *g;
  enum side side;
  const struct log *log;
  const char *private_directory;
  pthread_mutex_t lock;
  unsigned mount_count;         /* mount points made so far; under lock */

  /* For the watchdog: when it may end the call that runs now, in seconds of
   * CLOCK_MONOTONIC; 0 when none runs. */
  atomic_llong deadline;
  atomic_bool ended;            /* by the watchdog */
  char *pid_file;               /* where QEMU leaves its process id */

  /* What went wrong with the launch; the launching thread's. */
  char reason[512];
};

/* How long a call may take without a sign of life, a launch, and the end of
 * QEMU; seconds. */
enum { CALL_LIMIT = 600, LAUNCH_LIMIT = 300, END_LIMIT = 30 };

/* A handle with all its settings and the drive, not launched.  The reason of
 * a failure is in REASON then.  NULL only without memory. */
struct appliance *appliance_new (enum side side,
                                 const struct appliances_options *options);

/* Boots it, with emulation or with what libguestfs takes by itself.  Once.
 * Failures are not reported: see appliance->reason. */
errint_t appliance_launch (struct appliance *appliance,
                           const struct appliances_options *options,
                           bool emulate);

/* Ends QEMU and waits for it.  No calls after that. */
void appliance_end (struct appliance *appliance);

/* Frees it, after appliance_end if that was not called. */
void appliance_free (struct appliance *appliance);
DEFINE_CLEANUP (struct appliance *, appliance_free)

/* Ends QEMU if the call that runs has passed its deadline.  The watchdog. */
void appliance_check_deadline (struct appliance *appliance);

/* "base" or "overlay", for messages. */
const char *side_name (enum side side);

/* Locks until the end of the scope. */
struct appliance *appliance_lock (struct appliance *appliance);
void appliance_unlock (struct appliance **locked);
#define APPLIANCE_LOCK(which)                                           \
  __attribute__ ((cleanup (appliance_unlock), unused))                  \
  struct appliance *locked_ = appliance_lock (which)

/* A long call gets on: its time starts anew.  Any thread. */
void appliance_alive (struct appliance *appliance);

/* The failure of the last call of this thread as a negative errno; -EIO where
 * libguestfs knows none; -ENOTCONN when the appliance does not run (any more),
 * which says nothing about what was asked for.  The one place that
 * translates. */
errint_t appliance_error (struct appliance *appliance);

/* Its text; the handle's string, valid until the thread's next call. */
const char *appliance_error_text (struct appliance *appliance);

#endif
