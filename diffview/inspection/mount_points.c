/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Mount points that are symlinks in the guest: see mount_points.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "mount_points.h"
#include "symlinks.h"

/* Names that are looked up for all mount points together; a guest has a few
 * dozen.  Each one may mean reading a directory of any size. */
#define LOOKUPS_MAX 1000

/* A mount of the layout, while mount points are followed. */
struct pending {
  size_t depth;                 /* names in the mount point as it is written */
  bool done;
  bool kept;                    /* it has a place */
};

struct following {
  const struct guest_access *access;
  const struct log *log;
  struct pending *pending;
  size_t count;                 /* of them */
  struct layout mounted;        /* those that have their place; strings are
                                 * borrowed */
  unsigned lookups;
};

static void
following_clear (struct following *following)
{
  free (following->pending);
  free (following->mounted.list);
}

/* symlinks_tree.target, in the guest's tree as far as it is mounted. */
static const char *
find_target (void *opaque, const char *path, errint_t *error)
{
  struct following *following = opaque;
  const struct guest_access *access = following->access;
  CLEANUP_FREE char *within = NULL;
  const struct layout_mount *mount;
  struct entry entry = { .type = ENTRY_UNKNOWN };
  struct engine *engine;
  size_t index;
  errint_t err;

  within = layout_locate (&following->mounted, path, &index, error);
  if (within == NULL)
    return NULL;
  mount = &following->mounted.list[index];
  if (strcmp (path, mount->mount_point) == 0
      || following->lookups == LOOKUPS_MAX)
    return NULL;
  engine = access->open (access->opaque, mount->filesystem);
  if (engine == NULL)
    return NULL;
  if (++following->lookups == LOOKUPS_MAX)
    log_report (following->log, LOG_LEVEL_WARNING,
                "the guest's fstab is too long", path,
                "symlinks in further mount points are not followed");
  err = engine->operations->stat (engine, SIDE_OVERLAY, within, &entry);
  if (err == -ENOMEM)
    *error = err;
  return err == 0 && entry.type == ENTRY_SYMLINK
    && (entry.missing & ENTRY_NO_TARGET) == 0 ? entry.target : NULL;
}

static bool
is_taken (const struct layout *mounted, const char *place)
{
  for (size_t i = 0; i < mounted->count; ++i)
    if (strcmp (mounted->list[i].mount_point, place) == 0)
      return true;
  return false;
}

/* Follows the mount point of one mount.  *KEPT: it has a place. */
static errint_t
follow_mount (struct following *following, struct layout_mount *mount,
              const char *device, bool *kept)
{
  const struct symlinks_tree tree = { .target = find_target,
                                      .opaque = following };
  struct layout *mounted = &following->mounted;
  CLEANUP_FREE char *place = NULL;
  errint_t error = symlinks_follow (&tree, mount->mount_point, &place);

  if (error == -ENOMEM)
    return error;
  *kept = error == 0 && !is_taken (mounted, place);
  if (!*kept) {
    log_report (following->log, LOG_LEVEL_WARNING,
                "cannot follow a mount point of the guest's fstab",
                mount->mount_point, "%s; %s is shown under /.filesystems",
                error != 0 ? strerror (-error)
                : "another filesystem is mounted where it leads to", device);
    return 0;
  }
  if (strcmp (place, mount->mount_point) != 0) {
    log_detail (following->log, "the guest mounts %s at %s, which leads to %s",
                device, mount->mount_point, place);
    free (mount->mount_point);
    mount->mount_point = steal_pointer (&place);
  }
  mounted->list[mounted->count++] = *mount;
  mounted->main_count = mounted->count;
  return 0;
}

static void
drop_mount (struct layout *layout, size_t mount)
{
  free (layout->list[mount].subtree);
  free (layout->list[mount].mount_point);
  memmove (layout->list + mount, layout->list + mount + 1,
           (layout->count - mount - 1) * sizeof *layout->list);
  layout->count--;
  layout->main_count--;
}

/* How many names there are in PATH. */
static size_t
depth_of (const char *path)
{
  size_t depth = 0;

  for (; *path != '\0'; ++path)
    if (path[0] == '/' && path[1] != '\0')
      ++depth;
  return depth;
}

/* The mount that is next: of those that are not done the first one that is
 * highest up; the number of all at the end. */
static size_t
next_mount (const struct following *following)
{
  const struct pending *pending = following->pending;
  size_t next = following->count;

  for (size_t i = 0; i < following->count; ++i)
    if (!pending[i].done
        && (next == following->count
            || pending[i].depth < pending[next].depth))
      next = i;
  return next;
}

errint_t
mount_points_follow (struct layout *layout,
                     const struct filesystems *filesystems,
                     const struct guest_access *access,
                     const struct log *log)
{
  __attribute__ ((cleanup (following_clear))) struct following following = {
    .access = access, .log = log, .count = layout->main_count,
  };
  errint_t error = 0;
  size_t i;

  following.pending = calloc (following.count + 1, sizeof *following.pending);
  following.mounted.list = calloc (following.count + 1,
                                   sizeof *following.mounted.list);
  if (following.pending == NULL || following.mounted.list == NULL)
    return -ENOMEM;
  for (i = 0; i < following.count; ++i)
    following.pending[i].depth = depth_of (layout->list[i].mount_point);
  while (error == 0 && (i = next_mount (&following)) < following.count) {
    struct layout_mount *mount = &layout->list[i];

    following.pending[i].done = true;
    error = follow_mount (&following, mount,
                          filesystems->list[mount->filesystem].device,
                          &following.pending[i].kept);
  }
  for (i = following.count; error == 0 && i > 0; --i)
    if (!following.pending[i - 1].kept)
      drop_mount (layout, i - 1);
  return error;
}
