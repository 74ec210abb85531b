/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The engine that stands for none: see unreadable.h.
 */
#include <config.h>

#include "unreadable.h"

static errint_t
no_compute (struct engine *engine, const struct compare_rules *rules,
            struct delta *delta, unsigned filesystem)
{
  (void) engine;
  (void) rules;
  (void) delta;
  (void) filesystem;
  return -EIO;
}

static errint_t
no_pread (struct engine *engine, enum side side,
          const struct delta_entry *entry, void *buffer, size_t length,
          uint64_t offset, size_t *got)
{
  (void) engine;
  (void) side;
  (void) entry;
  (void) buffer;
  (void) length;
  (void) offset;
  (void) got;
  return -EIO;
}

static errint_t
no_stat (struct engine *engine, enum side side, const char *path,
         struct entry *entry)
{
  (void) engine;
  (void) side;
  (void) path;
  (void) entry;
  return -EIO;
}

static errint_t
no_read_path (struct engine *engine, enum side side, const char *path,
              size_t limit, char **content, size_t *length)
{
  (void) engine;
  (void) side;
  (void) path;
  (void) limit;
  (void) content;
  (void) length;
  return -EIO;
}

static void
no_close (struct engine *engine)
{
  (void) engine;
}

struct engine *
unreadable_engine (void)
{
  static const struct engine_operations operations = {
    .name = "none",
    .compute = no_compute,
    .pread = no_pread,
    .stat = no_stat,
    .read_path = no_read_path,
    .close = no_close,
  };
  static struct engine engine = { .operations = &operations };

  return &engine;
}
