/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a pair of disks to one delta set: see inspection.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "appliances.h"
#include "assembly.h"
#include "disks.h"
#include "engines.h"
#include "guest.h"
#include "inspection.h"
#include "key_check.h"
#include "layout.h"
#include "memory_budget.h"
#include "mount_points.h"
#include "plan.h"
#include "right_base.h"
#include "selection.h"
#include "stray.h"
#include "subtree_pairs.h"

struct inspection {
  struct image_pair *pair;
  struct inspection_options options;    /* a copy; what it points to is not */
  const struct log *log;
  struct selection *selection;          /* NULL without -m */
  struct disks disks;
  struct engines *engines;
  struct layout *layout;
  struct guest *base_guest;             /* NULL: not known, or no btrfs */
  struct delta *delta;
  bool used_direct, used_guestfs;
  bool base_changed;
  struct memory_budget memory;  /* of the computations */
};

/* How the computations went. */
struct outcome {
  size_t read;                  /* filesystems that could be */
  errint_t error;               /* the first failure */
};

errint_t
inspection_check_options (const struct inspection_options *options)
{
  CLEANUP (selection_free) struct selection *selection = NULL;
  errint_t error = selection_parse (options->mounts, options->log,
                                    &selection);

  for (char *const *key = options->keys;
       key != NULL && *key != NULL && error == 0; ++key)
    error = appliances_check_key (*key, options->log);
  return error;
}

void
inspection_close (struct inspection *inspection)
{
  if (inspection->delta != NULL)
    delta_free (inspection->delta);
  if (inspection->engines != NULL)
    engines_close (inspection->engines);
  if (inspection->layout != NULL)
    layout_free (inspection->layout);
  if (inspection->base_guest != NULL)
    guest_free (inspection->base_guest);
  disks_clear (&inspection->disks);
  if (inspection->selection != NULL)
    selection_free (inspection->selection);
  free (inspection);
}

const struct delta *
inspection_delta (const struct inspection *inspection)
{
  return inspection->delta;
}

const char *
inspection_engine (const struct inspection *inspection)
{
  if (inspection->used_direct && inspection->used_guestfs)
    return "mixed";
  if (inspection->used_direct)
    return "direct";
  return inspection->used_guestfs ? "guestfs" : "none";
}

bool
inspection_base_changed (const struct inspection *inspection)
{
  return inspection->base_changed;
}

static errint_t
no_memory (const struct inspection *inspection)
{
  return log_error (inspection->log, -ENOMEM, "cannot inspect the disks",
                    inspection->options.overlay);
}

static errint_t
nothing_found (const struct inspection *inspection)
{
  const struct volumes *volumes = inspection->disks.volumes[SIDE_OVERLAY];

  log_report (inspection->log, LOG_LEVEL_ERROR, "cannot find a filesystem",
              inspection->options.overlay, "%s",
              volumes->table == NULL
              ? "the disk has neither a partition table nor a filesystem "
                "of a known type"
              : "no partition holds one of a known type");
  return -ENOENT;
}

static errint_t
look_inside (struct inspection *inspection)
{
  const struct filesystems *filesystems = inspection->disks.filesystems;
  const struct filesystem *closed;
  const char *reason;

  if (!plan_needs_look_inside (filesystems, inspection->selection))
    return 0;
  if (inspection->options.engine != ENGINE_DIRECT)
    return engines_look_inside (inspection->engines);
  closed = filesystems_closed_container (filesystems, &reason);
  if (closed == NULL)
    return 0;
  log_report (inspection->log, LOG_LEVEL_ERROR,
              "cannot use the direct engine", closed->device, "%s",
              reason != NULL ? reason : "it does not look inside RAID or LUKS");
  log_hint (inspection->log,
            "--engine auto takes guestfs where direct cannot do it");
  return -ENOTSUP;
}

static struct engine *
open_for_guest (void *opaque, size_t filesystem)
{
  struct inspection *inspection = opaque;
  struct engine *engine = NULL;

  if (engines_open (inspection->engines, filesystem, &engine) != 0)
    return NULL;
  return engine;
}

static struct engine *
open_for_links (void *opaque, size_t filesystem)
{
  struct inspection *inspection = opaque;

  return engines_is_cheap (inspection->engines, filesystem)
    ? open_for_guest (opaque, filesystem) : NULL;
}

/* As the guest would mount it. */
static errint_t
lay_out_guest (struct inspection *inspection, const struct guest *guest)
{
  const struct filesystems *filesystems = inspection->disks.filesystems;
  const struct guest_access access = { .open = open_for_links,
                                       .opaque = inspection };
  errint_t error = layout_of_guest (filesystems, guest, inspection->log,
                                    &inspection->layout);

  return error != 0 ? error
    : mount_points_follow (inspection->layout, filesystems, &access,
                           inspection->log);
}

static errint_t
lay_out (struct inspection *inspection)
{
  const struct filesystems *filesystems = inspection->disks.filesystems;
  const struct guest_access access = { .open = open_for_guest,
                                       .opaque = inspection };
  CLEANUP (guest_free) struct guest *guest = NULL;
  errint_t error = 0;

  if (inspection->selection != NULL) {
    error = layout_of_selection (filesystems, inspection->selection,
                                 inspection->log, &inspection->layout);
    return error == -ENOMEM ? no_memory (inspection) : error;
  }
  if (plan_any_comparison (filesystems))
    error = guest_find (filesystems, &access, inspection->log, &guest);
  if (error == 0 && guest != NULL)
    error = guest_find_base (filesystems, &access, inspection->log, guest,
                             &inspection->base_guest);
  if (error == 0 && guest != NULL)
    error = lay_out_guest (inspection, guest);
  else if (error == 0)
    error = layout_without_guest (filesystems, &inspection->layout);
  return error == -ENOMEM ? no_memory (inspection) : error;
}

static void
note_engine (struct inspection *inspection, const struct engine *engine)
{
  if (strcmp (engine->operations->name, "direct") == 0)
    inspection->used_direct = true;
  else
    inspection->used_guestfs = true;
}

static errint_t
compare (struct inspection *inspection, struct assembly *assembly,
         size_t filesystem)
{
  struct compare_rules rules = inspection->options.rules;
  CLEANUP_FREE_STRINGS char **pairs = NULL;
  struct engine *engine = NULL;
  errint_t error;

  error = engines_open (inspection->engines, filesystem, &engine);
  if (error != 0)
    return error;
  if (subtree_pairs (inspection->disks.filesystems, inspection->layout,
                     inspection->base_guest, filesystem, &pairs) != 0)
    return no_memory (inspection);
  rules.pairs = pairs;
  error = assembly_compute (assembly, filesystem, engine, &rules);
  if (error == -ENOTSUP) {
    error = engines_fall_back (inspection->engines, filesystem, &engine);
    if (error == 0)
      error = assembly_compute (assembly, filesystem, engine, &rules);
  }
  if (error == 0)
    note_engine (inspection, engine);
  return error;
}

/* Why neither the host nor an appliance can read it; NULL: that is not known. */
static const char *
reason_of (const struct filesystem *filesystem)
{
  for (int side = SIDES - 1; side >= 0; --side) {
    const struct filesystem_side *on_side = &filesystem->side[side];
    const char *reason = on_side->volume != NULL
      ? on_side->volume->reason : on_side->reason;

    if (reason != NULL)
      return reason;
  }
  return NULL;
}

/* Why a filesystem was not compared: an error when there is nothing else to
 * show. */
static void
report_task (const struct inspection *inspection, enum task task,
             const struct filesystem *filesystem, enum log_level level)
{
  static const char what[] = "cannot read the filesystem";
  const struct filesystem_side *base = &filesystem->side[SIDE_BASE];
  char *const *keys = inspection->options.keys;

  if (task == TASK_LOCKED && (keys == NULL || *keys == NULL)) {
    log_report (inspection->log, level, what, filesystem->device,
                "it is encrypted and needs --key");
    log_hint (inspection->log, "--key /dev/%s:file:KEYFILE",
              filesystem->device);
  }
  else if (task == TASK_LOCKED)
    log_report (inspection->log, level, what, filesystem->device,
                "it is encrypted and no --key opens it");
  else if (reason_of (filesystem) != NULL)
    log_report (inspection->log, level, what, filesystem->device, "%s",
                reason_of (filesystem));
  else if (base->contents == CONTENTS_FILESYSTEM && base->type != NULL)
    log_report (inspection->log, level, what, filesystem->device,
                "it is %s in the base, and its type in the overlay is not "
                "known",
                base->type);
  else
    log_report (inspection->log, level, what, filesystem->device,
                "%s", "its type is not known");
}

/* Is the filesystem any of the user's business? */
static bool
is_selected (const struct inspection *inspection, size_t filesystem)
{
  return inspection->selection == NULL
    || layout_uses (inspection->layout, filesystem);
}

static enum task
task_of (const struct inspection *inspection, size_t filesystem)
{
  if (!is_selected (inspection, filesystem))
    return TASK_NONE;
  return plan_task (inspection->disks.filesystems,
                    &inspection->disks.filesystems->list[filesystem]);
}

static errint_t
compare_all (struct inspection *inspection, struct assembly *assembly,
             struct outcome *outcome)
{
  for (size_t i = 0; i < inspection->disks.filesystems->count; ++i) {
    const char *place;
    errint_t error;

    if (task_of (inspection, i) != TASK_COMPARE)
      continue;
    error = compare (inspection, assembly, i);
    if (error == 0) {
      ++outcome->read;
      continue;
    }
    if (outcome->error == 0)
      outcome->error = error;
    if (error == -ENOMEM || error == -EAGAIN
        || (error == -ENOTSUP
            && inspection->options.engine == ENGINE_DIRECT))
      return error;
    if (assembly_unreadable (assembly, i, &place) != 0)
      return no_memory (inspection);
    log_detail (inspection->log, "%s: unreadable, at %s",
                inspection->disks.filesystems->list[i].device, place);
  }
  return 0;
}

/* What there is that no engine can be tried on. */
static errint_t
name_unreadable (struct inspection *inspection, struct assembly *assembly,
                 struct outcome *outcome)
{
  enum log_level level = outcome->read > 0 ? LOG_LEVEL_WARNING
                                           : LOG_LEVEL_ERROR;

  for (size_t i = 0; i < inspection->disks.filesystems->count; ++i) {
    enum task task = task_of (inspection, i);
    const char *place;

    if (task != TASK_LOCKED && task != TASK_UNKNOWN)
      continue;
    report_task (inspection, task, &inspection->disks.filesystems->list[i],
                 level);
    if (outcome->error == 0)
      outcome->error = task == TASK_LOCKED ? -EACCES : -EINVAL;
    if (assembly_unreadable (assembly, i, &place) != 0)
      return no_memory (inspection);
  }
  return 0;
}

static errint_t
stat_for_scaffold (void *opaque, size_t filesystem, enum side side,
                   const char *path, struct entry *entry)
{
  struct inspection *inspection = opaque;

  return engines_stat (inspection->engines, filesystem, side, path, entry);
}

static errint_t
assemble (struct inspection *inspection)
{
  const struct assembly_metadata metadata = { .stat = stat_for_scaffold,
                                              .opaque = inspection };
  struct outcome outcome = { 0 };
  CLEANUP (assembly_free) struct assembly *assembly =
    assembly_new (inspection->disks.filesystems, inspection->layout);
  errint_t error;

  if (assembly == NULL)
    return no_memory (inspection);
  if ((error = compare_all (inspection, assembly, &outcome)) != 0
      || (error = name_unreadable (inspection, assembly, &outcome)) != 0)
    return error;
  if (outcome.read == 0 && outcome.error != 0)
    return outcome.error;
  error = assembly_finish (assembly, &metadata, &inspection->options.filter,
                           &inspection->delta);
  return error == -ENOMEM ? no_memory (inspection) : error;
}

static errint_t
finish_empty (struct inspection *inspection)
{
  log_detail (inspection->log,
              "nothing was written to any filesystem: no engine is needed");
  inspection->delta = delta_new ();
  if (inspection->delta == NULL || delta_finish (inspection->delta) != 0)
    return no_memory (inspection);
  return 0;
}

static errint_t
inspect (struct inspection *inspection)
{
  const struct filesystems *filesystems;
  errint_t error;

  if ((error = selection_parse (inspection->options.mounts,
                                inspection->log,
                                &inspection->selection)) != 0
      || (error = disks_probe (inspection->pair, &inspection->options,
                                 &inspection->disks)) != 0)
    return error;
  filesystems = inspection->disks.filesystems;
  if (!plan_any_filesystem (filesystems))
    return nothing_found (inspection);
  if (!plan_anything (filesystems)
      && (inspection->selection == NULL
          || filesystems_have_containers (filesystems))) {
    key_check (inspection->options.keys, filesystems,
               !filesystems_have_containers (filesystems), inspection->log);
    return finish_empty (inspection);
  }

  inspection->engines = engines_new (inspection->pair, &inspection->options,
                                     inspection->disks.filesystems);
  if (inspection->engines == NULL)
    return no_memory (inspection);
  if (plan_anything (filesystems)
      && (error = look_inside (inspection)) != 0)
    return error;
  key_check (inspection->options.keys, filesystems,
             inspection->options.engine != ENGINE_DIRECT
             || !filesystems_have_containers (filesystems), inspection->log);
  if ((error = lay_out (inspection)) != 0)
    return error;
  return assemble (inspection);
}

/* Could something not be read? */
static bool
is_damaged (const struct inspection *inspection, errint_t error)
{
  struct delta_totals totals = { .unreadable = 0 };

  if (inspection->delta != NULL)
    delta_count (inspection->delta, &totals);
  return error != 0 || totals.unreadable > 0;
}

errint_t
inspection_open (struct image_pair *pair,
                 const struct inspection_options *options,
                 struct inspection **result)
{
  CLEANUP (inspection_close) struct inspection *inspection =
    calloc (1, sizeof *inspection);
  errint_t error;

  if (inspection == NULL)
    return log_error (options->log, -ENOMEM, "cannot inspect the disks",
                      options->overlay);
  inspection->pair = pair;
  inspection->options = *options;
  inspection->options.rules.progress = options->progress;
  memory_budget_start (&inspection->memory);
  inspection->options.rules.memory = &inspection->memory;
  inspection->log = options->log;
  error = inspect (inspection);
  /* Where that failed, the wrong base may be why. */
  if (error != -EAGAIN && inspection->disks.filesystems != NULL)
    inspection->base_changed =
      right_base_was_changed (pair, &inspection->disks,
                              is_damaged (inspection, error), options->log);
  if (error == 0)
    error = stray_report (&inspection->disks, options);
  if (error != 0)
    return error;
  /* What is left is reading files, which shows no progress. */
  inspection->options.progress = NULL;
  inspection->options.rules.progress = NULL;
  *result = steal_pointer (&inspection);
  return 0;
}
