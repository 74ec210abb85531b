/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From the options to the delta set or the survey.
 */
#include <config.h>

#include <stdlib.h>

#include "progress_bar.h"
#include "sandbox.h"
#include "work.h"

static void
inspection_options (const struct options *options, const struct log *log,
                    struct inspection_options *result)
{
  *result = (struct inspection_options) {
    .overlay = options->operands[0],
    .engine = options->engine,
    .mounts = options->mounts.list,
    .keys = options->keys.list,
    .rules = {
      .verify = options->verify,
      .times = options->times,
      .ignore_xattrs = options->ignore_xattrs.list,
    },
    .filter = {
      .content_only = options->content_only,
      .include = options->includes.list,
      .exclude = options->excludes.list,
    },
    .log = log,
  };
}

errint_t
work_check (const struct options *options, const struct log *log)
{
  struct inspection_options checked;

  inspection_options (options, log, &checked);
  return inspection_check_options (&checked);
}

static errint_t
open_pair (struct work *work, const struct options *options,
           const struct worker *worker, const char *private_directory,
           const struct log *log)
{
  struct pair_options pair = {
    .overlay = options->operands[0],
    .overlay_format = options->format,
    .base = options->base,
    .base_format = options->base_format,
    .allow_remote_backing = options->allow_remote_backing,
    .again = worker->tries > 0,
    .private_directory = private_directory,
  };

  return pair_open (&pair, log, &work->pair);
}

/* What comes after parses what the guest wrote.  Appliances are started by
 * this process, and mounts made: then there is no sandbox yet. */
static errint_t
shut_in (struct work *work, const struct options *options,
         const struct log *log)
{
  const struct extents *written = pair_written (work->pair);
  uint64_t bytes = written != NULL ? extents_total (written)
    : pair_size (work->pair, SIDE_BASE) + pair_size (work->pair, SIDE_OVERLAY);

  if (options->command == COMMAND_MOUNT
      || (options->command != COMMAND_INFO
          && options->engine != ENGINE_DIRECT))
    return 0;
  pair_seal (work->pair);
  /* No name can be removed from in there, and nobody else is to connect. */
  pair_hide_sockets (work->pair);
  return sandbox_enter (options->sandbox, sandbox_memory_budget (bytes), log);
}

static errint_t
open_inspection (struct work *work, const struct inspection_options *options)
{
  return inspection_open (work->pair, options, &work->inspection);
}

static errint_t
open_survey (struct work *work, const struct inspection_options *options)
{
  return survey_open (work->pair, options, &work->survey);
}

/* Opens the pair, then what OPEN makes of it. */
static errint_t
open_both (struct work *work, const struct options *options,
           const struct worker *worker, const char *private_directory,
           bool show_progress, struct messages *messages,
           errint_t (*open) (struct work *work,
                             const struct inspection_options *options))
{
  const struct log *log = &messages->log;
  CLEANUP (progress_bar_stop) struct progress_bar *bar = NULL;
  struct inspection_options inspection;
  errint_t error;

  *work = (struct work) { .pair = NULL };
  /* Whatever a library puts aside on the way goes with the directory. */
  setenv ("TMPDIR", private_directory, 1);
  error = open_pair (work, options, worker, private_directory, log);
  if (error == 0)
    error = shut_in (work, options, log);
  if (error < 0)
    return error;
  inspection_options (options, log, &inspection);
  inspection.private_directory = private_directory;
  inspection.rules.retry = open == open_inspection
    && worker->tries + 1 < WORKER_TRIES && pair_is_written (work->pair);
  if (show_progress)
    bar = progress_bar_start (messages, &inspection.progress);
  error = open (work, &inspection);
  if (error == -EAGAIN)
    log_detail (log, "what was read is torn: opening the images again");
  return error;
}

errint_t
work_open (struct work *work, const struct options *options,
           const struct worker *worker, const char *private_directory,
           bool show_progress, struct messages *messages)
{
  return open_both (work, options, worker, private_directory, show_progress,
                    messages, open_inspection);
}

errint_t
work_open_survey (struct work *work, const struct options *options,
                  const struct worker *worker, const char *private_directory,
                  bool show_progress, struct messages *messages)
{
  return open_both (work, options, worker, private_directory, show_progress,
                    messages, open_survey);
}

void
work_close (struct work *work)
{
  if (work->survey != NULL)
    survey_close (steal_pointer (&work->survey));
  if (work->inspection != NULL)
    inspection_close (steal_pointer (&work->inspection));
  if (work->pair != NULL)
    pair_close (steal_pointer (&work->pair));
}
