/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A guest's own /.deleted, /.base and /.filesystems: they are shown by
 * another name, the same one in every part of the tree.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "path.h"
#include "vector.h"
#include "view_private.h"

/* How many names the engine is asked about; beyond, only what the delta set
 * holds counts, so that a guest cannot keep us asking. */
#define MOST_QUESTIONS 100

/* Is PATH or something below it in the main tree of the delta set? */
static bool
in_delta (const struct delta *delta, const char *path)
{
  size_t i = SORTED_PLACE (middle, 0, delta->count,
                           path_compare (delta->entries[middle].path,
                                         path) < 0);

  for (; i < delta->count && path_within (delta->entries[i].path, path); ++i)
    if (delta->filesystems[delta->entries[i].filesystem].main_tree)
      return true;
  return false;
}

/* The engine of the guest's root directory; NULL if there is none. */
static struct engine *
root_engine (const struct delta *delta)
{
  for (unsigned i = 0; i < delta->filesystem_count; ++i)
    if (delta->filesystems[i].main_tree
        && strcmp (delta->filesystems[i].mount_point, "/") == 0)
      return delta->filesystems[i].engine;
  return NULL;
}

static bool
in_guest (struct engine *engine, const char *path)
{
  struct entry entry;

  return engine != NULL
    && (engine->operations->stat (engine, SIDE_BASE, path, &entry) == 0
        || engine->operations->stat (engine, SIDE_OVERLAY, path,
                                     &entry) == 0);
}

/* The first NAME.1, NAME.2, … that is free in both of the guest's trees. */
static const char *
free_name (struct view *view, const char *name)
{
  struct engine *engine = root_engine (view->delta);
  char path[64];

  for (uint32_t i = 1;; ++i) {
    int length = snprintf (path, sizeof path, "/%s.%u", name, i);

    if (!in_delta (view->delta, path)
        && (i > MOST_QUESTIONS || !in_guest (engine, path)))
      return arena_copy (view->arena, path + 1, (size_t) length - 1);
  }
}

errint_t
reserved_names_find (struct view *view, bool base, bool filesystems)
{
  struct reserved_names *names = &view->reserved;

  *names = (struct reserved_names) { .list = {
    { .name = ".deleted" },
    { .name = base ? ".base" : NULL },
    { .name = filesystems ? ".filesystems" : NULL },
  } };
  for (int i = 0; i < SECTIONS; ++i) {
    struct reserved_name *reserved = &names->list[i];
    char path[64];

    if (reserved->name == NULL)
      continue;
    snprintf (path, sizeof path, "/%s", reserved->name);
    if (!in_delta (view->delta, path))
      continue;
    reserved->guests = free_name (view, reserved->name);
    if (reserved->guests == NULL)
      return -ENOMEM;
  }
  return 0;
}

/* What is in the guest's way; NULL: nothing. */
static const struct reserved_name *
find_reserved (const struct reserved_names *names, const char *name)
{
  for (int i = 0; i < SECTIONS; ++i) {
    const struct reserved_name *reserved = &names->list[i];

    if (reserved->name != NULL && reserved->guests != NULL
        && strcmp (reserved->name, name) == 0)
      return reserved;
  }
  return NULL;
}

const char *
reserved_names_shown (const struct reserved_names *names, const char *name)
{
  const struct reserved_name *reserved = find_reserved (names, name);

  return reserved == NULL ? name : reserved->guests;
}

const char *
reserved_names_apply (struct reserved_names *names, const char *name,
                      const struct log *log)
{
  const struct reserved_name *found = find_reserved (names, name);
  struct reserved_name *reserved;

  if (found == NULL)
    return name;
  reserved = &names->list[found - names->list];
  if (!reserved->reported)
    log_report (log, LOG_LEVEL_WARNING, "name in use", NULL,
                "the guest's own /%s is shown as /%s", name,
                reserved->guests);
  reserved->reported = true;
  return reserved->guests;
}
