/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * deltafs diff: the delta set as a list.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "leftovers.h"
#include "print.h"
#include "private_directory.h"
#include "progress_bar.h"
#include "supervise.h"
#include "work.h"

#define STDOUT_BUFFER (256 * 1024)

struct diff_job {
  const struct options *options;
  struct messages *messages;
  const char *private_directory;
  bool show_progress;
  struct timespec started;
};

static double
seconds_since (const struct timespec *start)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (double) (now.tv_sec - start->tv_sec)
    + (double) (now.tv_nsec - start->tv_nsec) / 1e9;
}

static bool
wants_color (void)
{
  const char *no_color = getenv ("NO_COLOR");
  const char *terminal = getenv ("TERM");

  return (no_color == NULL || no_color[0] == '\0')
    && terminal != NULL && strcmp (terminal, "dumb") != 0;
}

/* What stdout does not say. */
static void
tell_counts (const struct delta_totals *totals, const struct log *log)
{
  if (totals->unreadable > 0)
    log_report (log, LOG_LEVEL_WARNING, "unreadable entries", NULL,
                "%" PRIu64, totals->unreadable);
  if (totals->filtered > 0)
    log_report (log, LOG_LEVEL_WARNING, "entries left out by filters", NULL,
                "%" PRIu64, totals->filtered);
}

static errint_t
print_all (const struct diff_job *job, const struct delta *delta,
           const struct print_summary *summary)
{
  const struct options *options = job->options;
  struct print_style style = {
    .zero = options->zero,
    .aligned = isatty (STDOUT_FILENO) && !options->zero,
  };
  errint_t error = 0;

  style.colored = style.aligned && wants_color ();
  if (!options->summary)
    error = options->json ? print_json (delta, stdout)
      : print_text (delta, &style, stdout);
  if (error == 0 && options->json)
    print_json_summary (summary, stdout);
  else if (error == 0 && (style.aligned || options->summary))
    print_text_summary (summary, stdout);
  if (error == 0 && fflush (stdout) != 0)
    error = -errno;
  if (error == 0 && !options->json && !style.aligned && !options->summary)
    tell_counts (&summary->totals, &job->messages->log);
  return error;
}

static int
exit_code (const struct options *options, const struct delta_totals *totals)
{
  if (totals->unreadable > 0)
    return EXIT_UNREADABLE;
  if (options->exit_code
      && (totals->added > 0 || totals->modified > 0 || totals->deleted > 0))
    return EXIT_DIFFERENT;
  return EXIT_DONE;
}

static int
print_delta (const struct diff_job *job, const struct worker *worker,
             const struct inspection *inspection)
{
  const struct delta *delta = inspection_delta (inspection);
  struct print_summary summary = {
    .engine = inspection_engine (inspection),
    .seconds = seconds_since (&job->started),
  };
  errint_t error;

  delta_count (delta, &summary.totals);
  error = print_all (job, delta, &summary);
  if (error == -EPIPE && worker->quiet_broken_pipe)
    return WORKER_BROKEN_PIPE;
  if (error < 0) {
    log_error (&job->messages->log, error, "cannot write",
               "standard output");
    return EXIT_FAILED;
  }
  return exit_code (job->options, &summary.totals);
}

static int
run (void *opaque, struct worker *worker)
{
  struct diff_job *job = opaque;
  struct work work;
  int code = EXIT_FAILED;

  setvbuf (stdout, NULL, _IOFBF, STDOUT_BUFFER);
  if (work_open (&work, job->options, job->private_directory,
                 job->show_progress, job->messages) == 0)
    code = print_delta (job, worker, work.inspection);
  work_close (&work);
  return code;
}

int
command_diff (const struct options *options, struct messages *messages)
{
  CLEANUP (private_directory_remove)
    struct private_directory *directory = NULL;
  struct diff_job diff = {
    .options = options,
    .messages = messages,
    .show_progress = progress_bar_is_wanted (options),
  };
  struct job job = {
    .messages = messages,
    .what = "cannot list the delta",
    .object = options->operands[0],
    .opaque = &diff,
    .run = run,
  };
  int code, signal;

  clock_gettime (CLOCK_MONOTONIC, &diff.started);
  if (work_check (options, &messages->log) < 0)
    return EXIT_FAILED;
  leftovers_clear (&messages->log);
  if (private_directory_make (NULL, &messages->log, &directory) < 0)
    return EXIT_FAILED;
  diff.private_directory = directory->path;
  code = supervise (&job, &signal);
  private_directory_remove (steal_pointer (&directory));
  if (signal != 0)
    end_by_signal (signal);
  return code;
}
