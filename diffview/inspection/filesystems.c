/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The filesystems of both sides: see filesystems.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "filesystems.h"

struct filesystems *
filesystems_new (void)
{
  return calloc (1, sizeof (struct filesystems));
}

static void
side_clear (struct filesystem_side *side)
{
  free (side->type);
  free (side->uuid);
  free (side->label);
}

static void
free_strings (char **strings)
{
  cleanup_free_strings (&strings);
}

void
filesystems_free (struct filesystems *filesystems)
{
  for (size_t i = 0; i < filesystems->count; ++i) {
    struct filesystem *filesystem = &filesystems->list[i];

    free (filesystem->device);
    for (int side = 0; side < SIDES; ++side) {
      free_strings (filesystem->subvolumes[side]);
      free (filesystem->default_subtree[side]);
      side_clear (&filesystem->side[side]);
    }
  }
  free (filesystems->list);
  free (filesystems);
}

struct filesystem *
filesystems_add (struct filesystems *filesystems, const char *device,
                 int partition)
{
  struct filesystem *list, *filesystem;
  char *copy = strdup (device);

  list = reallocarray (filesystems->list, filesystems->count + 1,
                       sizeof *list);
  if (list != NULL)
    filesystems->list = list;
  if (list == NULL || copy == NULL) {
    free (copy);
    return NULL;
  }
  filesystem = &list[filesystems->count++];
  memset (filesystem, 0, sizeof *filesystem);
  filesystem->device = copy;
  filesystem->partition = partition;
  return filesystem;
}

struct filesystem *
filesystems_find (const struct filesystems *filesystems, const char *device)
{
  for (size_t i = 0; i < filesystems->count; ++i)
    if (strcmp (filesystems->list[i].device, device) == 0)
      return &filesystems->list[i];
  return NULL;
}

bool
filesystem_counts (const struct filesystem *filesystem)
{
  for (int side = 0; side < SIDES; ++side)
    if (filesystem->side[side].contents == CONTENTS_FILESYSTEM
        || filesystem->side[side].contents == CONTENTS_LOCKED)
      return true;
  return false;
}

const struct filesystem_side *
filesystem_identity (const struct filesystem *filesystem)
{
  const struct filesystem_side *overlay = &filesystem->side[SIDE_OVERLAY];

  if (overlay->contents == CONTENTS_FILESYSTEM
      || filesystem->side[SIDE_BASE].contents != CONTENTS_FILESYSTEM)
    return overlay;
  return &filesystem->side[SIDE_BASE];
}

bool
filesystem_is_btrfs (const struct filesystem *filesystem)
{
  const char *type = filesystem_identity (filesystem)->type;

  return type != NULL && strcmp (type, "btrfs") == 0;
}

const char *
filesystem_default_subtree (const struct filesystem *filesystem,
                            enum side side)
{
  return filesystem->default_subtree[side] != NULL
    ? filesystem->default_subtree[side] : "/";
}

const struct filesystem *
filesystems_closed_container (const struct filesystems *filesystems,
                              const char **reason)
{
  const struct filesystem *first = NULL;

  *reason = NULL;
  for (size_t i = 0; i < filesystems->count; ++i) {
    const struct filesystem *filesystem = &filesystems->list[i];

    for (int side = 0; side < SIDES && filesystem->written; ++side) {
      const struct filesystem_side *on_side = &filesystem->side[side];

      *reason = on_side->reason;
      if (on_side->contents == CONTENTS_CONTAINER && on_side->volume != NULL)
        *reason = on_side->volume->reason;
      if (*reason != NULL)
        return filesystem;
      if (on_side->contents == CONTENTS_CONTAINER && first == NULL)
        first = filesystem;
    }
  }
  return first;
}

bool
filesystems_have_containers (const struct filesystems *filesystems)
{
  for (size_t i = 0; i < filesystems->count; ++i)
    for (int side = 0; side < SIDES; ++side)
      if (filesystems->list[i].side[side].contents == CONTENTS_CONTAINER)
        return true;
  return false;
}

bool
filesystems_container_written (const struct filesystems *filesystems)
{
  for (size_t i = 0; i < filesystems->count; ++i)
    for (int side = 0; side < SIDES; ++side)
      if (filesystems->list[i].written
          && filesystems->list[i].side[side].contents == CONTENTS_CONTAINER)
        return true;
  return false;
}
