/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The directories that lead to each filesystem: see assembly_private.h.
 *
 * The guest's tree and what is under /.filesystems are two spaces of paths:
 * a guest may have a /.filesystems of its own, which is not ours.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "assembly_private.h"
#include "path.h"

enum space { SPACE_MAIN, SPACE_OTHERS, SPACES };

/* A directory that something needs. */
struct wanted {
  UT_hash_handle hh;
  size_t mount;                 /* for which of the layout */
  bool present;                 /* the delta set has it */
  char path[];
};

struct wants {
  struct wanted *table[SPACES];
};

static void
clear_wants (struct wants *wants)
{
  for (int space = 0; space < SPACES; ++space) {
    struct wanted *wanted, *next;

    HASH_ITER (hh, wants->table[space], wanted, next) {
      HASH_DEL (wants->table[space], wanted);
      free (wanted);
    }
  }
}

struct entry *
scaffold_made_up (struct arena *arena)
{
  struct entry *entry = arena_allocate (arena, sizeof *entry);

  if (entry != NULL) {
    entry->type = ENTRY_DIRECTORY;
    entry->permissions = 0755;
    entry->links = 2;
  }
  return entry;
}

/* *KNOWN: the path was wanted before, and so was what is above it. */
static errint_t
want (struct wants *wants, enum space space, const char *path, size_t length,
      size_t mount, bool *known)
{
  struct wanted *wanted;

  HASH_FIND (hh, wants->table[space], path, length, wanted);
  *known = wanted != NULL;
  if (*known)
    return 0;
  wanted = calloc (1, sizeof *wanted + length + 1);
  if (wanted == NULL)
    return -ENOMEM;
  memcpy (wanted->path, path, length);
  wanted->mount = mount;
  HASH_ADD_KEYPTR (hh, wants->table[space], wanted->path, length, wanted);
  if (wanted->hh.tbl == NULL) {
    free (wanted);
    return -ENOMEM;
  }
  return 0;
}

/* Wants all directories above PATH, and with SELF PATH itself. */
static errint_t
want_chain (struct wants *wants, enum space space, const char *path,
            bool self, size_t mount)
{
  size_t length = strlen (path);
  bool known = false;
  errint_t error;

  if (self && length > 1
      && (error = want (wants, space, path, length, mount, &known)) != 0)
    return error;
  while (length > 1 && !known) {
    while (path[length - 1] != '/')
      --length;
    if (length == 1)
      break;
    --length;
    if ((error = want (wants, space, path, length, mount, &known)) != 0)
      return error;
  }
  return known ? 0 : want (wants, SPACE_MAIN, "/", 1, mount, &known);
}

static enum space
space_of (const struct assembly *assembly, const struct delta_entry *entry)
{
  return assembly->delta->filesystems[entry->filesystem].main_tree
    ? SPACE_MAIN : SPACE_OTHERS;
}

/* Which mount of the layout has the number. */
static size_t
mount_of_number (const struct assembly *assembly, unsigned number)
{
  size_t mount = 0;

  while (assembly->numbers[mount] != (int32_t) number)
    ++mount;
  return mount;
}

static errint_t
collect (const struct assembly *assembly, struct wants *wants)
{
  const struct layout *layout = assembly->layout;
  const struct delta *delta = assembly->delta;
  errint_t error;

  for (size_t i = 0; i < layout->count; ++i)
    if (assembly->numbers[i] != NO_NUMBER && layout->list[i].main_tree
        && (error = want_chain (wants, SPACE_MAIN,
                                layout->list[i].mount_point, true, i)) != 0)
      return error;
  /* What a mount hides is in no unbroken tree any more. */
  for (size_t i = 0; i < delta->count; ++i) {
    const struct delta_entry *entry = &delta->entries[i];

    if (space_of (assembly, entry) == SPACE_OTHERS
        && (error = want_chain (wants, SPACE_OTHERS, entry->path, false,
                                mount_of_number (assembly,
                                                 entry->filesystem))) != 0)
      return error;
  }
  return 0;
}

static void
mark_present (const struct assembly *assembly, struct wants *wants)
{
  const struct delta *delta = assembly->delta;

  for (size_t i = 0; i < delta->count; ++i) {
    const struct delta_entry *entry = &delta->entries[i];
    enum space space = space_of (assembly, entry);
    struct wanted *wanted;

    HASH_FIND (hh, wants->table[space], entry->path, strlen (entry->path),
               wanted);
    if (wanted != NULL)
      wanted->present = true;
  }
}

/* Where in which filesystem the directory is: its path, to be freed, NULL
 * where it is in none; *MOUNT is changed to the mount that shows it. */
static char *
locate (const struct assembly *assembly, enum space space,
        const struct wanted *wanted, size_t *mount, errint_t *error)
{
  const struct layout *layout = assembly->layout;
  const char *top = layout->list[*mount].mount_point;
  char *path;
  size_t found;

  *error = 0;
  if (space == SPACE_MAIN) {
    path = layout_locate (layout, wanted->path, &found, error);
    if (path != NULL)
      *mount = found;
    return path;
  }
  if (!path_within (wanted->path, top))
    return NULL;
  path = strdup (strlen (wanted->path) == strlen (top)
                 ? "/" : wanted->path + strlen (top));
  if (path == NULL)
    *error = -ENOMEM;
  return path;
}

/* The metadata on both sides; what no filesystem tells is made up. */
static errint_t
fill (const struct assembly *assembly,
      const struct assembly_metadata *metadata, size_t filesystem,
      const char *path, struct delta_entry *entry)
{
  struct arena *arena = assembly->delta->arena;

  for (int side = 0; side < SIDES && path != NULL; ++side) {
    struct entry found = { 0 };
    struct entry *copy;
    errint_t error = metadata->stat (metadata->opaque, filesystem,
                                     (enum side) side, path, &found);

    if (error == -ENOMEM)
      return error;
    if (error != 0 || found.type != ENTRY_DIRECTORY)
      continue;
    copy = arena_allocate (arena, sizeof *copy);
    if (copy == NULL)
      return -ENOMEM;
    *copy = found;
    entry->side[side] = copy;
  }
  if (entry->side[SIDE_BASE] == NULL && entry->side[SIDE_OVERLAY] == NULL) {
    entry->side[SIDE_BASE] = scaffold_made_up (arena);
    entry->side[SIDE_OVERLAY] = entry->side[SIDE_BASE];
    if (entry->side[SIDE_BASE] == NULL)
      return -ENOMEM;
  }
  return 0;
}

static errint_t
add_wanted (struct assembly *assembly, enum space space,
            const struct wanted *wanted,
            const struct assembly_metadata *metadata)
{
  struct delta_entry entry = { .status = STATUS_SCAFFOLD };
  CLEANUP_FREE char *path = NULL;
  size_t mount = wanted->mount;
  unsigned number;
  errint_t error;

  path = locate (assembly, space, wanted, &mount, &error);
  if (error != 0
      || (error = fill (assembly, metadata,
                        assembly->layout->list[mount].filesystem, path,
                        &entry)) != 0
      || (error = assembly_number (assembly, mount, NULL, &number)) != 0)
    return error;
  entry.path = arena_copy (assembly->delta->arena, wanted->path,
                           strlen (wanted->path));
  if (entry.path == NULL)
    return -ENOMEM;
  entry.filesystem = (uint16_t) number;
  return delta_add (assembly->delta, &entry);
}

errint_t
scaffold_add (struct assembly *assembly,
              const struct assembly_metadata *metadata)
{
  struct wants wants = { { NULL, NULL } };
  errint_t error = collect (assembly, &wants);

  if (error == 0)
    mark_present (assembly, &wants);
  for (int space = 0; space < SPACES && error == 0; ++space) {
    struct wanted *wanted, *next;

    HASH_ITER (hh, wants.table[space], wanted, next)
      if (!wanted->present && error == 0)
        error = add_wanted (assembly, (enum space) space, wanted, metadata);
  }
  clear_wants (&wants);
  return error;
}
