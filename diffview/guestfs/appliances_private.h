/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files of this room know of the two appliances.
 */
#ifndef DELTAFS_APPLIANCES_PRIVATE_H
#define DELTAFS_APPLIANCES_PRIVATE_H

#include "appliance.h"
#include "memory_budget.h"
#include "watchdog.h"

struct appliances {
  struct appliance *side[SIDES];
  struct watchdog *watchdog;    /* or NULL */
  struct appliance_filesystems *seen[SIDES];    /* and not fetched; or NULL */
  const struct log *log;
  const struct progress *progress;
  struct memory_budget memory;  /* for the trees, which are kept */
};

#endif
