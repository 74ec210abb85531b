/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the commands that print something and end have in common: a worker
 * under a supervisor, a private directory, and the ways in which writing to
 * stdout can fail.
 */
#ifndef DELTAFS_REPORT_H
#define DELTAFS_REPORT_H

#include <stdbool.h>
#include <time.h>

#include "errint.h"
#include "message.h"
#include "options.h"
#include "work.h"

struct report {
  const struct options *options;
  struct messages *messages;
  const char *what;             /* "cannot …", for a worker that crashes */

  /* work_open, or its like. */
  errint_t (*open) (struct work *work, const struct options *options,
                    const struct worker *worker,
                    const char *private_directory, bool show_progress,
                    struct messages *messages);

  /* Prints what was found to stdout, flushes it, and sets *CODE, the exit
   * code.  A negative errno is why stdout could not be written to: it is
   * reported by the caller. */
  errint_t (*print) (const struct report *report, const struct work *work,
                     int *code);

  /* What report_run fills in. */
  struct timespec started;      /* CLOCK_MONOTONIC */
  const char *private_directory;
  bool show_progress;
};

/* Runs it and returns the exit code; what goes wrong was reported.  Does not
 * return when a signal ended it: then this process ends by the same one. */
int report_run (struct report *report);

/* How many entries have a silent change? */
uint64_t report_count_silent (const struct delta *delta);

/* Tells the counts that are not zero of what stdout does not say: unreadable
 * entries, those that a filter left out, and silent changes. */
void report_tell_counts (const struct delta *delta, const struct log *log);

#endif
