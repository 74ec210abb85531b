/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Why a filesystem cannot be mounted.
 */
#ifndef DELTAFS_MOUNT_FAILURE_H
#define DELTAFS_MOUNT_FAILURE_H

#include "appliance.h"

/* Reports that the filesystem NAME cannot be mounted, and why, after a call that
 * failed: with the line of the kernel's log where that tells of features that
 * the kernel does not know, and a hint what to do then; else with what mount(8)
 * says.  With the appliance locked. */
void mount_failure_report (struct appliance *appliance, const char *name);

#endif
