/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Passing everything on, see guard.h.
 */
#include <config.h>

#include <stdlib.h>

#include "guard.h"

struct guard {
  struct engine engine;
  struct engine_operations operations;  /* with the name of inner */
  struct engine *inner;         /* owned */
  struct image_pair *pair;
};

static struct guard *
of_engine (struct engine *engine)
{
  return (struct guard *) engine;
}

static errint_t
guard_compute (struct engine *engine, const struct compare_rules *rules,
               struct delta *delta, unsigned filesystem)
{
  struct guard *guard = of_engine (engine);
  errint_t error = guard->inner->operations->compute (guard->inner, rules,
                                                      delta, filesystem);

  if (error == 0)
    error = pair_check (guard->pair);
  /* Where a remote image could not be read, something may be missing. */
  return error == 0 && pair_remote_failed (guard->pair) ? -EREMOTEIO : error;
}

static errint_t
guard_pread (struct engine *engine, enum side side,
             const struct delta_entry *entry, void *buffer, size_t length,
             uint64_t offset, size_t *got)
{
  struct guard *guard = of_engine (engine);
  /* Before, so that this is the only message; after, as it counts then. */
  errint_t error = pair_check (guard->pair);

  if (error == 0)
    error = guard->inner->operations->pread (guard->inner, side, entry,
                                             buffer, length, offset, got);
  /* That is between us and the images. */
  if (error == -EREMOTEIO)
    error = -EIO;
  return error == 0 ? pair_check (guard->pair) : error;
}

static errint_t
guard_splice (struct engine *engine, enum side side,
              const struct delta_entry *entry, int pipe, size_t length,
              uint64_t offset)
{
  struct guard *guard = of_engine (engine);
  errint_t error = pair_check (guard->pair);

  if (error == 0)
    error = guard->inner->operations->splice (guard->inner, side, entry, pipe,
                                              length, offset);
  return error == 0 ? pair_check (guard->pair) : error;
}

static errint_t
guard_next_data (struct engine *engine, enum side side,
                 const struct delta_entry *entry, uint64_t offset,
                 uint64_t *start, uint64_t *length)
{
  struct guard *guard = of_engine (engine);
  errint_t error =
    guard->inner->operations->next_data (guard->inner, side, entry, offset,
                                         start, length);

  if (error == -EREMOTEIO)
    error = -EIO;
  return error == 0 ? pair_check (guard->pair) : error;
}

static errint_t
guard_stat (struct engine *engine, enum side side, const char *path,
            struct entry *entry)
{
  struct guard *guard = of_engine (engine);

  return guard->inner->operations->stat (guard->inner, side, path, entry);
}

static errint_t
guard_read_path (struct engine *engine, enum side side, const char *path,
                 size_t limit, char **content, size_t *length)
{
  struct guard *guard = of_engine (engine);

  return guard->inner->operations->read_path (guard->inner, side, path, limit,
                                              content, length);
}

static void
guard_close (struct engine *engine)
{
  struct guard *guard = of_engine (engine);

  engine_close (guard->inner);
  free (guard);
}

struct engine *
guard_new (struct engine *inner, struct image_pair *pair)
{
  struct guard *guard = calloc (1, sizeof *guard);

  if (guard == NULL) {
    engine_close (inner);
    return NULL;
  }
  guard->operations = (struct engine_operations) {
    .name = inner->operations->name,
    .compute = guard_compute,
    .pread = guard_pread,
    .splice = inner->operations->splice == NULL ? NULL : guard_splice,
    .next_data = inner->operations->next_data == NULL
      ? NULL : guard_next_data,
    .stat = guard_stat,
    .read_path = guard_read_path,
    .close = guard_close,
  };
  guard->engine.operations = &guard->operations;
  guard->inner = inner;
  guard->pair = pair;
  return &guard->engine;
}
