/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Matching what the two sides have: by partition number, by the name of the
 * device; the identities are the check.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "filesystems.h"
#include "path.h"

static errint_t
copy_string (const char *string, char **copy)
{
  if (string == NULL)
    return 0;
  *copy = strdup (string);
  return *copy != NULL ? 0 : -ENOMEM;
}

static errint_t
fill_side (struct filesystem_side *side, const char *type, const char *uuid,
           const char *label)
{
  errint_t error;

  side->present = true;
  if ((error = copy_string (type, &side->type)) != 0
      || (error = copy_string (uuid, &side->uuid)) != 0)
    return error;
  return copy_string (label, &side->label);
}

static enum contents
contents_of_volume (const struct volume *volume)
{
  switch (volume->use) {
  case VOLUME_FILESYSTEM: return CONTENTS_FILESYSTEM;
  case VOLUME_CONTAINER:
    return volume->opened ? CONTENTS_OPENED : CONTENTS_CONTAINER;
  case VOLUME_UNKNOWN: return CONTENTS_UNKNOWN;
  case VOLUME_BLANK:
  case VOLUME_SWAP:
  case VOLUME_BOOT: break;
  }
  return CONTENTS_NONE;
}

static bool
differ (const char *a, const char *b)
{
  return a != NULL && b != NULL && strcasecmp (a, b) != 0;
}

/* The identities are the check on a match that names or numbers made. */
static void
check_identity (const struct filesystem *filesystem, const struct log *log)
{
  const struct filesystem_side *base = &filesystem->side[SIDE_BASE];
  const struct filesystem_side *overlay = &filesystem->side[SIDE_OVERLAY];

  if (base->contents != CONTENTS_FILESYSTEM
      && base->contents != CONTENTS_CONTAINER
      && base->contents != CONTENTS_OPENED)
    return;
  if (overlay->contents == CONTENTS_NONE && overlay->present)
    log_report (log, LOG_LEVEL_WARNING, "the filesystem is gone",
                filesystem->device, "base has %s, overlay has %s",
                base->type != NULL ? base->type : "a filesystem",
                overlay->type != NULL ? overlay->type : "nothing");
  else if (differ (base->type, overlay->type))
    log_report (log, LOG_LEVEL_WARNING, "not the same filesystem",
                filesystem->device, "base has %s, overlay has %s",
                base->type, overlay->type);
  else if (differ (base->uuid, overlay->uuid))
    log_report (log, LOG_LEVEL_WARNING, "not the same filesystem",
                filesystem->device,
                "UUID is %s in the base, %s in the overlay",
                base->uuid, overlay->uuid);
}

static struct filesystem *
add_volume (struct filesystems *filesystems, enum side side,
            const struct volume *volume)
{
  struct filesystem *filesystem;
  char device[32];

  if (volume->partition == 0)
    strcpy (device, "sda");
  else
    snprintf (device, sizeof device, "sda%u", volume->partition);
  filesystem = filesystems_find (filesystems, device);
  if (filesystem == NULL)
    filesystem = filesystems_add (filesystems, device,
                                  (int) volume->partition);
  if (filesystem == NULL
      || fill_side (&filesystem->side[side], volume->type, volume->uuid,
                    volume->label) != 0)
    return NULL;
  filesystem->side[side].volume = volume;
  filesystem->side[side].contents = contents_of_volume (volume);
  return filesystem;
}

static int
compare_filesystems (const void *a, const void *b)
{
  const struct filesystem *left = a, *right = b;

  if ((left->partition < 0) != (right->partition < 0))
    return left->partition < 0 ? 1 : -1;
  if (left->partition != right->partition)
    return left->partition < right->partition ? -1 : 1;
  return strcmp (left->device, right->device);
}

static void
sort (struct filesystems *filesystems)
{
  if (filesystems->count > 1)
    qsort (filesystems->list, filesystems->count, sizeof *filesystems->list,
           compare_filesystems);
}

/* Is B on this side another device of the btrfs on A? */
static bool
is_member_of (const struct filesystem_side *a,
              const struct filesystem_side *b)
{
  return a->contents == CONTENTS_FILESYSTEM
    && b->contents == CONTENTS_FILESYSTEM
    && a->type != NULL && strcmp (a->type, "btrfs") == 0
    && b->type != NULL && strcmp (b->type, "btrfs") == 0
    && a->uuid != NULL && b->uuid != NULL && strcmp (a->uuid, b->uuid) == 0;
}

/* A btrfs on several devices is one filesystem, the first one. */
static void
join_members (struct filesystems *filesystems)
{
  for (size_t i = 0; i < filesystems->count; ++i)
    for (size_t j = i + 1; j < filesystems->count; ++j)
      for (int side = 0; side < SIDES; ++side) {
        struct filesystem *first = &filesystems->list[i];
        struct filesystem *other = &filesystems->list[j];

        if (!is_member_of (&first->side[side], &other->side[side]))
          continue;
        other->side[side].contents = CONTENTS_NONE;
        first->written = first->written || other->written;
      }
}

/* --- logical volumes --- */

static bool
has_name (const struct volumes *volumes, const char *name)
{
  const struct volume *volume = volumes_find_inner (volumes, name);

  return volume != NULL && !volume->hidden;
}

/* What the base's side alone has so far, of the same UUID, and the overlay not by
 * its name: the guest has given it another one.  NULL: there is none. */
static struct filesystem *
find_renamed (struct filesystems *filesystems, const struct volumes *base,
              const struct volumes *overlay, const struct volume *volume)
{
  for (size_t i = 0; i < filesystems->count; ++i) {
    struct filesystem *filesystem = &filesystems->list[i];
    const char *name = filesystem->side[SIDE_BASE].name;
    const struct volume *other = name != NULL
      ? volumes_find_inner (base, name) : NULL;

    if (other != NULL && !filesystem->side[SIDE_OVERLAY].present
        && strcmp (other->id, volume->id) == 0 && !has_name (overlay, name))
      return filesystem;
  }
  return NULL;
}

static struct filesystem *
find_logical (struct filesystems *filesystems, enum side side,
              const struct volumes *const volumes[SIDES],
              const struct volume *volume)
{
  struct filesystem *filesystem = filesystems_find (filesystems,
                                                    volume->name);
  char *name;

  if (filesystem != NULL)
    return filesystem;
  if (side == SIDE_OVERLAY)
    filesystem = find_renamed (filesystems, volumes[SIDE_BASE],
                               volumes[SIDE_OVERLAY], volume);
  if (filesystem == NULL)
    return filesystems_add (filesystems, volume->name, -1);
  name = strdup (volume->name);
  if (name == NULL)
    return NULL;
  free (filesystem->device);
  filesystem->device = name;
  return filesystem;
}

static errint_t
add_logical (struct filesystems *filesystems, enum side side,
             const struct volumes *const volumes[SIDES],
             const struct volume *volume)
{
  struct filesystem *filesystem = find_logical (filesystems, side, volumes,
                                                volume);
  struct filesystem_side *on_side;

  if (filesystem == NULL)
    return -ENOMEM;
  on_side = &filesystem->side[side];
  on_side->name = volume->name;
  on_side->reason = volume->reason;
  on_side->volume = volume->reason == NULL ? volume : NULL;
  on_side->contents = volume->reason == NULL
    ? contents_of_volume (volume) : CONTENTS_UNKNOWN;
  return fill_side (on_side, volume->type, volume->uuid, volume->label);
}

static errint_t
add_all_logical (struct filesystems *filesystems,
                 const struct volumes *const volumes[SIDES])
{
  errint_t error = 0;

  for (int side = 0; side < SIDES && error == 0; ++side)
    for (size_t i = 0; i < volumes[side]->inner_count && error == 0; ++i)
      if (!volumes[side]->inner[i].hidden)
        error = add_logical (filesystems, (enum side) side, volumes,
                             &volumes[side]->inner[i]);
  return error;
}

/* Was anything written to what mirrors, pools and the like consist of? */
static bool
hidden_written (const struct volumes *const volumes[SIDES])
{
  const struct volumes *overlay = volumes[SIDE_OVERLAY];
  const struct volumes *base = volumes[SIDE_BASE];

  if (overlay->inner_count != base->inner_count)
    return true;
  for (size_t i = 0; i < overlay->inner_count; ++i) {
    const struct volume *volume = &overlay->inner[i];
    const struct volume *other = volumes_find_inner (base, volume->name);

    if (other == NULL || other->hidden != volume->hidden
        || (volume->hidden
            && ((volume->device == NULL) != (other->device == NULL)
                || (volume->device != NULL
                    && !volume_unwritten (volume, other)))))
      return true;
  }
  return false;
}

static bool
is_loose (const struct volumes *volumes, const char *name)
{
  const struct volume *volume = name != NULL
    ? volumes_find_inner (volumes, name) : NULL;

  return volume == NULL || volume->loose;
}

/* May a logical volume that cannot be read have changed? */
static bool
unreadable_written (const struct filesystem *filesystem,
                    const struct volumes *const volumes[SIDES],
                    bool container_written)
{
  const struct filesystem_side *side = filesystem->side;

  if (side[SIDE_BASE].reason == NULL || side[SIDE_OVERLAY].reason == NULL
      || strcmp (side[SIDE_BASE].reason, side[SIDE_OVERLAY].reason) != 0)
    return true;
  return container_written
    && (is_loose (volumes[SIDE_BASE], side[SIDE_BASE].name)
        || is_loose (volumes[SIDE_OVERLAY], side[SIDE_OVERLAY].name)
        || hidden_written (volumes));
}

static bool
any_written (const struct filesystems *filesystems, enum contents contents)
{
  for (size_t i = 0; i < filesystems->count; ++i)
    if (filesystems->list[i].written
        && (filesystems->list[i].side[SIDE_BASE].contents == contents
            || filesystems->list[i].side[SIDE_OVERLAY].contents == contents))
      return true;
  return false;
}

/* Is a part of what the overlay has on another disk?  An appliance cannot read
 * that either. */
static bool
is_partial (const struct filesystem *filesystem,
            const struct volumes *const volumes[SIDES])
{
  bool partial = false;

  for (int side = 0; side < SIDES; ++side) {
    const struct filesystem_side *on_side = &filesystem->side[side];

    if (on_side->reason == NULL)
      continue;
    if (!volumes_find_inner (volumes[side], on_side->name)->partial)
      return false;
    partial = true;
  }
  return partial;
}

/* What only an appliance can read makes containers of those that were opened. */
static void
close_containers (struct filesystems *filesystems)
{
  for (size_t i = 0; i < filesystems->count; ++i)
    for (int side = 0; side < SIDES; ++side)
      if (filesystems->list[i].side[side].contents == CONTENTS_OPENED)
        filesystems->list[i].side[side].contents = CONTENTS_CONTAINER;
}

/* Which of the logical volumes were written to. */
static void
judge_logical (struct filesystems *filesystems,
               const struct volumes *const volumes[SIDES])
{
  const bool container_written = any_written (filesystems, CONTENTS_OPENED);
  bool unreadable = false;

  for (size_t i = 0; i < filesystems->count; ++i) {
    struct filesystem *filesystem = &filesystems->list[i];
    const struct filesystem_side *side = filesystem->side;

    if (filesystem->partition >= 0)
      continue;
    if (side[SIDE_BASE].reason != NULL || side[SIDE_OVERLAY].reason != NULL) {
      filesystem->written = unreadable_written (filesystem, volumes,
                                                container_written);
      unreadable = unreadable || (filesystem->written
                                  && !is_partial (filesystem, volumes));
    }
    else
      filesystem->written = side[SIDE_OVERLAY].volume == NULL
        || !volume_unwritten (side[SIDE_OVERLAY].volume,
                              side[SIDE_BASE].volume);
  }
  if (unreadable)
    close_containers (filesystems);
}

errint_t
filesystems_add_volumes (struct filesystems *filesystems,
                         const struct volumes *const volumes[SIDES],
                         const struct log *log)
{
  for (int side = 0; side < SIDES; ++side) {
    filesystems->sector_size[side] = volumes[side]->sector_size;
    for (size_t i = 0; i < volumes[side]->count; ++i)
      if (add_volume (filesystems, (enum side) side,
                      &volumes[side]->list[i]) == NULL)
        return log_error (log, -ENOMEM, "cannot list the filesystems", NULL);
  }
  for (size_t i = 0; i < filesystems->count; ++i) {
    struct filesystem *filesystem = &filesystems->list[i];
    const struct volume *overlay = filesystem->side[SIDE_OVERLAY].volume;

    filesystem->written = overlay == NULL
      || !volume_unwritten (overlay, filesystem->side[SIDE_BASE].volume);
  }
  if (add_all_logical (filesystems, volumes) != 0)
    return log_error (log, -ENOMEM, "cannot list the filesystems", NULL);
  judge_logical (filesystems, volumes);

  sort (filesystems);
  for (size_t i = 0; i < filesystems->count; ++i) {
    const struct filesystem *filesystem = &filesystems->list[i];

    if (filesystem->written)
      check_identity (filesystem, log);
  }
  join_members (filesystems);
  return 0;
}

/* Names come from the guest's LVM and MD metadata: can this one be a path
 * below /.filesystems? */
static bool
usable_name (const char *device)
{
  for (;;) {
    size_t length = strcspn (device, "/");

    if (!path_valid_name (device, length))
      return false;
    if (device[length] == '\0')
      return true;
    device += length + 1;
  }
}

static enum contents
contents_of_seen (const char *type)
{
  if (type == NULL || strcmp (type, "unknown") == 0)
    return CONTENTS_UNKNOWN;
  if (strcmp (type, "swap") == 0)
    return CONTENTS_NONE;
  if (strcmp (type, "crypto_LUKS") == 0)
    return CONTENTS_LOCKED;
  if (strcmp (type, "LVM2_member") == 0
      || strcmp (type, "linux_raid_member") == 0)
    return CONTENTS_CONTAINER;
  return CONTENTS_FILESYSTEM;
}

/* A new path below the top level, "/@home" for "@home"; NULL without
 * memory. */
static char *
subtree_of (const char *subvolume)
{
  char *subtree;

  return asprintf (&subtree, "/%s", subvolume) < 0 ? NULL : subtree;
}

/* What is mounted as the device is the default one. */
static errint_t
add_subvolume (struct filesystem *filesystem, enum side side,
               const struct appliance_filesystem *seen)
{
  size_t count = 0;
  char **list;

  if (seen->subvolume == NULL)
    return 0;
  if (strcmp (seen->mountable, seen->device) == 0) {
    free (filesystem->default_subtree[side]);
    filesystem->default_subtree[side] = subtree_of (seen->subvolume);
    return filesystem->default_subtree[side] != NULL ? 0 : -ENOMEM;
  }
  while (filesystem->subvolumes[side] != NULL
         && filesystem->subvolumes[side][count] != NULL)
    ++count;
  list = reallocarray (filesystem->subvolumes[side], count + 2, sizeof *list);
  if (list == NULL)
    return -ENOMEM;
  filesystem->subvolumes[side] = list;
  list[count] = subtree_of (seen->subvolume);
  list[count + 1] = NULL;
  return list[count] != NULL ? 0 : -ENOMEM;
}

/* What the side has by that name. */
static struct filesystem *
find_seen (struct filesystems *filesystems, enum side side,
           const char *device)
{
  for (size_t i = 0; i < filesystems->count; ++i) {
    const char *name = filesystems->list[i].side[side].name;

    if (name != NULL && strcmp (name, device) == 0)
      return &filesystems->list[i];
  }
  return filesystems_find (filesystems, device);
}

static errint_t
add_seen (struct filesystems *filesystems, enum side side,
          const struct appliance_filesystem *seen, const struct log *log)
{
  const char *device = seen->device;
  struct filesystem *filesystem;
  struct filesystem_side *seen_side;

  if (strncmp (device, "/dev/", 5) == 0)
    device += 5;
  filesystem = find_seen (filesystems, side, device);
  if (filesystem == NULL) {
    if (!usable_name (device)) {
      log_report (log, LOG_LEVEL_WARNING, "cannot use the device", device,
                  "its name cannot be a path");
      return 0;
    }
    filesystem = filesystems_add (filesystems, device, -1);
    if (filesystem == NULL)
      return -ENOMEM;
  }

  seen_side = &filesystem->side[side];
  if (filesystem->partition >= 0 || seen_side->volume != NULL) {
    if (contents_of_seen (seen->type) == CONTENTS_LOCKED)
      seen_side->contents = CONTENTS_LOCKED;
  }
  else if (!seen_side->present
           || (seen_side->reason != NULL && seen_side->type == NULL)) {
    errint_t error = fill_side (seen_side, seen->type, seen->uuid,
                                seen->label);

    if (error != 0)
      return error;
    seen_side->contents = contents_of_seen (seen->type);
  }
  return add_subvolume (filesystem, side, seen);
}

errint_t
filesystems_add_seen (struct filesystems *filesystems,
                      const struct appliance_filesystems *const seen[SIDES],
                      const struct log *log)
{
  bool written = filesystems_container_written (filesystems);

  for (int side = 0; side < SIDES; ++side)
    for (size_t i = 0; i < seen[side]->count; ++i)
      if (add_seen (filesystems, (enum side) side,
                    &seen[side]->list[i], log) != 0)
        return log_error (log, -ENOMEM, "cannot list the filesystems", NULL);

  sort (filesystems);
  for (size_t i = 0; i < filesystems->count; ++i) {
    struct filesystem *filesystem = &filesystems->list[i];

    /* Of what the host reads itself it is known already. */
    if (filesystem->partition >= 0
        || ((filesystem->side[SIDE_BASE].volume != NULL
             || !filesystem->side[SIDE_BASE].present)
            && (filesystem->side[SIDE_OVERLAY].volume != NULL
                || !filesystem->side[SIDE_OVERLAY].present)))
      continue;
    filesystem->written = written;
    if (written)
      check_identity (filesystem, log);
  }
  return 0;
}
