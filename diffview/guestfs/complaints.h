/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What could not be read is reported once for each path, whichever side and
 * however often.
 */
#ifndef DELTAFS_COMPLAINTS_H
#define DELTAFS_COMPLAINTS_H

#include "cleanup.h"
#include "delta.h"
#include "errint.h"
#include "log.h"
#include "tree.h"

struct complaints;

/* NAME is that of the filesystem; copied.  NULL without memory. */
struct complaints *complaints_new (const struct log *log, const char *name);
void complaints_free (struct complaints *complaints);
DEFINE_CLEANUP (struct complaints *, complaints_free)

/* Reports that PATH, or the node's path, cannot be read, unless it was
 * reported before.  WHAT says which part ("cannot read").  Any thread. */
void complaints_add (struct complaints *complaints, const char *what,
                     const char *path, errint_t error);
void complaints_add_node (struct complaints *complaints, const char *what,
                          const struct tree_node *node, errint_t error);

/* The same, with a reason that no errno says. */
void complaints_add_reason (struct complaints *complaints, const char *what,
                            const char *path, const char *reason);

/* Reports those unreadable entries of DELTA, from number FIRST on, that were
 * not reported before: what could not be read was not they themselves. */
void complaints_add_rest (struct complaints *complaints,
                          const struct delta *delta, size_t first);

#endif
