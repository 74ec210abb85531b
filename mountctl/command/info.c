/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * deltafs info: what is on the disks, and where the changed bytes are.
 */
#include <config.h>

#include <stdlib.h>

#include "command.h"
#include "print_info.h"
#include "report.h"

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
print_all (const struct report *report, const struct work *work)
{
  struct print_info info = {
    .overlay = report->options->operands[0],
    .survey = work->survey,
  };
  struct pair_layer *layers = list_layers (work->pair, &info.layer_count);
  errint_t err = -ENOMEM;

  info.layers = layers;
  if (layers != NULL)
    err = report->options->json ? print_info_json (&info, stdout)
      : print_info_text (&info, stdout);
  free (layers);
  if (err == 0 && (fflush (stdout) != 0 || ferror (stdout)))
    err = errno != 0 ? -errno : -EIO;
  return err;
}

static errint_t
print_survey (const struct report *report, const struct work *work, int *code)
{
  *code = work->survey->incomplete || work->survey->base_changed
    ? EXIT_UNREADABLE : EXIT_DONE;
  return print_all (report, work);
}

int
command_info (const struct options *options, struct messages *messages)
{
  struct report report = {
    .options = options,
    .messages = messages,
    .what = "cannot look at the images",
    .open = work_open_survey,
    .print = print_survey,
  };

  return report_run (&report);
}
