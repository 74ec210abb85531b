/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Metadata of one entry: for the root, and where a batch failed.
 */
#ifndef DELTAFS_SINGLE_H
#define DELTAFS_SINGLE_H

#include "scan.h"

/* Each fetches one part of the entry of NODE, at PATH in the appliance.  What
 * cannot be read is marked and goes to the complaints; the failures that are
 * returned are no fault of the entry: see single_is_fatal. */
errint_t single_stat (struct scan *scan, struct tree_node *node,
                      const char *path);
errint_t single_xattrs (struct scan *scan, struct tree_node *node,
                        const char *path);
errint_t single_target (struct scan *scan, struct tree_node *node,
                        const char *path);

/* Does the failure end the scan? */
bool single_is_fatal (errint_t error);

#endif
