/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Ends an appliance that has stopped answering.
 */
#ifndef DELTAFS_WATCHDOG_H
#define DELTAFS_WATCHDOG_H

#include "appliance.h"

struct watchdog;

/* Watches both appliances from a thread of its own until watchdog_stop; NULL
 * where no thread can be had.  The appliances outlive it. */
struct watchdog *watchdog_start (struct appliance *const appliances[SIDES]);
void watchdog_stop (struct watchdog *watchdog);
DEFINE_CLEANUP (struct watchdog *, watchdog_stop)

#endif
