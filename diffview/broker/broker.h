/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The broker: the guestfs engine in a process of its own.  The appliances are
 * started and talked to by a child, which may start programs and open files;
 * the process that asks it needs neither and can be sandboxed.  Whatever a
 * hostile appliance makes of the child, what comes back is checked before it
 * is believed: a child that does not keep to the protocol is ended.
 *
 * What the child says to the user goes through the caller's log, in its place
 * among the caller's own messages.
 *
 * After broker_start nothing here makes sockets, opens files or starts
 * processes: it uses memory, futexes, poll, sendto, recvfrom, close, and to
 * end the child pidfd_send_signal and waitid.
 */
#ifndef DELTAFS_BROKER_H
#define DELTAFS_BROKER_H

#include <stdbool.h>
#include <sys/types.h>

#include "appliances.h"
#include "cleanup.h"
#include "engine.h"
#include "entry.h"
#include "errint.h"
#include "progress.h"

struct broker_options {
  /* For the launch, which brings progress and sector_size. */
  struct appliances_options appliances;
  const char *overlay;          /* its name, for messages */
  /* What the child has to do before the launch, or NULL; failures are reported
   * by it.  All descriptors are closed by then but the standard ones and the
   * KEPT ones. */
  errint_t (*prepare) (void *opaque);
  void *opaque;
  const int *kept;
  size_t kept_count;            /* up to BROKER_KEPT_MAX */
};

#define BROKER_KEPT_MAX 8

struct broker;

/* Forks the child, which does nothing until it is asked: an image that needs
 * no appliance pays for a fork.  It dies with the calling thread, whatever
 * happens, and holds none of the caller's descriptors but the standard and the
 * kept ones.
 * Call it without other threads, before the guest's bytes are read: the
 * child is a copy of what the caller is then.  What OPTIONS points to is
 * borrowed until broker_close.  Failures are reported. */
errint_t broker_start (const struct broker_options *options,
                       struct broker **broker);

/* Ends the appliances and the child, and waits for them.  All engines are
 * closed before.  The NBD sockets' names are gone then, whether they were
 * needed or not. */
void broker_close (struct broker *broker);
DEFINE_CLEANUP (struct broker *, broker_close)

/* A descriptor that polls readable once the child has ended, for whatever
 * reason: an appliance that ends takes the child along (and is reported by
 * it).  The broker's; only to be polled. */
int broker_death_fd (const struct broker *broker);

/* The child, for messages and tests. */
pid_t broker_pid (const struct broker *broker);

/* Were the appliances asked for? */
bool broker_is_used (const struct broker *broker);

/* Launches the appliances, as appliances_launch, with disks of these sectors
 * (512 or 4096 bytes); removes the names of their
 * NBD sockets once they are connected.  The first call alone does something,
 * later ones return what it returned.  PROGRESS (or NULL) is also that of the
 * computations, and must live until the last of them ended.
 *
 * From here on: one thread at a time, but for the engines' own functions. */
errint_t broker_launch (struct broker *broker,
                        const unsigned sector_size[SIDES],
                        const struct progress *progress);

/* What a side's appliance sees, as appliances_filesystems.  After the
 * launch. */
errint_t broker_filesystems (struct broker *broker, enum side side,
                             struct appliance_filesystems **filesystems);

/* Opens the engine for one filesystem, as guestfs_engine_open.  After the
 * launch.  It is an ordinary engine, "guestfs": its delta set is in this
 * process's memory, the trees that were compared are in the child's, until
 * broker_close.  Once the child has ended every call returns -EIO; the first
 * one that finds out reports it, if the child did not. */
errint_t broker_engine_open (struct broker *broker,
                             const char *const mountable[SIDES],
                             const char *type, const char *name,
                             struct engine **engine);

#endif
