/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The process that reads what a guest wrote, as it is itself; see supervise.h.
 * It has nothing to clean up: whatever it leaves is the supervisor's to undo,
 * and when the supervisor dies, the kernel kills it.
 */
#ifndef DELTAFS_WORKER_H
#define DELTAFS_WORKER_H

#include <stdbool.h>
#include <sys/types.h>

#include "channel.h"
#include "cleanup.h"
#include "errint.h"

struct job;

/* What the worker is to know of its surroundings. */
struct worker {
  int channel;                  /* to the supervisor */
  unsigned tries;               /* how many workers returned WORKER_AGAIN
                                 * before; at most WORKER_TRIES - 1 */
  bool quiet_broken_pipe;       /* SIGPIPE was not ignored: where it would have
                                 * ended the command, return
                                 * WORKER_BROKEN_PIPE without a message */
};

/* The exit code by which a worker says that nobody reads its output any more
 * and that SIGPIPE would have ended it: the caller ends by SIGPIPE. */
#define WORKER_BROKEN_PIPE 141

/* The one by which a worker that is not ready, and not the last one, says that
 * another might do better; what it has to say is not said yet.  A new process,
 * as this one cannot get out of what it shut itself into. */
#define WORKER_AGAIN 142
#define WORKER_TRIES 4

/* Makes this process, just forked, the worker of JOB: CHANNEL is its end, its
 * stderr goes to RELAY_FD unless that is -1. */
void worker_run (const struct job *job, pid_t supervisor, unsigned tries,
                 int channel, int relay_fd)
  __attribute__ ((noreturn));

/* Tells the supervisor that the job is ready; any thread. */
void worker_ready (const struct worker *worker);

/* Has the supervisor open the job's descriptor (see struct job) and returns
 * it, close-on-exec, or a negative errno, reported by the supervisor. */
int worker_descriptor (const struct worker *worker);

/* Watches processes that the worker cannot do without: when one of them is
 * ended by a signal, or the broker ends in any way but well, the supervisor is
 * told, and this process ends: whoever waits for its answers gets an error at
 * once.  PROCESS are pidfds by helper, or -1, which are the caller's and stay
 * open until worker_unwatch.  Starts a thread, after which the worker does not
 * fork.  Not reported: -EAGAIN, … */
struct watch;
errint_t worker_watch (const struct worker *worker,
                       const int process[HELPERS], struct watch **watch);

/* No longer: before they are ended on purpose. */
void worker_unwatch (struct watch *watch);
DEFINE_CLEANUP (struct watch *, worker_unwatch)

#endif
