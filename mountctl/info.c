/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * deltafs info: what is on the disks, and where the changed bytes are.
 */
#include <config.h>

#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "leftovers.h"
#include "print_info.h"
#include "private_directory.h"
#include "progress_bar.h"
#include "supervise.h"
#include "work.h"

struct info_job {
  const struct options *options;
  struct messages *messages;
  const char *private_directory;
  bool show_progress;
};

/* All layers of the pair, a new array of *COUNT, or NULL without memory. */
static struct pair_layer *
list_layers (const struct image_pair *pair, size_t *count)
{
  struct pair_layer layer, *layers;
  size_t number = 0;

  while (pair_layer (pair, number, &layer))
    ++number;
  layers = calloc (number + 1, sizeof *layers);
  if (layers == NULL)
    return NULL;
  for (size_t i = 0; i < number; ++i)
    pair_layer (pair, i, &layers[i]);
  *count = number;
  return layers;
}

static errint_t
print_all (const struct info_job *job, const struct work *work)
{
  struct print_info info = {
    .overlay = job->options->operands[0],
    .survey = work->survey,
  };
  struct pair_layer *layers = list_layers (work->pair, &info.layer_count);
  errint_t error = -ENOMEM;

  info.layers = layers;
  if (layers != NULL)
    error = job->options->json ? print_info_json (&info, stdout)
      : print_info_text (&info, stdout);
  free (layers);
  if (error == 0 && (fflush (stdout) != 0 || ferror (stdout)))
    error = errno != 0 ? -errno : -EIO;
  return error;
}

static int
print_survey (const struct info_job *job, const struct worker *worker,
              const struct work *work)
{
  errint_t error = print_all (job, work);

  if (error == -EPIPE && worker->quiet_broken_pipe)
    return WORKER_BROKEN_PIPE;
  if (error < 0) {
    log_error (&job->messages->log, error, "cannot write",
               "standard output");
    return EXIT_FAILED;
  }
  return work->survey->incomplete ? EXIT_UNREADABLE : EXIT_DONE;
}

static int
run (void *opaque, struct worker *worker)
{
  struct info_job *job = opaque;
  struct work work;
  int code = EXIT_FAILED;

  if (work_open_survey (&work, job->options, job->private_directory,
                        job->show_progress, job->messages) == 0)
    code = print_survey (job, worker, &work);
  work_close (&work);
  return code;
}

int
command_info (const struct options *options, struct messages *messages)
{
  CLEANUP (private_directory_remove)
    struct private_directory *directory = NULL;
  struct info_job info = {
    .options = options,
    .messages = messages,
    .show_progress = progress_bar_is_wanted (options),
  };
  struct job job = {
    .messages = messages,
    .what = "cannot look at the images",
    .object = options->operands[0],
    .opaque = &info,
    .run = run,
  };
  int code, signal;

  if (work_check (options, &messages->log) < 0)
    return EXIT_FAILED;
  leftovers_clear (&messages->log);
  if (private_directory_make (NULL, &messages->log, &directory) < 0)
    return EXIT_FAILED;
  info.private_directory = directory->path;
  code = supervise (&job, &signal);
  private_directory_remove (steal_pointer (&directory));
  if (signal != 0)
    end_by_signal (signal);
  return code;
}
