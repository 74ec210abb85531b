/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From the segments in a volume group's text to devices: see lvm_parts.h.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lvm_parts.h"
#include "segments.h"

#define SECTOR 512
#define STRIPES_MAX 128

/* A segment of a logical volume. */
struct part {
  uint64_t start, count;        /* extents */
  uint32_t section;
};

bool
lvm_copy_id (const char *from, char id[LVM_ID_LENGTH + 1])
{
  size_t length = 0;

  for (; from != NULL && *from != '\0'; ++from)
    if (*from != '-') {
      if (length == LVM_ID_LENGTH)
        return false;
      id[length++] = *from;
    }
  id[length] = '\0';
  return length == LVM_ID_LENGTH;
}

/* --- physical volumes --- */

static errint_t
add_physical (struct lvm_making *making, uint32_t section, lvm_find_device *find,
              void *opaque)
{
  const struct lvm_text *text = making->text;
  struct lvm_physical *list, *physical;
  uint64_t start;

  list = reallocarray (making->physical, making->physical_count + 1,
                       sizeof *list);
  if (list == NULL)
    return -ENOMEM;
  making->physical = list;
  physical = &list[making->physical_count];
  physical->name = text->nodes[section].name;
  if (!lvm_copy_id (lvm_text_string (text, section, "id"), physical->id)
      || !lvm_text_number (text, section, "pe_start", &start)
      || !lvm_text_number (text, section, "pe_count", &physical->count)
      || __builtin_mul_overflow (start, SECTOR, &physical->start))
    return -EINVAL;
  physical->device = lvm_text_has (text, section, "flags", "MISSING")
    ? NULL : find (opaque, physical->id);
  ++making->physical_count;
  return 0;
}

errint_t
lvm_add_physical (struct lvm_making *making, lvm_find_device *find, void *opaque)
{
  const uint32_t list = lvm_text_find (making->text, making->group->section,
                                       "physical_volumes", LVM_TEXT_SECTION);
  errint_t err = 0;

  if (list == 0)
    return -EINVAL;
  for (uint32_t i = lvm_node (making, list)->first; i != 0 && err == 0;
       i = lvm_node (making, i)->next)
    if (lvm_node (making, i)->kind == LVM_TEXT_SECTION)
      err = making->physical_count < LVM_VOLUMES_MAX
        ? add_physical (making, i, find, opaque) : -E2BIG;
  return err;
}

static const struct lvm_physical *
find_physical (const struct lvm_making *making, const char *name)
{
  for (size_t i = 0; i < making->physical_count; ++i)
    if (strcmp (making->physical[i].name, name) == 0)
      return &making->physical[i];
  return NULL;
}

/* --- what a logical volume consists of --- */

/* Takes the message, which may be NULL for want of memory. */
errint_t
lvm_hinder (struct lvm_obstacle *obstacle, bool loose, char *reason)
{
  if (reason == NULL)
    return -ENOMEM;
  if (obstacle->reason == NULL) {
    obstacle->reason = reason;
    obstacle->loose = loose;
  }
  else {
    obstacle->loose = obstacle->loose || loose;
    free (reason);
  }
  return 0;
}

static char *
format_reason (const char *format, const char *argument)
{
  char *reason;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  return asprintf (&reason, format, argument) < 0 ? NULL : reason;
#pragma GCC diagnostic pop
}

/* One area: a place on a physical volume.  What is none is an obstacle. */
static errint_t
find_area (const struct lvm_making *making, const char *name, uint64_t extent,
           uint64_t extents, struct segment_area *area,
           struct lvm_obstacle *obstacle)
{
  const struct lvm_physical *physical = find_physical (making, name);
  uint64_t length;

  if (physical == NULL)
    return lvm_hinder (obstacle, false, strdup ("it lies on other volumes in a "
                                            "way that is not known"));
  if (physical->device == NULL) {
    obstacle->partial = true;
    return lvm_hinder (obstacle, true,
                   format_reason ("the physical volume %s is not on this disk",
                                  physical->id));
  }
  if (extent > physical->count || extents > physical->count - extent
      || __builtin_mul_overflow (extents, making->extent_size, &length)
      || __builtin_mul_overflow (extent, making->extent_size, &area->offset)
      || __builtin_add_overflow (area->offset, physical->start, &area->offset)
      || area->offset > physical->device->size
      || length > physical->device->size - area->offset)
    return lvm_hinder (obstacle, false, strdup ("it goes beyond the end of a "
                                            "physical volume"));
  area->lower = physical->device;
  return 0;
}

/* The list "stripes": names and extents by turns. */
static errint_t
find_areas (const struct lvm_making *making, uint32_t section, uint64_t extents,
            struct segment *segment, struct lvm_obstacle *obstacle)
{
  const uint32_t list = lvm_text_find (making->text, section, "stripes",
                                       LVM_TEXT_LIST);
  uint32_t at = list != 0 ? lvm_node (making, list)->first : 0;
  errint_t err = 0;

  for (size_t i = 0; i < segment->count && err == 0; ++i) {
    const uint32_t extent = at != 0 ? lvm_node (making, at)->next : 0;

    if (extent == 0 || lvm_node (making, at)->kind != LVM_TEXT_STRING
        || lvm_node (making, extent)->kind != LVM_TEXT_NUMBER)
      return -EINVAL;
    err = find_area (making, lvm_node (making, at)->string,
                     lvm_node (making, extent)->number, extents,
                     &segment->areas[i], obstacle);
    at = lvm_node (making, extent)->next;
  }
  return at != 0 && err == 0 ? -EINVAL : err;
}

static bool
is_striped (const char *type)
{
  return type != NULL && (strcmp (type, "striped") == 0
                          || strcmp (type, "linear") == 0);
}

static errint_t
make_segment (const struct lvm_making *making, const struct part *part,
              struct segment *segment, struct lvm_obstacle *obstacle)
{
  const struct lvm_text *text = making->text;
  const char *type = lvm_text_string (text, part->section, "type");
  uint64_t stripes, size = 0;

  if (!is_striped (type))
    return lvm_hinder (obstacle, false,
                   type == NULL ? strdup ("it has a segment without a type")
                   : format_reason ("it is of the type \"%s\"", type));
  if (!lvm_text_number (text, part->section, "stripe_count", &stripes)
      || stripes == 0 || stripes > STRIPES_MAX
      || part->count % stripes != 0)
    return -EINVAL;
  if (stripes > 1
      && (!lvm_text_number (text, part->section, "stripe_size", &size)
          || size == 0 || __builtin_mul_overflow (size, SECTOR, &size)))
    return -EINVAL;
  if (__builtin_mul_overflow (part->count, making->extent_size,
                              &segment->length))
    return -EINVAL;
  segment->stripe = size;
  segment->count = (size_t) stripes;
  segment->areas = calloc (segment->count, sizeof *segment->areas);
  if (segment->areas == NULL)
    return -ENOMEM;
  return find_areas (making, part->section, part->count / stripes, segment,
                     obstacle);
}

static void
free_segments (struct segment *list, size_t count)
{
  for (size_t i = 0; i < count; ++i)
    free (list[i].areas);
  free (list);
}

static errint_t
make_device (const struct lvm_making *making, const struct part *parts,
             size_t count, struct lvm_obstacle *obstacle, struct device **device)
{
  struct segment *list = calloc (count, sizeof *list);
  errint_t err = list != NULL ? 0 : -ENOMEM;

  for (size_t i = 0; i < count && err == 0; ++i)
    err = make_segment (making, &parts[i], &list[i], obstacle);
  if (err == 0 && obstacle->reason == NULL) {
    err = segments_open (list, count, device);
    if (err == -E2BIG)
      err = lvm_hinder (obstacle, false, strdup ("it has too many stripes"));
  }
  if (list != NULL)
    free_segments (list, count);
  return err;
}

static int
by_start (const void *a, const void *b)
{
  const struct part *left = a, *right = b;

  return left->start < right->start ? -1 : left->start > right->start;
}

/* The segments, which may be in any order, without a gap. */
static errint_t
find_parts (const struct lvm_making *making, uint32_t volume, struct part **parts,
            size_t *count)
{
  const struct lvm_text *text = making->text;
  size_t capacity = 0;
  uint64_t next = 0;

  for (uint32_t i = lvm_node (making, volume)->first; i != 0;
       i = lvm_node (making, i)->next)
    capacity += lvm_node (making, i)->kind == LVM_TEXT_SECTION;
  if (capacity == 0)
    return -EINVAL;
  *parts = calloc (capacity, sizeof **parts);
  if (*parts == NULL)
    return -ENOMEM;
  for (uint32_t i = lvm_node (making, volume)->first; i != 0;
       i = lvm_node (making, i)->next) {
    struct part *part = &(*parts)[*count];

    if (lvm_node (making, i)->kind != LVM_TEXT_SECTION)
      continue;
    part->section = i;
    if (!lvm_text_number (text, i, "start_extent", &part->start)
        || !lvm_text_number (text, i, "extent_count", &part->count)
        || part->count == 0)
      return -EINVAL;
    ++*count;
  }
  qsort (*parts, *count, sizeof **parts, by_start);
  for (size_t i = 0; i < *count; ++i)
    if ((*parts)[i].start != next
        || __builtin_add_overflow (next, (*parts)[i].count, &next))
      return -EINVAL;
  return 0;
}

errint_t
lvm_make_device (const struct lvm_making *making, uint32_t volume,
                 struct lvm_obstacle *obstacle, struct device **device)
{
  struct part *parts = NULL;
  size_t count = 0;
  errint_t err = find_parts (making, volume, &parts, &count);

  if (err == 0)
    err = make_device (making, parts, count, obstacle, device);
  free (parts);
  return err;
}
