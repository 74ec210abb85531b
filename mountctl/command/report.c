/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Running a report, see report.h.
 */
#include <config.h>

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

#include "command.h"
#include "ending_signals.h"
#include "stale_directories.h"
#include "private_directory.h"
#include "progress_bar.h"
#include "report.h"
#include "supervise.h"

#define STDOUT_BUFFER (256 * 1024)

uint64_t
report_count_silent (const struct delta *delta)
{
  uint64_t silent = 0;

  for (size_t i = 0; i < delta->count; ++i)
    if ((delta->entries[i].kinds & KIND_SILENT) != 0)
      ++silent;
  return silent;
}

void
report_tell_counts (const struct delta *delta, const struct log *log)
{
  uint64_t silent = report_count_silent (delta);
  struct delta_totals totals;

  delta_count (delta, &totals);
  if (totals.unreadable > 0)
    log_report (log, LOG_LEVEL_WARNING, "unreadable entries", NULL,
                "%" PRIu64, totals.unreadable);
  if (totals.filtered > 0)
    log_report (log, LOG_LEVEL_WARNING, "entries left out by filters", NULL,
                "%" PRIu64, totals.filtered);
  if (silent > 0)
    log_report (log, LOG_LEVEL_WARNING, "silent changes", NULL,
                "%" PRIu64 " (the content differs, but size, mtime and ctime "
                "do not)", silent);
}

static int
print (const struct report *report, const struct worker *worker,
       const struct work *work)
{
  int code = EXIT_FAILED;
  errint_t err = report->print (report, work, &code);

  if (err == -EPIPE && worker->quiet_broken_pipe)
    return WORKER_BROKEN_PIPE;
  if (err < 0) {
    log_error (&report->messages->log, err, "cannot write",
               "standard output");
    return EXIT_FAILED;
  }
  return code;
}

static int
run (void *opaque, struct worker *worker)
{
  const struct report *report = opaque;
  struct work work;
  int code = EXIT_FAILED;
  errint_t err;

  /* A file that may not grow any more is an error where it is written to. */
  signal (SIGXFSZ, SIG_IGN);
  setvbuf (stdout, NULL, _IOFBF, STDOUT_BUFFER);
  err = report->open (&work, report->options, worker,
                      report->private_directory, report->show_progress,
                      report->messages);
  if (err == 0)
    code = print (report, worker, &work);
  else if (err == -EAGAIN)
    code = WORKER_AGAIN;
  work_close (&work);
  return code;
}

int
report_run (struct report *report)
{
  CLEANUP (private_directory_remove)
    struct private_directory *directory = NULL;
  const struct log *log = &report->messages->log;
  struct job job = {
    .messages = report->messages,
    .what = report->what,
    .object = report->options->operands[0],
    .opaque = report,
    .run = run,
  };
  int code, signal;

  clock_gettime (CLOCK_MONOTONIC, &report->started);
  report->show_progress = progress_bar_is_wanted (
    report->options->progress, report->options->quiet);
  if (work_check (report->options, log) < 0)
    return EXIT_FAILED;
  stale_directories_clear (log);
  hold_ending_signals ();
  if (private_directory_make (log, &directory) < 0)
    return EXIT_FAILED;
  report->private_directory = directory->path;
  code = supervise (&job, &signal);
  private_directory_remove (steal_pointer (&directory));
  if (signal != 0)
    end_by_signal (signal);
  return code;
}
