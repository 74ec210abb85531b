/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From containers to what lies in them: see layers.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "layers.h"
#include "lvm.h"

struct opening {
  struct volumes *volumes;
  const struct volumes *base;   /* or NULL */
  const struct log *log;
  struct lvm_member *members;   /* owned */
  struct volume **containers;   /* owned list: where each member lies */
  size_t count;                 /* of members */
  struct lvm_volumes logical;   /* owned until they are moved to VOLUMES */
};

static bool
is_member (const struct volume *volume)
{
  return volume->use == VOLUME_CONTAINER && volume->type != NULL
    && strcmp (volume->type, "LVM2_member") == 0 && volume->device != NULL;
}

static errint_t
find_members (struct opening *opening)
{
  struct volumes *volumes = opening->volumes;

  opening->members = calloc (volumes->count + 1, sizeof *opening->members);
  opening->containers = calloc (volumes->count + 1,
                                sizeof *opening->containers);
  if (opening->members == NULL || opening->containers == NULL)
    return -ENOMEM;
  for (size_t i = 0; i < volumes->count; ++i)
    if (is_member (&volumes->list[i])) {
      opening->members[opening->count].device = volumes->list[i].device;
      opening->containers[opening->count++] = &volumes->list[i];
    }
  return 0;
}

errint_t
layers_places (const struct device *device, uint64_t offset, uint64_t end,
               struct extents *places)
{
  errint_t err = 0;

  while (offset < end && err == 0) {
    struct device_place place;
    uint64_t length = end - offset;

    device->operations->place (device, offset, &place);
    if (place.length < length)
      length = place.length;
    if (place.on_disk)
      err = extents_add (places, place.position, length);
    offset += length;
  }
  return err;
}

bool
layers_touch (const struct device *device, uint64_t offset, uint64_t end,
              const struct extents *disk)
{
  CLEANUP_EXTENTS struct extents places = { 0 };

  if (layers_places (device, offset, end, &places) != 0)
    return true;
  for (size_t i = 0; i < places.count; ++i)
    if (extents_touches (disk, places.list[i].offset, places.list[i].length))
      return true;
  return false;
}

/* Labels and metadata, as far as they are on the device. */
static errint_t
add_areas (struct opening *opening, const struct lvm_member *member)
{
  const uint64_t size = member->device->size;
  errint_t err = 0;

  for (unsigned i = 0; i < member->area_count && err == 0; ++i) {
    const struct lvm_area *area = &member->areas[i];

    if (area->offset < size)
      err = layers_places (member->device, area->offset,
                           area->length < size - area->offset
                           ? area->offset + area->length : size,
                           &opening->volumes->layer_areas);
  }
  return err;
}

static errint_t
finish_members (struct opening *opening)
{
  errint_t err = 0;

  for (size_t i = 0; i < opening->count && err == 0; ++i) {
    struct lvm_member *member = &opening->members[i];
    struct volume *container = opening->containers[i];

    container->reason = steal_pointer (&member->reason);
    container->opened = container->reason == NULL;
    if (container->opened)
      err = add_areas (opening, member);
  }
  return err;
}

static errint_t
move_volumes (struct opening *opening)
{
  struct volumes *volumes = opening->volumes;
  struct lvm_volumes *logical = &opening->logical;

  volumes->inner = calloc (logical->count + 1, sizeof *volumes->inner);
  if (volumes->inner == NULL)
    return -ENOMEM;
  for (size_t i = 0; i < logical->count; ++i) {
    const struct lvm_volume *from = &logical->list[i];

    volumes->inner[volumes->inner_count++] = (struct volume) {
      .device = from->device,
      .length = from->device != NULL ? from->device->size : 0,
      .reason = from->reason, .name = from->name, .id = from->id,
      .hidden = from->hidden, .loose = from->loose, .partial = from->partial,
    };
  }
  free (logical->list);
  *logical = (struct lvm_volumes) { .list = NULL };
  return 0;
}

static errint_t
probe_volumes (struct opening *opening)
{
  struct volumes *volumes = opening->volumes;
  errint_t err = 0;

  for (size_t i = 0; i < volumes->inner_count && err == 0; ++i) {
    struct volume *volume = &volumes->inner[i];
    const struct volume *base = opening->base != NULL
      ? volumes_find_inner (opening->base, volume->name) : NULL;

    if (volume->reason == NULL && !volume->hidden)
      err = volume_probe (base, volumes->inner_count, opening->log, volume);
  }
  return err;
}

errint_t
layers_open (struct volumes *volumes, const struct volumes *base,
             const struct log *log)
{
  struct opening opening = { .volumes = volumes, .base = base, .log = log };
  errint_t err = find_members (&opening);

  if (err == 0 && opening.count > 0)
    err = lvm_open (opening.members, opening.count, &opening.logical);
  if (err == 0)
    err = finish_members (&opening);
  if (err == 0)
    err = move_volumes (&opening);
  if (err == -ENOMEM)
    log_error (log, err, "cannot look for logical volumes", NULL);
  if (err == 0)
    err = probe_volumes (&opening);
  for (size_t i = 0; i < opening.count; ++i)
    free (opening.members[i].reason);
  lvm_volumes_clear (&opening.logical);
  free (opening.members);
  free (opening.containers);
  return err;
}
