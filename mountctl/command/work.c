/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From the options to the delta set or the survey.
 */
#include <config.h>

#include <stdlib.h>
#include <unistd.h>

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

/* In the broker, where the storage daemon is still open to commands. */
static errint_t
add_scratch (void *opaque)
{
  errint_t err = pair_add_scratch (opaque);

  pair_seal (opaque);
  return err;
}

static bool
needs_broker (const struct options *options)
{
  return options->command != COMMAND_INFO
    && options->engine != ENGINE_DIRECT;
}

static errint_t
start_broker (struct work *work, const struct options *options,
              const char *private_directory, const struct log *log)
{
  int kept[PAIR_CONTROL_DESCRIPTORS];
  struct broker_options broker = {
    .appliances = {
      .keys = options->keys.list,
      .private_directory = private_directory,
      .log = log,
    },
    .overlay = options->operands[0],
    .prepare = add_scratch,
    .opaque = work->pair,
    .kept = kept,
    .kept_count = PAIR_CONTROL_DESCRIPTORS,
  };

  pair_control_descriptors (work->pair, kept);
  for (int side = 0; side < SIDES; ++side) {
    broker.appliances.socket[side] = pair_scratch_socket (work->pair, side);
    broker.appliances.export[side] = pair_scratch_export (work->pair, side);
  }
  return broker_start (&broker, &work->broker);
}

/* What comes after parses what the guest wrote. */
static errint_t
shut_in (struct work *work, const struct options *options,
         const struct log *log)
{
  const struct extents *written = pair_written (work->pair);
  uint64_t bytes = written != NULL ? extents_total (written)
    : pair_size (work->pair, SIDE_BASE) + pair_size (work->pair, SIDE_OVERLAY);

  pair_seal (work->pair);
  /* No name can be removed from in there, and nobody else is to connect: the
   * broker removes it when it has connected, or ends. */
  if (work->broker == NULL)
    pair_hide_sockets (work->pair);
  /* The directory from which deltafs was started is not kept busy. */
  if (chdir ("/") < 0)
    return log_error (log, -errno, "cannot change the directory", "/");
  return sandbox_enter (options->sandbox, sandbox_memory_budget (bytes), log);
}

/* What the worker cannot do without. */
static errint_t
watch_helpers (struct work *work, const struct worker *worker,
               const struct log *log)
{
  const int process[HELPERS] = {
    [HELPER_STORAGE_DAEMON] = pair_daemon_process (work->pair),
    [HELPER_BROKER] = work->broker != NULL
      ? broker_death_fd (work->broker) : -1,
  };
  errint_t err = worker_watch (worker, process, &work->watch);

  return err == 0 ? 0
    : log_error (log, err, "cannot watch", "the storage daemon");
}

static errint_t
open_inspection (struct work *work, const struct inspection_options *options)
{
  return inspection_open (work->pair, options, &work->inspection);
}

/* When nothing asks for the appliances any more. */
static errint_t
end_unused_broker (struct work *work, const struct worker *worker,
                   const struct log *log)
{
  if (work->broker == NULL || broker_is_used (work->broker))
    return 0;
  worker_unwatch (steal_pointer (&work->watch));
  broker_close (steal_pointer (&work->broker));
  return watch_helpers (work, worker, log);
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
  errint_t err;

  *work = (struct work) { .pair = NULL };
  /* Whatever a library puts aside on the way goes with the directory. */
  setenv ("TMPDIR", private_directory, 1);
  err = open_pair (work, options, worker, private_directory, log);
  if (err == 0 && needs_broker (options))
    err = start_broker (work, options, private_directory, log);
  if (err == 0)
    err = shut_in (work, options, log);
  if (err == 0)
    err = watch_helpers (work, worker, log);
  if (err < 0)
    return err;
  inspection_options (options, log, &inspection);
  inspection.broker = work->broker;
  inspection.rules.retry = open == open_inspection
    && worker->tries + 1 < WORKER_TRIES && pair_is_written (work->pair);
  if (show_progress)
    bar = progress_bar_start (messages, &inspection.progress);
  err = open (work, &inspection);
  if (err == 0)
    err = end_unused_broker (work, worker, log);
  if (err == -EAGAIN)
    log_detail (log, "what was read is torn: opening the images again");
  return err;
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
  if (work->watch != NULL)
    worker_unwatch (steal_pointer (&work->watch));
  if (work->survey != NULL)
    survey_close (steal_pointer (&work->survey));
  if (work->inspection != NULL)
    inspection_close (steal_pointer (&work->inspection));
  if (work->broker != NULL)
    broker_close (steal_pointer (&work->broker));
  if (work->pair != NULL)
    pair_close (steal_pointer (&work->pair));
}
