/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What has to be done, from what is known without reading a filesystem.
 * Pure.
 */
#ifndef DELTAFS_PLAN_H
#define DELTAFS_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "filesystems.h"
#include "selection.h"

enum task {
  TASK_NONE,                    /* the same on both sides, or no filesystem */
  TASK_COMPARE,
  TASK_LOCKED,                  /* encrypted: cannot be read */
  TASK_UNKNOWN,                 /* nobody knows what it holds */
};

enum task plan_task (const struct filesystems *filesystems,
                     const struct filesystem *filesystem);

/* Does SIDE hold a container whose inside shows up as filesystems of their
 * own? */
bool plan_opens_up (const struct filesystem_side *side);

/* Is there anything to be done at all? */
bool plan_anything (const struct filesystems *filesystems);

/* Is there a filesystem that can be compared, as far as is known? */
bool plan_any_comparison (const struct filesystems *filesystems);

/* Is there anything on the disks that deltafs could ever look at? */
bool plan_any_filesystem (const struct filesystems *filesystems);

/* Does only an appliance tell what filesystems there are?  SELECTION may be
 * NULL. */
bool plan_needs_look_inside (const struct filesystems *filesystems,
                             const struct selection *selection);

#endif
