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
#include "worker.h"

/* A job; OPAQUE is handed to each function. */
struct job {
  struct messages *messages;
  const char *what;             /* "cannot mount", for messages */
  const char *what_later;       /* the same once it was ready */
  const char *object;           /* the overlay, for messages */
  void *opaque;

  /* In the worker: does the work and returns the exit code. */
  int (*run) (void *opaque, struct worker *worker);

  /* Jobs that serve until they are asked to stop have the functions below;
   * others leave them NULL. */

  /* In the worker, by a signal handler: makes run return soon.  Nothing is to
   * be done as long as it is not ready: then the worker is killed.  */
  void (*stop) (void *opaque);
  /* In the supervisor, when the worker asks for it, once: opens what only the
   * supervisor may open, and returns it or a negative errno (reported).  It is
   * handed on and closed here at once. */
  int (*descriptor) (void *opaque);
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

/* Runs the job in a worker, a child that has a process group of its own, and
 * returns its exit code.  A signal that asks to end (INT, TERM, HUP, QUIT) ends
 * everything; *SIGNAL is then its number, and the caller ends by it as well
 * (end_by_signal) after cleaning up; it stays 0 when a job that was ready ended
 * well at the request.  Call it without threads. */
int supervise (const struct job *job, int *signal);

/* Ends this process by the signal, as if it had not been caught. */
void end_by_signal (int signal) __attribute__ ((noreturn));

/* Blocks the signals that ask to end (those that are not ignored) and
 * SIGCHLD, and returns a signalfd that receives them, or a negative errno. */
int catch_ending_signals (void);

/* Those signals wait from here on, until supervise looks at them: for whoever
 * makes before it what has to be cleared after it. */
void hold_ending_signals (void);

#endif
