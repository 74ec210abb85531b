/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One process works, another one watches: the worker reads what a guest
 * wrote, the supervisor reads nothing of it and clears up whatever the worker
 * leaves, however it ends.
 */
#ifndef DELTAFS_SUPERVISE_H
#define DELTAFS_SUPERVISE_H

#include <stdbool.h>
#include <sys/types.h>

#include "errint.h"
#include "message.h"

struct cache_session;

/* What the worker is to know of its surroundings. */
struct worker {
  pid_t supervisor;
  int ready_fd;                 /* for worker_ready */
  unsigned tries;               /* how many workers returned WORKER_AGAIN
                                 * before; at most WORKER_TRIES - 1 */
  struct cache_session *cache;  /* of the job */
  bool quiet_broken_pipe;       /* SIGPIPE was not ignored: where it would have
                                 * ended the command, return
                                 * WORKER_BROKEN_PIPE without a message */
};

/* A job; OPAQUE is handed to each function. */
struct job {
  struct messages *messages;
  const char *what;             /* "cannot mount", for messages */
  const char *object;           /* the overlay, for messages */
  void *opaque;
  struct cache_session *cache;  /* open; handed on to the worker */

  /* In the worker: does the work and returns the exit code. */
  int (*run) (void *opaque, struct worker *worker);

  /* Jobs that serve until they are asked to stop have the functions below;
   * others leave them NULL. */

  /* In the worker, by a signal handler: makes run return soon.  Nothing is to
   * be done as long as it is not ready: then the worker is killed.  */
  void (*stop) (void *opaque);
  /* In the supervisor, when the worker is ready: <0 (reported) ends it. */
  errint_t (*ready) (void *opaque);
  /* In the supervisor, when worker and all that it started are gone: undoes
   * what they may have left. */
  void (*clear) (void *opaque);
  /* The worker's stderr goes through the supervisor, which hands it on to
   * where its own messages go: no process that the worker starts holds the
   * caller's stderr. */
  bool relay;
};

/* The exit code by which a worker says that nobody reads its output any more
 * and that SIGPIPE would have ended it: the caller ends by SIGPIPE. */
#define WORKER_BROKEN_PIPE 141

/* The one by which a worker that is not ready, and not the last one, says that
 * another might do better; what it has to say is not said yet.  A new process,
 * as this one cannot get out of what it shut itself into. */
#define WORKER_AGAIN 142
#define WORKER_TRIES 4

/* Runs the job in a worker, a child that has a process group of its own, and
 * returns its exit code.  A signal that asks to end (INT, TERM, HUP, QUIT) ends
 * everything; *SIGNAL is then its number, and the caller ends by it as well
 * (end_by_signal) after cleaning up; it stays 0 when a job that was ready ended
 * well at the request.  Call it without threads. */
int supervise (const struct job *job, int *signal);

/* Tells the supervisor that the job is ready; any thread of the worker. */
void worker_ready (const struct worker *worker);

/* Did the supervisor die, so that the worker has to clean up itself? */
bool worker_is_orphan (const struct worker *worker);

/* Ends this process by the signal, as if it had not been caught. */
void end_by_signal (int signal) __attribute__ ((noreturn));

/* Blocks the signals that ask to end (those that are not ignored) and
 * SIGCHLD, and returns a signalfd that receives them, or a negative errno. */
int catch_ending_signals (void);

#endif
