/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a worker is to do, and what its supervisor does for it.
 */
#ifndef DELTAFS_JOB_H
#define DELTAFS_JOB_H

#include <stdbool.h>

#include "errint.h"
#include "message.h"

struct worker;

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

#endif
