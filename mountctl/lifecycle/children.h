/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The children of this process: those that it started, and orphans that came
 * to it because it asked for them (PR_SET_CHILD_SUBREAPER).
 */
#ifndef DELTAFS_CHILDREN_H
#define DELTAFS_CHILDREN_H

#include <stddef.h>
#include <sys/types.h>

#define CHILDREN_LIMIT 256

struct children {
  pid_t list[CHILDREN_LIMIT];
  size_t count;
};

/* The children that there are now, at most CHILDREN_LIMIT. */
void children_list (struct children *children);

/* Kills all children but those in BEFORE, and their orphans, and waits for
 * them, at most five seconds. */
void children_end (const struct children *before);

#endif
