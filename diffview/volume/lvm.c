/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The groups of a disk: see lvm.h.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lvm.h"

#define LABEL_END 4096          /* bytes; no area begins before that */

/* What is known of a member. */
struct found {
  struct lvm_label label;
  bool damaged;                 /* one of its areas is */
};

struct search {
  struct lvm_member *members;
  size_t count;
  struct found *found;          /* owned; for each member */
  struct lvm_group *groups;     /* owned */
  size_t group_count;
  uint64_t left;                /* of metadata that may be read, bytes */
};

/* Only the first reason is kept. */
static errint_t
give_up (struct lvm_member *member, const char *reason)
{
  if (member->reason == NULL)
    member->reason = strdup (reason);
  return member->reason != NULL ? 0 : -ENOMEM;
}

/* What ends the search; anything else is the fault of one member. */
static bool
is_fatal (errint_t err)
{
  return err == -ENOMEM || err == -EREMOTEIO;
}

static void
clear_group (struct lvm_group *group)
{
  lvm_text_free (group->text);
}

/* Keeps the newest text of each group; takes GROUP. */
static errint_t
add_group (struct search *search, struct lvm_group *group)
{
  struct lvm_group *list;

  for (size_t i = 0; i < search->group_count; ++i) {
    struct lvm_group *known = &search->groups[i];

    if (strcmp (known->id, group->id) != 0)
      continue;
    if (known->number < group->number) {
      const struct lvm_group older = *known;

      *known = *group;
      *group = older;
    }
    clear_group (group);
    return 0;
  }
  list = reallocarray (search->groups, search->group_count + 1, sizeof *list);
  if (list == NULL) {
    clear_group (group);
    return -ENOMEM;
  }
  search->groups = list;
  list[search->group_count++] = *group;
  return 0;
}

static errint_t
read_area (struct search *search, struct device *device,
           const struct lvm_area *area)
{
  CLEANUP_FREE char *bytes = NULL;
  struct lvm_text *text = NULL;
  struct lvm_group group;
  size_t length = 0;
  errint_t err = lvm_label_metadata (device, area, &search->left, &bytes,
                                     &length);

  if (err < 0 || bytes == NULL)
    return err;
  err = lvm_text_parse (bytes, length, &text);
  if (err < 0)
    return err;
  err = lvm_group_take (text, &group);
  if (err < 0) {
    lvm_text_free (text);
    return err;
  }
  return add_group (search, &group);
}

static errint_t
read_member (struct search *search, size_t index)
{
  struct lvm_member *member = &search->members[index];
  struct found *found = &search->found[index];
  errint_t err = lvm_label_read (member->device, &found->label);

  if (err < 0)
    return is_fatal (err) ? err : give_up (member, "its label is damaged");
  member->areas[member->area_count++] = (struct lvm_area) {
    .offset = 0, .length = LABEL_END,
  };
  for (unsigned i = 0; i < found->label.area_count; ++i) {
    member->areas[member->area_count++] = found->label.areas[i];
    err = read_area (search, member->device, &found->label.areas[i]);
    if (is_fatal (err))
      return err;
    found->damaged = found->damaged || err < 0;
  }
  return 0;
}

/* Copies of one physical volume: nobody knows which one the guest would
 * take. */
static errint_t
refuse_copies (struct search *search)
{
  static const char reason[] = "there is another one with its UUID";

  for (size_t i = 0; i < search->count; ++i)
    for (size_t j = i + 1; j < search->count; ++j)
      if (search->members[i].reason == NULL
          && strcmp (search->found[i].label.id,
                     search->found[j].label.id) == 0
          && (give_up (&search->members[i], reason) != 0
              || give_up (&search->members[j], reason) != 0))
        return -ENOMEM;
  return 0;
}

static struct device *
find_device (void *opaque, const char *id)
{
  const struct search *search = opaque;

  for (size_t i = 0; i < search->count; ++i)
    if (search->members[i].reason == NULL
        && strcmp (search->found[i].label.id, id) == 0)
      return search->members[i].device;
  return NULL;
}

/* The group that has the member, or NULL. */
static const struct lvm_group *
group_of (const struct search *search, size_t member)
{
  for (size_t i = 0; i < search->group_count; ++i)
    if (lvm_group_has (&search->groups[i], search->found[member].label.id))
      return &search->groups[i];
  return NULL;
}

static bool
has_namesake (const struct search *search, const struct lvm_group *group)
{
  for (size_t i = 0; i < search->group_count; ++i)
    if (&search->groups[i] != group
        && strcmp (search->groups[i].name, group->name) == 0)
      return true;
  return false;
}

/* Lists what a group has; where that cannot be, all its members are given
 * up. */
static errint_t
open_group (struct search *search, const struct lvm_group *group,
            struct lvm_volumes *volumes)
{
  const size_t before = volumes->count;
  errint_t err = has_namesake (search, group) ? -EEXIST
    : lvm_group_volumes (group, find_device, search, volumes);
  const char *reason = err == -EEXIST
    ? "several volume groups have the name of its own"
    : err == -E2BIG ? "its volume group has too many volumes"
    : "the metadata of its volume group makes no sense";

  if (err == 0 || is_fatal (err))
    return err;
  lvm_volumes_shorten (volumes, before);
  for (size_t i = 0; i < search->count; ++i)
    if (search->members[i].reason == NULL
        && group_of (search, i) == group
        && give_up (&search->members[i], reason) != 0)
      return -ENOMEM;
  return 0;
}

/* A member that no group has is empty, or what it says of its group cannot be
 * read. */
static errint_t
judge_single (struct search *search, size_t index)
{
  const struct found *found = &search->found[index];
  struct lvm_member *member = &search->members[index];

  if (member->reason != NULL || group_of (search, index) != NULL)
    return 0;
  if (found->damaged)
    return give_up (member, "the metadata of its volume group is damaged");
  if (found->label.area_count == 0)
    return give_up (member, "the metadata of its volume group is not on this "
                    "disk");
  return 0;
}

static errint_t
look (struct search *search, struct lvm_volumes *volumes)
{
  errint_t err = 0;

  for (size_t i = 0; i < search->count && err == 0; ++i)
    err = read_member (search, i);
  if (err == 0)
    err = refuse_copies (search);
  for (size_t i = 0; i < search->count && err == 0; ++i)
    err = judge_single (search, i);
  for (size_t i = 0; i < search->group_count && err == 0; ++i)
    err = open_group (search, &search->groups[i], volumes);
  return err;
}

errint_t
lvm_open (struct lvm_member *members, size_t count,
          struct lvm_volumes *volumes)
{
  struct search search = {
    .members = members, .count = count, .left = LVM_METADATA_TOTAL_MAX,
    .found = calloc (count, sizeof *search.found),
  };
  errint_t err = search.found != NULL ? look (&search, volumes) : -ENOMEM;

  for (size_t i = 0; i < search.group_count; ++i)
    clear_group (&search.groups[i]);
  free (search.groups);
  free (search.found);
  return err;
}
