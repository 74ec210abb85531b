/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * deltafs diff: the delta set as a list.
 */
#include <config.h>

#include <time.h>
#include <unistd.h>

#include "command.h"
#include "print.h"
#include "report.h"
#include "terminal.h"

static double
seconds_since (const struct timespec *start)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (double) (now.tv_sec - start->tv_sec)
    + (double) (now.tv_nsec - start->tv_nsec) / 1e9;
}

static errint_t
print_all (const struct report *report, const struct delta *delta,
           const struct print_summary *summary)
{
  const struct options *options = report->options;
  struct print_style style = {
    .zero = options->zero,
    .aligned = isatty (STDOUT_FILENO) && !options->zero,
  };
  errint_t err = 0;

  style.colored = style.aligned && terminal_has_colors (STDOUT_FILENO);
  if (!options->summary)
    err = options->json ? print_json (delta, stdout)
      : print_text (delta, &style, stdout);
  if (err == 0 && options->json)
    print_json_summary (summary, stdout);
  else if (err == 0 && (style.aligned || options->summary))
    print_text_summary (summary, stdout);
  if (err == 0 && fflush (stdout) != 0)
    err = -errno;
  if (err == 0 && !options->json && !style.aligned && !options->summary)
    report_tell_counts (delta, &report->messages->log);
  return err;
}

static int
exit_code (const struct options *options, const struct print_summary *summary)
{
  const struct delta_totals *totals = &summary->totals;

  if (totals->unreadable > 0 || summary->base_changed)
    return EXIT_UNREADABLE;
  if (options->exit_code
      && (totals->added > 0 || totals->modified > 0 || totals->deleted > 0))
    return EXIT_DIFFERENT;
  return EXIT_DONE;
}

static errint_t
print_delta (const struct report *report, const struct work *work, int *code)
{
  const struct delta *delta = inspection_delta (work->inspection);
  struct print_summary summary = {
    .silent = report_count_silent (delta),
    .engine = inspection_engine (work->inspection),
    .base_changed = inspection_base_changed (work->inspection),
    .seconds = seconds_since (&report->started),
  };

  delta_count (delta, &summary.totals);
  *code = exit_code (report->options, &summary);
  return print_all (report, delta, &summary);
}

int
command_diff (const struct options *options, struct messages *messages)
{
  struct report report = {
    .options = options,
    .messages = messages,
    .what = "cannot list the delta",
    .open = work_open,
    .print = print_delta,
  };

  return report_run (&report);
}
