/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Paths within a guest's filesystem, looked up step by step.
 */
#include <config.h>

#include "resolve.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "metadata.h"
#include "reparse.h"

#define SYMLINKS_MAX 40

struct place {
  struct appliance *appliance;
  const char *mount_point;
  bool reparse_points;          /* see reparse_target */
};

/* The inode at PATH within the filesystem. */
static errint_t
stat_inode (const struct place *place, const char *path, struct entry *entry)
{
  CLEANUP_FREE char *whole = NULL;
  struct guestfs_statns *stat;

  memset (entry, 0, sizeof *entry);
  if (asprintf (&whole, "%s%s", place->mount_point, path) < 0) {
    whole = NULL;
    return -ENOMEM;
  }
  {
    APPLIANCE_LOCK (place->appliance);
    stat = guestfs_lstatns (place->appliance->g, whole);
    if (stat == NULL)
      return appliance_error (place->appliance);
  }
  metadata_take_stat (entry, stat);
  guestfs_free_statns (stat);
  return 0;
}

static errint_t
read_link (const struct place *place, const char *path, char **target)
{
  CLEANUP_FREE char *whole = NULL, *found = NULL;
  APPLIANCE_LOCK (place->appliance);

  if (asprintf (&whole, "%s%s", place->mount_point, path) < 0) {
    whole = NULL;
    return -ENOMEM;
  }
  found = guestfs_readlink (place->appliance->g, whole);
  if (found == NULL)
    return appliance_error (place->appliance);
  if (!place->reparse_points)
    *target = steal_pointer (&found);
  else
    *target = strdup (reparse_target (place->mount_point, found));
  return *target != NULL ? 0 : -ENOMEM;
}

/* A path that is being walked: what is known to be free of symlinks, and
 * what follows. */
struct steps {
  const struct place *place;
  char done[PATH_MAX];          /* "" is the root */
  char rest[PATH_MAX];          /* after a slash or more, or empty */
  unsigned symlinks;
};

/* Takes the next component off the rest; false at the end. */
static bool
next_component (struct steps *steps, char component[NAME_MAX + 1],
                errint_t *error)
{
  const char *start = steps->rest + strspn (steps->rest, "/");
  size_t length = strcspn (start, "/");

  *error = 0;
  if (length == 0)
    return false;
  if (length > NAME_MAX) {
    *error = -ENAMETOOLONG;
    return false;
  }
  memcpy (component, start, length);
  component[length] = '\0';
  memmove (steps->rest, start + length, strlen (start + length) + 1);
  return true;
}

/* Puts a symlink's target in front of what is to come. */
static errint_t
follow (struct steps *steps)
{
  CLEANUP_FREE char *target = NULL;
  CLEANUP_FREE char *rest = NULL;
  char *slash;
  errint_t r;

  if (++steps->symlinks > SYMLINKS_MAX)
    return -ELOOP;
  r = read_link (steps->place, steps->done, &target);
  if (r < 0)
    return r;
  if (asprintf (&rest, "%s/%s", target, steps->rest) < 0) {
    rest = NULL;
    return -ENOMEM;
  }
  if (strlen (rest) >= sizeof steps->rest)
    return -ENAMETOOLONG;
  strcpy (steps->rest, rest);
  slash = target[0] == '/' ? steps->done : strrchr (steps->done, '/');
  *slash = '\0';
  return 0;
}

/* One component further. */
static errint_t
step (struct steps *steps, const char *component, struct entry *entry)
{
  size_t length = strlen (steps->done);

  if (entry->type != ENTRY_DIRECTORY)
    return -ENOTDIR;
  if (strcmp (component, ".") == 0)
    return 0;
  if (strcmp (component, "..") == 0) {
    if (length > 0)
      *strrchr (steps->done, '/') = '\0';
    return stat_inode (steps->place, steps->done, entry);
  }
  if (length + strlen (component) + 2 > sizeof steps->done)
    return -ENAMETOOLONG;
  sprintf (steps->done + length, "/%s", component);
  return stat_inode (steps->place, steps->done, entry);
}

/* Walks PATH to its end, through symlinks if FOLLOWING; what is there goes
 * to *ENTRY, and its path to steps->done. */
static errint_t
walk (struct steps *steps, const char *path, bool following,
      struct entry *entry)
{
  char component[NAME_MAX + 1];
  errint_t r;

  if (strlen (path) >= sizeof steps->rest)
    return -ENAMETOOLONG;
  strcpy (steps->rest, path);
  r = stat_inode (steps->place, "", entry);
  while (r == 0 && next_component (steps, component, &r)) {
    r = step (steps, component, entry);
    if (r == 0 && following && entry->type == ENTRY_SYMLINK) {
      r = follow (steps);
      if (r == 0)
        r = stat_inode (steps->place, steps->done, entry);
    }
  }
  return r;
}

static errint_t
new_steps (const struct guestfs_engine *engine, enum side side,
           struct place *place, struct steps **steps)
{
  if (engine->mount_point[side] == NULL)
    return -ENOENT;
  place->appliance = engine->appliances->side[side];
  place->mount_point = engine->mount_point[side];
  place->reparse_points = reparse_concerns (engine->type);
  *steps = calloc (1, sizeof **steps);
  if (*steps == NULL)
    return -ENOMEM;
  (*steps)->place = place;
  return 0;
}

/* What the header allows to come out. */
static errint_t
narrow (errint_t error)
{
  switch (error) {
  case 0: case -ENOENT: case -ENOTDIR: case -ENOMEM:
  case -EFBIG: case -EISDIR: case -EINVAL:
    return error;
  case -ELOOP: case -ENAMETOOLONG:
    return -ENOENT;
  default:
    return -EIO;
  }
}

/* Xattrs and target: what cannot be read is marked. */
static errint_t
complete (struct guestfs_engine *engine, const struct steps *steps,
          struct entry *entry)
{
  CLEANUP_FREE char *whole = NULL;
  CLEANUP_FREE char *target = NULL;
  struct guestfs_xattr_list *xattrs;
  errint_t r = 0;

  if (entry->type == ENTRY_SYMLINK
      && read_link (steps->place, steps->done, &target) < 0)
    entry->missing |= ENTRY_NO_TARGET;
  if (asprintf (&whole, "%s%s", steps->place->mount_point, steps->done) < 0) {
    whole = NULL;
    return -ENOMEM;
  }
  {
    APPLIANCE_LOCK (steps->place->appliance);
    xattrs = guestfs_lgetxattrs (steps->place->appliance->g, whole);
    if (xattrs == NULL
        && appliance_error (steps->place->appliance) != -EOPNOTSUPP)
      entry->missing |= ENTRY_NO_XATTRS;
  }
  pthread_mutex_lock (&engine->lock);
  if (target != NULL)
    r = metadata_take_target (entry, engine->arena, target);
  if (r == 0 && xattrs != NULL && xattrs->len > 0)
    r = metadata_take_xattrs (entry, engine->arena, xattrs->val, xattrs->len);
  pthread_mutex_unlock (&engine->lock);
  if (xattrs != NULL)
    guestfs_free_xattr_list (xattrs);
  return r;
}

errint_t
resolve_stat (struct engine *base, enum side side,
              const char *path, struct entry *entry)
{
  struct guestfs_engine *engine = (struct guestfs_engine *) base;
  struct steps *steps = NULL;
  struct place place;
  errint_t r = new_steps (engine, side, &place, &steps);

  if (r == 0)
    r = walk (steps, path, false, entry);
  if (r == 0)
    r = complete (engine, steps, entry);
  free (steps);
  return narrow (r);
}

static errint_t
read_file (const struct steps *steps, const struct entry *entry,
           size_t limit, char **content, size_t *length)
{
  CLEANUP_FREE char *whole = NULL;
  CLEANUP_FREE char *bytes = NULL;
  errint_t r;

  if (entry->type == ENTRY_DIRECTORY)
    return -EISDIR;
  if (entry->type != ENTRY_FILE)
    return -EINVAL;
  if (entry->size > limit)
    return -EFBIG;
  if (asprintf (&whole, "%s%s", steps->place->mount_point, steps->done) < 0) {
    whole = NULL;
    return -ENOMEM;
  }
  bytes = malloc (entry->size + 1);
  if (bytes == NULL)
    return -ENOMEM;
  r = content_read (steps->place->appliance, whole, bytes, entry->size, 0);
  if (r < 0)
    return -EIO;
  bytes[entry->size] = '\0';
  *content = steal_pointer (&bytes);
  *length = entry->size;
  return 0;
}

errint_t
resolve_read (struct engine *base, enum side side, const char *path,
              size_t limit, char **content, size_t *length)
{
  struct guestfs_engine *engine = (struct guestfs_engine *) base;
  struct steps *steps = NULL;
  struct place place;
  struct entry entry;
  errint_t r = new_steps (engine, side, &place, &steps);

  if (r == 0)
    r = walk (steps, path, true, &entry);
  if (r == 0)
    r = read_file (steps, &entry, limit, content, length);
  free (steps);
  return narrow (r);
}
