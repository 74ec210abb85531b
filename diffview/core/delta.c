/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The delta set: filling it, names for printing.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "delta.h"
#include "vector.h"

/* What struct delta_entry has room for. */
_Static_assert (KIND_IGNORED == 1 << (KIND_BITS - 1), "a kind is lost");
_Static_assert (STATUS_UNREADABLE < 1 << 3, "a status is lost");

#define FILESYSTEMS_MAX ((1U << (32 - 3 - KIND_BITS)) - 1)

static const char *const kind_names[KIND_COUNT] = {
  "content", "mode", "owner", "xattr", "acl", "capability", "selinux",
  "attributes", "target", "device", "type", "time", "silent",
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
  if (delta->filesystem_count == FILESYSTEMS_MAX)
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

errint_t
delta_add (struct delta *delta, const struct delta_entry *entry)
{
  return VECTOR_APPEND (delta->entries, delta->count, delta->capacity, *entry);
}

/* Pieces of an arena are aligned for anything, which wastes some of each. */
#define COPIES_AT_ONCE 1024

errint_t
delta_own_metadata (struct delta *delta, size_t first)
{
  struct entry *copies = NULL;
  unsigned left = 0;

  for (size_t i = first; i < delta->count; ++i)
    for (int side = 0; side < SIDES; ++side) {
      const struct entry **entry = &delta->entries[i].side[side];

      if (*entry == NULL)
        continue;
      if (left == 0) {
        left = COPIES_AT_ONCE;
        copies = arena_allocate (delta->arena, left * sizeof *copies);
        if (copies == NULL)
          return -ENOMEM;
      }
      *copies = **entry;
      *entry = copies++;
      --left;
    }
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
