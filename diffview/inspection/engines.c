/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The choice of the engine for each filesystem: see engines.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "appliances.h"
#include "broker.h"
#include "direct.h"
#include "engines.h"
#include "guard.h"

struct slot {
  struct engine *engine;        /* NULL until opened */
  errint_t error;               /* why it could not be opened */
};

struct engines {
  struct image_pair *pair;
  const struct inspection_options *options;
  struct filesystems *filesystems;
  struct slot *slots;           /* for each filesystem; NULL before the first
                                 * one is opened */
  size_t slot_count;
};

struct engines *
engines_new (struct image_pair *pair,
             const struct inspection_options *options,
             struct filesystems *filesystems)
{
  struct engines *engines = calloc (1, sizeof *engines);

  if (engines != NULL) {
    engines->pair = pair;
    engines->options = options;
    engines->filesystems = filesystems;
  }
  return engines;
}

void
engines_close (struct engines *engines)
{
  for (size_t i = 0; i < engines->slot_count; ++i)
    if (engines->slots[i].engine != NULL)
      engine_close (engines->slots[i].engine);
  free (engines->slots);
  free (engines);
}

/* FILESYSTEM is what needs the appliance: that is told to who waits for it. */
static void
explain_launch (const struct engines *engines,
                const struct filesystem *filesystem)
{
  const char *type = filesystem_identity (filesystem)->type;
  CLEANUP_FREE char *why = NULL;

  if (engines->options->engine == ENGINE_GUESTFS)
    why = strdup ("--engine guestfs");
  else if (type == NULL || direct_knows_type (type))
    why = strdup (filesystem->device);
  else if (asprintf (&why, "%s is %s", filesystem->device, type) < 0)
    why = NULL;
  if (why != NULL)
    progress_explain (engines->options->progress, why);
}

static errint_t
launch (const struct engines *engines, const struct filesystem *filesystem)
{
  if (filesystem != NULL)
    explain_launch (engines, filesystem);
  return broker_launch (engines->options->broker,
                        engines->filesystems->sector_size,
                        engines->options->progress);
}

/* A container, or a btrfs for its subvolumes; NULL without one. */
static const struct filesystem *
first_to_look_inside (const struct engines *engines)
{
  for (size_t i = 0; i < engines->filesystems->count; ++i) {
    const struct filesystem *filesystem = &engines->filesystems->list[i];

    if (filesystem_is_btrfs (filesystem)
        || filesystem->side[SIDE_BASE].contents == CONTENTS_CONTAINER
        || filesystem->side[SIDE_OVERLAY].contents == CONTENTS_CONTAINER)
      return filesystem;
  }
  return NULL;
}

errint_t
engines_look_inside (struct engines *engines)
{
  CLEANUP (appliance_filesystems_free)
    struct appliance_filesystems *base = NULL;
  CLEANUP (appliance_filesystems_free)
    struct appliance_filesystems *overlay = NULL;
  const struct appliance_filesystems *seen[SIDES];
  errint_t error;

  if ((error = launch (engines, first_to_look_inside (engines))) != 0
      || (error = broker_filesystems (engines->options->broker, SIDE_BASE,
                                      &base)) != 0
      || (error = broker_filesystems (engines->options->broker, SIDE_OVERLAY,
                                      &overlay)) != 0)
    return error;
  seen[SIDE_BASE] = base;
  seen[SIDE_OVERLAY] = overlay;
  return filesystems_add_seen (engines->filesystems, seen,
                               engines->options->log);
}

/* Is this side's filesystem to be opened?  What was not written is the same
 * on both. */
static bool
has_side (const struct filesystem *filesystem, enum side side)
{
  return filesystem->side[side].contents == CONTENTS_FILESYSTEM
    && (filesystem->written || side == SIDE_OVERLAY);
}

/* Why the direct engine is not tried, or NULL when it is. */
static const char *
reason_against_direct (const struct filesystem *filesystem)
{
  for (int side = 0; side < SIDES; ++side) {
    const struct filesystem_side *on_side = &filesystem->side[side];

    if (!has_side (filesystem, (enum side) side))
      continue;
    if (on_side->volume == NULL && on_side->reason != NULL)
      return on_side->reason;
    if (on_side->volume == NULL)
      return "it is not a partition or a whole disk";
    if (on_side->type == NULL || !direct_knows_type (on_side->type))
      return "the direct engine does not read its type";
  }
  return NULL;
}

static errint_t
refuse (const struct engines *engines, const struct filesystem *filesystem,
        const char *reason)
{
  const char *type = filesystem_identity (filesystem)->type;

  log_report (engines->options->log, LOG_LEVEL_ERROR,
              "cannot use the direct engine", filesystem->device,
              "%s (%s)", reason, type != NULL ? type : "unknown");
  log_hint (engines->options->log,
            "--engine auto takes guestfs where direct cannot do it");
  return -ENOTSUP;
}

static errint_t
open_direct (struct engines *engines, const struct filesystem *filesystem,
             const char **reason, struct engine **engine)
{
  const struct volume *volumes[SIDES] = { NULL, NULL };

  for (int side = 0; side < SIDES; ++side)
    if (has_side (filesystem, (enum side) side))
      volumes[side] = filesystem->side[side].volume;
  return direct_engine_open (volumes, filesystem->device, engines->options->log,
                             reason, engine);
}

/* "/dev/sda1"; the top level of a btrfs, where all subvolumes can be seen. */
static char *
mountable_of (const struct filesystem *filesystem, enum side side)
{
  const struct filesystem_side *on_side = &filesystem->side[side];
  const char *type = on_side->type;
  bool btrfs = type != NULL && strcmp (type, "btrfs") == 0;
  char *mountable;

  if (asprintf (&mountable, "%s/dev/%s%s", btrfs ? "btrfsvol:" : "",
                on_side->name != NULL ? on_side->name : filesystem->device,
                btrfs ? "//" : "") < 0)
    return NULL;
  return mountable;
}

static errint_t
open_guestfs (struct engines *engines, const struct filesystem *filesystem,
              struct engine **engine)
{
  CLEANUP_FREE char *base = NULL, *overlay = NULL;
  const char *mountables[SIDES];
  const char *type = filesystem_identity (filesystem)->type;
  errint_t error;

  if ((has_side (filesystem, SIDE_BASE)
       && (base = mountable_of (filesystem, SIDE_BASE)) == NULL)
      || (has_side (filesystem, SIDE_OVERLAY)
          && (overlay = mountable_of (filesystem, SIDE_OVERLAY)) == NULL))
    return log_error (engines->options->log, -ENOMEM,
                      "cannot open the filesystem", filesystem->device);
  if ((error = launch (engines, filesystem)) != 0)
    return error;
  mountables[SIDE_BASE] = base;
  mountables[SIDE_OVERLAY] = overlay;
  return broker_engine_open (engines->options->broker, mountables,
                             type != NULL ? type : "unknown",
                             filesystem->device, engine);
}

static void
tell_choice (const struct engines *engines,
             const struct filesystem *filesystem, const char *engine,
             const char *reason)
{
  const char *type = filesystem_identity (filesystem)->type;

  log_detail (engines->options->log, "%s: %s, %s: engine %s%s%s",
              filesystem->device, type != NULL ? type : "unknown type",
              filesystem->written ? "written to" : "only read for fstab",
              engine, reason != NULL ? ": " : "",
              reason != NULL ? reason : "");
}

/* Opens the direct engine where the user's choice and the filesystem allow it:
 * -ENOTSUP with *REASON where they do not. */
static errint_t
choose_direct (struct engines *engines, const struct filesystem *filesystem,
               const char **reason, struct engine **engine)
{
  errint_t error;

  *reason = engines->options->engine == ENGINE_GUESTFS
    ? "that is what was asked for" : reason_against_direct (filesystem);
  if (*reason != NULL)
    return -ENOTSUP;
  error = open_direct (engines, filesystem, reason, engine);
  if (error == -ENOTSUP && *reason == NULL)
    *reason = "the direct engine cannot read it";
  return error;
}

/* Puts a guard before an engine that was opened. */
static errint_t
keep_watch (struct engines *engines, const struct filesystem *filesystem,
            struct engine **engine)
{
  *engine = guard_new (*engine, engines->pair);
  return *engine != NULL ? 0
    : log_error (engines->options->log, -ENOMEM,
                 "cannot open the filesystem", filesystem->device);
}

static errint_t
open_chosen (struct engines *engines, const struct filesystem *filesystem,
             struct engine **engine)
{
  bool only_direct = engines->options->engine == ENGINE_DIRECT;
  bool retry = engines->options->rules.retry
    && engines->options->engine != ENGINE_GUESTFS
    && reason_against_direct (filesystem) == NULL;
  const char *reason;
  errint_t error = choose_direct (engines, filesystem, &reason, engine);

  if (error == 0)
    tell_choice (engines, filesystem, "direct", NULL);
  if (error != -ENOTSUP)
    return error;
  if (retry)
    return -EAGAIN;
  if (only_direct && filesystem->written)
    return refuse (engines, filesystem, reason);
  if (only_direct) {
    log_detail (engines->options->log, "%s: not written to, not read: %s",
                filesystem->device, reason);
    return -ENOTSUP;
  }
  tell_choice (engines, filesystem, "guestfs", reason);
  return open_guestfs (engines, filesystem, engine);
}

static errint_t
open_guarded (struct engines *engines, const struct filesystem *filesystem,
              struct engine **engine)
{
  errint_t error = open_chosen (engines, filesystem, engine);

  return error == 0 ? keep_watch (engines, filesystem, engine) : error;
}

errint_t
engines_foretell (struct engines *engines, size_t filesystem,
                  const char **name, const char **reason)
{
  const struct filesystem *which = &engines->filesystems->list[filesystem];
  CLEANUP (engine_close) struct engine *engine = NULL;
  errint_t error = choose_direct (engines, which, reason, &engine);

  *name = "none";
  if (error == 0) {
    *name = "direct";
    *reason = "it can be read without a virtual machine";
  }
  else if (error != -ENOTSUP)
    *reason = "it cannot be read";
  else if (engines->options->engine != ENGINE_DIRECT)
    *name = "guestfs";
  return error == -ENOTSUP ? 0 : error;
}

bool
engines_is_cheap (struct engines *engines, size_t filesystem)
{
  const char *name, *reason;

  if (engines->filesystems->list[filesystem].written
      || (engines->slots != NULL
          && engines->slots[filesystem].engine != NULL))
    return true;
  return engines_foretell (engines, filesystem, &name, &reason) == 0
    && strcmp (name, "direct") == 0;
}

static errint_t
make_slots (struct engines *engines)
{
  if (engines->slots != NULL)
    return 0;
  engines->slots = calloc (engines->filesystems->count,
                           sizeof *engines->slots);
  if (engines->slots == NULL)
    return log_error (engines->options->log, -ENOMEM,
                      "cannot open the filesystems", NULL);
  engines->slot_count = engines->filesystems->count;
  return 0;
}

errint_t
engines_open (struct engines *engines, size_t filesystem,
              struct engine **engine)
{
  errint_t error = make_slots (engines);
  struct slot *slot;

  if (error != 0)
    return error;
  slot = &engines->slots[filesystem];
  if (slot->engine == NULL && slot->error == 0)
    slot->error = open_guarded (engines,
                                &engines->filesystems->list[filesystem],
                                &slot->engine);
  *engine = slot->engine;
  return slot->error;
}

errint_t
engines_fall_back (struct engines *engines, size_t filesystem,
                   struct engine **engine)
{
  struct slot *slot = &engines->slots[filesystem];
  const struct filesystem *which = &engines->filesystems->list[filesystem];
  struct engine *other = NULL;
  errint_t error;

  if (strcmp (slot->engine->operations->name, "direct") != 0)
    return -ENOTSUP;
  if (engines->options->engine == ENGINE_DIRECT)
    return refuse (engines, which, "it gave up");
  tell_choice (engines, which, "guestfs", "the direct engine gave up");
  error = open_guestfs (engines, which, &other);
  if (error == 0)
    error = keep_watch (engines, which, &other);
  if (error != 0)
    return error;
  engine_close (slot->engine);
  slot->engine = other;
  *engine = other;
  return 0;
}

errint_t
engines_stat (struct engines *engines, size_t filesystem, enum side side,
              const char *path, struct entry *entry)
{
  struct engine *engine = engines->slots != NULL
    ? engines->slots[filesystem].engine : NULL;

  if (engine == NULL)
    return -ENOENT;
  if (!engines->filesystems->list[filesystem].written)
    side = SIDE_OVERLAY;
  return engine->operations->stat (engine, side, path, entry);
}
