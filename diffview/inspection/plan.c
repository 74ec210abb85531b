/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What has to be done: see plan.h.
 */
#include <config.h>

#include <string.h>

#include "plan.h"
#include "devices.h"

bool
plan_opens_up (const struct filesystem_side *side)
{
  static const char *const types[] = {
    "LVM2_member", "linux_raid_member", "crypto_LUKS",
  };

  for (size_t i = 0; i < sizeof types / sizeof types[0]; ++i)
    if (side->type != NULL && strcmp (side->type, types[i]) == 0)
      return true;
  return false;
}

/* Does the overlay have anything that is in a container? */
static bool
anything_inside (const struct filesystems *filesystems)
{
  for (size_t i = 0; i < filesystems->count; ++i)
    if (filesystems->list[i].partition < 0
        && filesystems->list[i].side[SIDE_OVERLAY].present)
      return true;
  return false;
}

static bool
is_container (const struct filesystem *filesystem)
{
  return filesystem->side[SIDE_BASE].contents == CONTENTS_OPENED
    || filesystem->side[SIDE_OVERLAY].contents == CONTENTS_OPENED;
}

enum task
plan_task (const struct filesystems *filesystems,
           const struct filesystem *filesystem)
{
  const struct filesystem_side *base = &filesystem->side[SIDE_BASE];
  const struct filesystem_side *overlay = &filesystem->side[SIDE_OVERLAY];

  if (!filesystem->written)
    return TASK_NONE;
  if (base->contents == CONTENTS_LOCKED
      || overlay->contents == CONTENTS_LOCKED)
    return TASK_LOCKED;
  if (overlay->contents == CONTENTS_UNKNOWN
      || (base->reason != NULL && base->contents == CONTENTS_UNKNOWN))
    return TASK_UNKNOWN;
  if (overlay->contents == CONTENTS_CONTAINER
      && !(plan_opens_up (overlay) && anything_inside (filesystems)))
    return TASK_UNKNOWN;
  if (base->contents == CONTENTS_FILESYSTEM
      || overlay->contents == CONTENTS_FILESYSTEM)
    return TASK_COMPARE;
  return TASK_NONE;
}

bool
plan_anything (const struct filesystems *filesystems)
{
  for (size_t i = 0; i < filesystems->count; ++i)
    if (plan_task (filesystems, &filesystems->list[i]) != TASK_NONE)
      return true;
  return filesystems_container_written (filesystems);
}

bool
plan_any_comparison (const struct filesystems *filesystems)
{
  for (size_t i = 0; i < filesystems->count; ++i)
    if (plan_task (filesystems, &filesystems->list[i]) == TASK_COMPARE)
      return true;
  return false;
}

bool
plan_any_filesystem (const struct filesystems *filesystems)
{
  if (filesystems_have_containers (filesystems))
    return true;
  for (size_t i = 0; i < filesystems->count; ++i)
    if (filesystem_counts (&filesystems->list[i])
        || is_container (&filesystems->list[i]))
      return true;
  return false;
}

/* Are all selected devices known already, and are they no containers? */
static bool
all_known (const struct filesystems *filesystems,
           const struct selection *selection)
{
  for (size_t i = 0; i < selection->count; ++i) {
    size_t index;

    if (!devices_find (filesystems, selection->list[i].device, &index)
        || filesystem_identity (&filesystems->list[index])->contents
           == CONTENTS_CONTAINER)
      return false;
  }
  return true;
}

bool
plan_needs_look_inside (const struct filesystems *filesystems,
                        const struct selection *selection)
{
  if (selection != NULL)
    return filesystems_have_containers (filesystems)
      && !all_known (filesystems, selection);
  if (filesystems_have_containers (filesystems))
    return true;
  for (size_t i = 0; i < filesystems->count; ++i)
    if (filesystem_is_btrfs (&filesystems->list[i]))
      return true;              /* its subvolumes */
  return false;
}
