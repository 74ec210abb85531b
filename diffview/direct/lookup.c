/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Walking a path, see lookup.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "lookup.h"

#define LINKS_MAX 40
#define REST_MAX ((size_t) 64 * 1024)
#define DEPTH_MAX 4096

struct wanted {
  const char *name;
  size_t length;
  struct inode_id inode;
};

static int
match (void *opaque, const char *name, size_t length, struct inode_id inode,
       enum entry_type type)
{
  struct wanted *wanted = opaque;

  (void) type;
  if (length != wanted->length || memcmp (name, wanted->name, length) != 0)
    return 0;
  wanted->inode = inode;
  return 1;
}

/* The walk: directories from the root to where it is, and what is left of
 * the path. */
struct walk {
  const struct reader *reader;
  struct arena *arena;
  struct inode_id *inode;       /* owned: DEPTH_MAX */
  size_t depth;                 /* the last is inode[depth] */
  char *rest;                   /* owned */
  unsigned links;
};

static errint_t
find_member (const struct reader *reader, struct inode_id directory,
             const char *name, size_t length, struct inode_id *inode)
{
  struct wanted wanted = { .name = name, .length = length };
  bool incomplete = false;
  int found;

  found = reader_names (reader, directory, match, &wanted, &incomplete);
  if (found < 0)
    return found;
  if (found == 0)
    return incomplete ? -EIO : -ENOENT;
  *inode = wanted.inode;
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
  struct inode_id directory = walk->inode[walk->depth], inode = { 0 };
  struct entry entry;
  errint_t err;

  *expanded = false;
  if (length == 1 && name[0] == '.')
    return 0;
  if (length == 2 && memcmp (name, "..", 2) == 0) {
    walk->depth -= walk->depth > 0;
    return 0;
  }
  err = walk->reader->format->entry (walk->reader, directory, walk->arena,
                                     &entry);
  if (err == 0 && entry.type != ENTRY_DIRECTORY)
    err = entry.missing & ENTRY_NO_METADATA ? -EIO : -ENOTDIR;
  if (err == 0)
    err = find_member (walk->reader, directory, name, length, &inode);
  if (err == 0)
    err = walk->reader->format->entry (walk->reader, inode, walk->arena,
                                       &entry);
  if (err < 0)
    return err;
  if (entry.type == ENTRY_SYMLINK && follow) {
    *expanded = true;
    return expand (walk, &entry, left);
  }
  if (walk->depth + 1 == DEPTH_MAX)
    return -ENAMETOOLONG;
  walk->inode[++walk->depth] = inode;
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
lookup_path (const struct reader *reader, const char *path, bool follow,
             struct inode_id *inode)
{
  CLEANUP (arena_free) struct arena *arena = arena_new ();
  struct walk walk = { .reader = reader, .arena = arena };
  errint_t err;

  if (strlen (path) >= REST_MAX)
    return -ENAMETOOLONG;
  walk.rest = strdup (path);
  walk.inode = calloc (DEPTH_MAX, sizeof *walk.inode);
  if (arena == NULL || walk.rest == NULL || walk.inode == NULL)
    err = -ENOMEM;
  else {
    walk.inode[0] = reader->format->root (reader);
    err = walk_all (&walk, follow);
    *inode = walk.inode[walk.depth];
  }
  free (walk.inode);
  free (walk.rest);
  return err;
}
