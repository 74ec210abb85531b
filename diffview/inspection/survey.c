/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What there is on a pair of disks: see survey.h.
 */
#include <config.h>

#include <stdlib.h>

#include "direct_account.h"
#include "disks.h"
#include "engines.h"
#include "layers.h"
#include "plan.h"
#include "right_base.h"
#include "stray.h"
#include "survey.h"
#include "survey_account.h"

struct whole_survey {
  struct survey survey;         /* first: the two are converted */
  struct disks disks;
};

void
survey_close (const struct survey *survey)
{
  struct whole_survey *whole = (struct whole_survey *) (uintptr_t) survey;

  disks_clear (&whole->disks);
  free (whole->survey.places);
  free (whole);
}

static const char *
use_name (enum volume_use use)
{
  switch (use) {
  case VOLUME_BLANK: return "blank";
  case VOLUME_FILESYSTEM: return "filesystem";
  case VOLUME_CONTAINER: return "container";
  case VOLUME_SWAP: return "swap";
  case VOLUME_BOOT: return "boot";
  case VOLUME_UNKNOWN: break;
  }
  return "unknown";
}

static const char *
journal_name (enum direct_journal journal)
{
  switch (journal) {
  case DIRECT_JOURNAL_NONE: return "none";
  case DIRECT_JOURNAL_CLEAN: return "clean";
  case DIRECT_JOURNAL_NEEDS_RECOVERY: return "needs recovery";
  case DIRECT_JOURNAL_UNKNOWN: break;
  }
  return NULL;
}

static void
describe_side (const struct filesystem_side *side,
               struct survey_side *described)
{
  const struct volume *volume = side->volume;

  if (volume == NULL) {
    described->present = side->present;
    described->use = use_name (VOLUME_UNKNOWN);
    return;
  }
  *described = (struct survey_side) {
    .present = true,
    .offset = volume->offset,
    .length = volume->length,
    .use = use_name (volume->use),
    .type = volume->type,
    .uuid = volume->uuid,
    .label = volume->label,
    .partition_uuid = volume->partition_uuid,
    .partition_label = volume->partition_label,
    .journal = journal_name (direct_journal_state (volume)),
  };
}

/* Why there is nothing to be compared where something was written. */
static const char *
reason_for_none (const struct filesystem *filesystem)
{
  const struct volume *volume = filesystem->side[SIDE_OVERLAY].volume;

  if (volume == NULL)
    return "the overlay does not have it";
  if (filesystem->side[SIDE_OVERLAY].contents == CONTENTS_OPENED)
    return "what is inside has an engine of its own";
  switch (volume->use) {
  case VOLUME_SWAP: return "swap is not compared";
  case VOLUME_BOOT: return "a boot area holds no files";
  case VOLUME_BLANK: return "there is nothing in it";
  case VOLUME_FILESYSTEM: return "it is another device of a btrfs";
  case VOLUME_CONTAINER:
  case VOLUME_UNKNOWN: break;
  }
  return "there is no filesystem in it";
}

/* REASON: why the host cannot look inside, or NULL. */
static void
choose_for_closed (const struct inspection_options *options,
                   const char *reason, struct survey_place *place)
{
  const bool direct = options->engine == ENGINE_DIRECT;

  place->engine = direct ? "none" : "guestfs";
  place->reason = reason != NULL ? reason
    : direct ? "the direct engine does not look inside"
    : "only an appliance sees what is inside";
}

/* A filesystem of the base that is none any more is what diff calls
 * unreadable. */
static void
note_unknown (const struct inspection_options *options,
              const struct filesystem *filesystem, struct survey *survey)
{
  const struct filesystem_side *base = &filesystem->side[SIDE_BASE];

  if (base->contents != CONTENTS_FILESYSTEM)
    return;
  survey->incomplete = true;
  log_report (options->log, LOG_LEVEL_WARNING, "cannot read the filesystem",
              filesystem->device,
              "it is %s in the base, and its type in the overlay is not "
              "known",
              base->type != NULL ? base->type : "a filesystem");
}

/* Was all that was written to the partition written beside its filesystem? */
static const char *
reason_for_unwritten (const struct disks *disks,
                      const struct filesystem *filesystem)
{
  const struct extents *written = disks->disk[SIDE_OVERLAY]->disk_written;
  const struct volume *volume = filesystem->side[SIDE_OVERLAY].volume;

  return written != NULL && volume != NULL
    && layers_touch (volume->device, 0, volume->device->size, written)
    ? "nothing was written to its filesystem" : "nothing was written to it";
}

static errint_t
choose_engine (const struct inspection_options *options,
               struct engines *engines, const struct disks *disks,
               size_t index, struct survey *survey)
{
  const struct filesystem *filesystem = &disks->filesystems->list[index];
  struct survey_place *place = &survey->places[index];
  const struct filesystem_side *overlay = &filesystem->side[SIDE_OVERLAY];
  errint_t error = 0;

  place->engine = "none";
  if (!filesystem->written) {
    place->reason = reason_for_unwritten (disks, filesystem);
    return 0;
  }
  if (plan_opens_up (overlay) && overlay->contents == CONTENTS_CONTAINER) {
    choose_for_closed (options, overlay->volume->reason, place);
    return 0;
  }
  if (overlay->reason != NULL) {
    choose_for_closed (options, overlay->reason, place);
    return 0;
  }
  switch (plan_task (disks->filesystems, filesystem)) {
  case TASK_NONE:
    place->reason = reason_for_none (filesystem);
    break;
  case TASK_LOCKED:
    place->reason = "it is encrypted and needs --key";
    break;
  case TASK_UNKNOWN:
    place->reason = "its type is not known";
    note_unknown (options, filesystem, survey);
    break;
  case TASK_COMPARE:
    error = engines_foretell (engines, index, &place->engine,
                              &place->reason);
    if (error != 0)
      survey->incomplete = true;
    break;
  }
  return error == -ENOMEM ? error : 0;
}

static errint_t
choose_engines (struct image_pair *pair,
                const struct inspection_options *options,
                const struct disks *disks, struct survey *survey)
{
  CLEANUP (engines_close) struct engines *engines =
    engines_new (pair, options, disks->filesystems);
  errint_t error = 0;

  if (engines == NULL)
    return log_error (options->log, -ENOMEM, "cannot survey the disks",
                      options->overlay);
  for (size_t i = 0; i < survey->count && error == 0; ++i)
    error = choose_engine (options, engines, disks, i, survey);
  return error;
}

static errint_t
describe (struct image_pair *pair, const struct inspection_options *options,
          const struct disks *disks, struct survey *survey)
{
  const struct filesystems *filesystems = disks->filesystems;

  for (int side = 0; side < SIDES; ++side) {
    survey->size[side] = pair_size (pair, (enum side) side);
    survey->table[side] = disks->volumes[side]->table;
  }
  survey->has_map = pair_written (pair) != NULL;
  survey->places = calloc (filesystems->count + 1, sizeof *survey->places);
  if (survey->places == NULL)
    return log_error (options->log, -ENOMEM, "cannot survey the disks",
                      options->overlay);
  survey->count = filesystems->count;
  for (size_t i = 0; i < survey->count; ++i) {
    const struct filesystem *filesystem = &filesystems->list[i];
    struct survey_place *place = &survey->places[i];

    place->device = filesystem->device;
    place->partition = filesystem->partition;
    for (int side = 0; side < SIDES; ++side)
      describe_side (&filesystem->side[side], &place->side[side]);
  }
  return 0;
}

errint_t
survey_open (struct image_pair *pair,
             const struct inspection_options *options,
             const struct survey **result)
{
  struct whole_survey *whole = calloc (1, sizeof *whole);
  CLEANUP (survey_close) const struct survey *survey = NULL;
  errint_t error;

  if (whole == NULL)
    return log_error (options->log, -ENOMEM, "cannot survey the disks",
                      options->overlay);
  survey = &whole->survey;
  if ((error = disks_probe (pair, options, &whole->disks)) != 0
      || (error = describe (pair, options, &whole->disks,
                            &whole->survey)) != 0
      || (error = choose_engines (pair, options, &whole->disks,
                                  &whole->survey)) != 0
      || (error = survey_account (pair, options, &whole->disks,
                                  &whole->survey)) != 0
      || (error = stray_report (&whole->disks, options)) != 0)
    return error;
  whole->survey.base_changed =
    right_base_was_changed (pair, &whole->disks, false, options->log);
  *result = steal_pointer (&survey);
  return 0;
}
