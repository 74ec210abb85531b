/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The delta set: making it, putting it together, names for printing.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "delta.h"

static const char *const kind_names[KIND_COUNT] = {
  "content", "mode", "owner", "xattr", "acl", "capability", "selinux",
  "target", "device", "type", "time", "silent",
};

static const char *const status_names[] = {
  [STATUS_SCAFFOLD] = "scaffold",
  [STATUS_ADDED] = "added",
  [STATUS_MODIFIED] = "modified",
  [STATUS_DELETED] = "deleted",
  [STATUS_UNREADABLE] = "unreadable",
};

const char *
delta_kind_name (unsigned index)
{
  return kind_names[index];
}

void
delta_kinds_text (unsigned kinds, char buffer[DELTA_KINDS_SIZE])
{
  char *to = buffer;

  for (unsigned i = 0; i < KIND_COUNT; ++i) {
    if ((kinds & 1U << i) == 0)
      continue;
    if (to != buffer)
      *to++ = ',';
    to = stpcpy (to, kind_names[i]);
  }
  *to = '\0';
}

const char *
delta_status_name (enum status status)
{
  return status_names[status];
}

struct delta *
delta_new (void)
{
  CLEANUP (delta_free) struct delta *delta = calloc (1, sizeof *delta);

  if (delta == NULL)
    return NULL;
  delta->arena = arena_new ();
  if (delta->arena == NULL)
    return NULL;
  return steal_pointer (&delta);
}

void
delta_free (struct delta *delta)
{
  if (delta == NULL)
    return;
  for (size_t i = 0; i < delta->grafted_count; ++i)
    arena_free (delta->grafted[i]);
  free (delta->grafted);
  free (delta->filesystems);
  free (delta->entries);
  arena_free (delta->arena);
  free (delta);
}

errint_t
delta_add_filesystem (struct delta *delta, struct engine *engine,
                      const char *device, const char *mount_point,
                      bool main_tree, unsigned *number)
{
  struct delta_filesystem *list;
  struct delta_filesystem filesystem = {
    .engine = engine,
    .device = arena_copy (delta->arena, device, strlen (device)),
    .mount_point = arena_copy (delta->arena, mount_point,
                               strlen (mount_point)),
    .main_tree = main_tree,
  };

  if (filesystem.device == NULL || filesystem.mount_point == NULL)
    return -ENOMEM;
  if (delta->filesystem_count == UINT16_MAX)
    return -EOVERFLOW;
  list = reallocarray (delta->filesystems, delta->filesystem_count + 1,
                       sizeof *list);
  if (list == NULL)
    return -ENOMEM;
  delta->filesystems = list;
  *number = delta->filesystem_count++;
  list[*number] = filesystem;
  return 0;
}

/* Makes room for COUNT more entries. */
static errint_t
reserve_entries (struct delta *delta, size_t count)
{
  struct delta_entry *entries;
  size_t capacity;

  if (delta->capacity - delta->count >= count)
    return 0;
  if (count > SIZE_MAX / 2 - delta->count)
    return -ENOMEM;
  capacity = delta->capacity < 8 ? 16 : delta->capacity * 2;
  if (capacity < delta->count + count)
    capacity = delta->count + count;
  entries = reallocarray (delta->entries, capacity, sizeof *entries);
  if (entries == NULL)
    return -ENOMEM;
  delta->entries = entries;
  delta->capacity = capacity;
  return 0;
}

errint_t
delta_add (struct delta *delta, const struct delta_entry *entry)
{
  errint_t err = reserve_entries (delta, 1);

  if (err != 0)
    return err;
  delta->entries[delta->count++] = *entry;
  return 0;
}

/* PATH below MOUNT_POINT, in ARENA; NULL without memory. */
static const char *
path_below (struct arena *arena, const char *mount_point, const char *path)
{
  size_t length = strlen (mount_point), path_length = strlen (path);
  char *result;

  if (path_length == 1)
    return arena_copy (arena, mount_point, length);
  result = arena_allocate (arena, length + path_length + 1);
  if (result == NULL)
    return NULL;
  memcpy (result, mount_point, length);
  memcpy (result + length, path, path_length + 1);
  return result;
}

static errint_t
move_paths (struct delta *part, const char *mount_point)
{
  for (size_t i = 0; i < part->count; ++i) {
    struct delta_entry *entry = &part->entries[i];

    entry->path = path_below (part->arena, mount_point, entry->path);
    if (entry->path == NULL)
      return -ENOMEM;
    if (entry->renamed_from == NULL)
      continue;
    entry->renamed_from = path_below (part->arena, mount_point,
                                      entry->renamed_from);
    if (entry->renamed_from == NULL)
      return -ENOMEM;
  }
  return 0;
}

/* Makes room for the arenas of PART and of what was grafted to it. */
static errint_t
reserve_arenas (struct delta *whole, const struct delta *part)
{
  struct arena **grafted =
    reallocarray (whole->grafted,
                  whole->grafted_count + part->grafted_count + 1,
                  sizeof *grafted);

  if (grafted == NULL)
    return -ENOMEM;
  whole->grafted = grafted;
  return 0;
}

errint_t
delta_graft (struct delta *whole, struct delta *part, unsigned filesystem)
{
  const char *mount_point = whole->filesystems[filesystem].mount_point;
  errint_t err = reserve_arenas (whole, part);

  if (err == 0)
    err = reserve_entries (whole, part->count);
  if (err == 0 && strcmp (mount_point, "/") != 0)
    err = move_paths (part, mount_point);
  if (err != 0)
    return err;

  for (size_t i = 0; i < part->count; ++i) {
    part->entries[i].filesystem = (uint16_t) filesystem;
    whole->entries[whole->count++] = part->entries[i];
  }
  whole->filtered += part->filtered;
  for (size_t i = 0; i < part->grafted_count; ++i)
    whole->grafted[whole->grafted_count++] = part->grafted[i];
  part->grafted_count = 0;
  whole->grafted[whole->grafted_count++] = steal_pointer (&part->arena);
  delta_free (part);
  return 0;
}

void
delta_count (const struct delta *delta, struct delta_totals *totals)
{
  *totals = (struct delta_totals) { .filtered = delta->filtered };
  for (size_t i = 0; i < delta->count; ++i)
    switch ((enum status) delta->entries[i].status) {
    case STATUS_ADDED: totals->added++; break;
    case STATUS_MODIFIED: totals->modified++; break;
    case STATUS_DELETED: totals->deleted++; break;
    case STATUS_UNREADABLE: totals->unreadable++; break;
    case STATUS_SCAFFOLD: break;
    }
}
