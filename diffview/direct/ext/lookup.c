/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Walking a path, see lookup.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "directory.h"
#include "lookup.h"
#include "record.h"

#define LINKS_MAX 40
#define REST_MAX ((size_t) 64 * 1024)
#define DEPTH_MAX 4096

struct wanted {
  const char *name;
  size_t length;
  uint32_t inode;
};

static int
match (void *opaque, const char *name, size_t length, uint32_t inode)
{
  struct wanted *wanted = opaque;

  if (length != wanted->length || memcmp (name, wanted->name, length) != 0)
    return 0;
  wanted->inode = inode;
  return 1;
}

/* The walk: directories from the root to where it is, and what is left of
 * the path. */
struct walk {
  const struct filesystem *fs;
  struct arena *arena;
  uint32_t inode[DEPTH_MAX];
  size_t depth;                 /* the last is inode[depth] */
  char *rest;                   /* owned */
  unsigned links;
};

static errint_t
find_member (const struct filesystem *fs, const struct inode *directory,
             const char *name, size_t length, uint32_t *number)
{
  struct wanted wanted = { .name = name, .length = length };
  bool incomplete = false;
  int found;

  if (entry_type_of_mode (inode_mode (directory)) != ENTRY_DIRECTORY)
    return -ENOTDIR;
  found = directory_iterate (fs, directory, match, &wanted, &incomplete);
  if (found < 0)
    return found;
  if (found == 0)
    return incomplete ? -EIO : -ENOENT;
  *number = wanted.inode;
  return 0;
}

/* Puts a link's target before what is left. */
static errint_t
expand (struct walk *walk, const struct entry *entry, const char *left)
{
  size_t length = entry->target_length;
  char *rest;

  if (++walk->links > LINKS_MAX)
    return -ELOOP;
  if (entry->missing & ENTRY_NO_TARGET)
    return -EIO;
  if (length + strlen (left) + 2 > REST_MAX)
    return -ENAMETOOLONG;
  rest = malloc (length + strlen (left) + 2);
  if (rest == NULL)
    return -ENOMEM;
  memcpy (rest, entry->target, length);
  rest[length] = '/';
  strcpy (rest + length + 1, left);
  if (rest[0] == '/')
    walk->depth = 0;
  free (walk->rest);
  walk->rest = rest;
  return 0;
}

/* One component; LEFT is what follows it in walk->rest. */
static errint_t
step (struct walk *walk, const char *name, size_t length, const char *left,
      bool follow, bool *expanded)
{
  struct inode directory;
  struct entry entry;
  uint32_t number = 0;
  errint_t err;

  *expanded = false;
  if (length == 1 && name[0] == '.')
    return 0;
  if (length == 2 && memcmp (name, "..", 2) == 0) {
    walk->depth -= walk->depth > 0;
    return 0;
  }
  err = inode_read (walk->fs, walk->inode[walk->depth], &directory);
  if (err == 0)
    err = find_member (walk->fs, &directory, name, length, &number);
  if (err == 0)
    err = record_read (walk->fs, number, walk->arena, &entry, NULL);
  if (err < 0)
    return err;
  if (entry.type == ENTRY_SYMLINK && follow) {
    *expanded = true;
    return expand (walk, &entry, left);
  }
  if (walk->depth + 1 == DEPTH_MAX)
    return -ENAMETOOLONG;
  walk->inode[++walk->depth] = number;
  return entry.type == ENTRY_UNKNOWN ? -EIO : 0;
}

static errint_t
walk_all (struct walk *walk, bool follow)
{
  size_t at = 0;
  errint_t err = 0;

  while (err == 0) {
    const char *name = walk->rest + at + strspn (walk->rest + at, "/");
    size_t length = strcspn (name, "/");
    bool expanded;

    if (length == 0)
      return 0;
    at = (size_t) (name - walk->rest) + length;
    err = step (walk, name, length, walk->rest + at, follow, &expanded);
    if (expanded)
      at = 0;
  }
  return err;
}

errint_t
lookup_path (const struct filesystem *fs, const char *path, bool follow,
             uint32_t *number)
{
  CLEANUP (arena_free) struct arena *arena = arena_new ();
  struct walk walk = { .fs = fs, .arena = arena };
  errint_t err;

  if (strlen (path) >= REST_MAX)
    return -ENAMETOOLONG;
  walk.rest = strdup (path);
  walk.inode[0] = INODE_ROOT;
  err = arena == NULL || walk.rest == NULL ? -ENOMEM :
    walk_all (&walk, follow);
  *number = walk.inode[walk.depth];
  free (walk.rest);
  return err;
}
