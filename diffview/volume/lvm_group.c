/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Volume groups: see lvm_group.h.  What of the text is read here is described
 * in lib/format_text/import_vsn1.c of LVM2.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lvm_parts.h"

#define SECTOR 512
#define NAME_MAX_LENGTH 127

/* The names that LVM allows, none of which leads anywhere as a path. */
static bool
is_usable_name (const char *name)
{
  const size_t length = strspn (name, "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+_.-");

  return length > 0 && length <= NAME_MAX_LENGTH && name[length] == '\0'
    && strcmp (name, ".") != 0 && strcmp (name, "..") != 0;
}

errint_t
lvm_group_take (struct lvm_text *text, struct lvm_group *group)
{
  for (uint32_t i = text->nodes[0].first; i != 0; i = text->nodes[i].next) {
    const struct lvm_text_node *section = &text->nodes[i];

    if (section->kind != LVM_TEXT_SECTION
        || !lvm_text_number (text, i, "seqno", &group->number)
        || !lvm_copy_id (lvm_text_string (text, i, "id"), group->id))
      continue;
    /* The device nodes of such a group would be among those of /dev/mapper. */
    if (!is_usable_name (section->name)
        || strcmp (section->name, "mapper") == 0)
      return -EINVAL;
    group->text = text;
    group->section = i;
    group->name = section->name;
    return 0;
  }
  return -EINVAL;
}

bool
lvm_group_has (const struct lvm_group *group, const char *id)
{
  const struct lvm_text *text = group->text;
  const uint32_t list = lvm_text_find (text, group->section,
                                       "physical_volumes", LVM_TEXT_SECTION);
  char own[LVM_ID_LENGTH + 1];

  if (list == 0)
    return false;
  for (uint32_t i = text->nodes[list].first; i != 0; i = text->nodes[i].next)
    if (text->nodes[i].kind == LVM_TEXT_SECTION
        && lvm_copy_id (lvm_text_string (text, i, "id"), own)
        && strcmp (own, id) == 0)
      return true;
  return false;
}

/* --- logical volumes --- */

/* A pool is what thin volumes, caches or deduplicated ones take from: it holds
 * no filesystem. */
static bool
is_pool (const struct lvm_making *making, uint32_t volume)
{
  for (uint32_t i = lvm_node (making, volume)->first; i != 0;
       i = lvm_node (making, i)->next) {
    const char *type = lvm_node (making, i)->kind == LVM_TEXT_SECTION
      ? lvm_text_string (making->text, i, "type") : NULL;

    if (type != NULL)
      return strcmp (type, "thin-pool") == 0
        || strcmp (type, "cache-pool") == 0 || strcmp (type, "vdo-pool") == 0;
  }
  return false;
}

/* A snapshot is a volume of its own in the text, which names the volume with
 * what was copied, and the origin. */
static bool
is_part_of_snapshot (const struct lvm_making *making, uint32_t segment,
                     const char *name)
{
  static const char *const roles[] = { "cow_store", "merging_store" };
  const char *value;

  for (size_t i = 0; i < sizeof roles / sizeof roles[0]; ++i) {
    value = lvm_text_string (making->text, segment, roles[i]);
    if (value != NULL && strcmp (value, name) == 0)
      return true;
  }
  /* An origin into which a snapshot is merged holds both by turns. */
  value = lvm_text_string (making->text, segment, "origin");
  return value != NULL && strcmp (value, name) == 0
    && lvm_text_string (making->text, segment, "merging_store") != NULL;
}

static bool
is_snapshot (const struct lvm_making *making, const char *name)
{
  for (uint32_t i = lvm_node (making, making->logical)->first; i != 0;
       i = lvm_node (making, i)->next)
    for (uint32_t j = lvm_node (making, i)->kind == LVM_TEXT_SECTION
         ? lvm_node (making, i)->first : 0; j != 0; j = lvm_node (making, j)->next) {
      const char *type = lvm_node (making, j)->kind == LVM_TEXT_SECTION
        ? lvm_text_string (making->text, j, "type") : NULL;

      if (type != NULL && strcmp (type, "snapshot") == 0
          && is_part_of_snapshot (making, j, name))
        return true;
    }
  return false;
}

static errint_t
name_volume (const struct lvm_making *making, uint32_t section,
             struct lvm_volume *volume)
{
  const struct lvm_group *group = making->group;
  const char *name = lvm_node (making, section)->name;
  char id[LVM_ID_LENGTH + 1];

  if (!is_usable_name (name)
      || !lvm_copy_id (lvm_text_string (making->text, section, "id"), id))
    return -EINVAL;
  if (asprintf (&volume->name, "%s/%s", group->name, name) < 0) {
    volume->name = NULL;
    return -ENOMEM;
  }
  if (asprintf (&volume->id, "LVM-%s%s", group->id, id) < 0) {
    volume->id = NULL;
    return -ENOMEM;
  }
  return 0;
}

static errint_t
fill_volume (const struct lvm_making *making, uint32_t section, bool snapshots,
             struct lvm_volume *volume)
{
  struct lvm_obstacle obstacle = { .reason = NULL };
  errint_t err = name_volume (making, section, volume);

  volume->hidden = is_pool (making, section)
    || !lvm_text_has (making->text, section, "status", "VISIBLE");
  if (err == 0)
    err = lvm_make_device (making, section, &obstacle, &volume->device);
  if (err == 0 && snapshots
      && is_snapshot (making, lvm_node (making, section)->name))
    err = lvm_hinder (&obstacle, true, strdup ("it is a snapshot, or one is "
                                           "merged into it"));
  volume->reason = obstacle.reason;
  volume->loose = obstacle.loose;
  volume->partial = obstacle.partial;
  return err;
}

static bool
is_double (const struct lvm_volumes *volumes, const char *name)
{
  for (size_t i = 0; i < volumes->count; ++i)
    if (strcmp (volumes->list[i].name, name) == 0)
      return true;
  return false;
}

/* The volume that LVM makes of a snapshot's two. */
static bool
stands_for_snapshot (const struct lvm_making *making, uint32_t section)
{
  for (uint32_t i = lvm_node (making, section)->first; i != 0;
       i = lvm_node (making, i)->next) {
    const char *type = lvm_node (making, i)->kind == LVM_TEXT_SECTION
      ? lvm_text_string (making->text, i, "type") : NULL;

    if (type != NULL && strcmp (type, "snapshot") == 0)
      return true;
  }
  return false;
}

static void
clear_volume (struct lvm_volume *volume)
{
  if (volume->device != NULL)
    device_close (volume->device);
  free (volume->name);
  free (volume->id);
  free (volume->reason);
}

static errint_t
add_volume (const struct lvm_making *making, uint32_t section, bool snapshots,
            struct lvm_volumes *volumes)
{
  struct lvm_volume volume = { .name = NULL };
  struct lvm_volume *list;
  errint_t err = fill_volume (making, section, snapshots, &volume);

  if (err == 0 && is_double (volumes, volume.name))
    err = -EINVAL;
  list = err == 0 ? reallocarray (volumes->list, volumes->count + 1,
                                  sizeof *list) : NULL;
  if (list == NULL) {
    clear_volume (&volume);
    return err == 0 ? -ENOMEM : err;
  }
  volumes->list = list;
  list[volumes->count++] = volume;
  return 0;
}

static errint_t
add_volumes (struct lvm_making *making, struct lvm_volumes *volumes)
{
  bool snapshots = false;
  size_t count = volumes->count;
  errint_t err = 0;

  for (uint32_t i = lvm_node (making, making->logical)->first; i != 0;
       i = lvm_node (making, i)->next) {
    if (lvm_node (making, i)->kind != LVM_TEXT_SECTION)
      continue;
    if (stands_for_snapshot (making, i))
      snapshots = true;
    else if (++count > LVM_VOLUMES_MAX)
      return -E2BIG;
  }
  for (uint32_t i = lvm_node (making, making->logical)->first;
       i != 0 && err == 0; i = lvm_node (making, i)->next)
    if (lvm_node (making, i)->kind == LVM_TEXT_SECTION
        && !stands_for_snapshot (making, i))
      err = add_volume (making, i, snapshots, volumes);
  return err;
}

errint_t
lvm_group_volumes (const struct lvm_group *group, lvm_find_device *find,
                   void *opaque, struct lvm_volumes *volumes)
{
  struct lvm_making making = { .text = group->text, .group = group };
  uint64_t sectors;
  errint_t err = lvm_add_physical (&making, find, opaque);

  making.logical = lvm_text_find (group->text, group->section,
                                  "logical_volumes", LVM_TEXT_SECTION);
  if (err == 0
      && (!lvm_text_number (group->text, group->section, "extent_size",
                            &sectors)
          || sectors == 0
          || __builtin_mul_overflow (sectors, SECTOR, &making.extent_size)))
    err = -EINVAL;
  if (err == 0 && making.logical != 0)
    err = add_volumes (&making, volumes);
  free (making.physical);
  return err;
}

void
lvm_volumes_shorten (struct lvm_volumes *volumes, size_t count)
{
  while (volumes->count > count)
    clear_volume (&volumes->list[--volumes->count]);
}

void
lvm_volumes_clear (struct lvm_volumes *volumes)
{
  lvm_volumes_shorten (volumes, 0);
  free (volumes->list);
  *volumes = (struct lvm_volumes) { .list = NULL };
}
