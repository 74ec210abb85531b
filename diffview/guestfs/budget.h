/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How large a tree may become.
 */
#ifndef DELTAFS_BUDGET_H
#define DELTAFS_BUDGET_H

#include <stdbool.h>

#include "tree.h"

/* Entries of one filesystem on one side. */
#define BUDGET_ENTRIES 20000000

/* Is the tree larger than an honest guest's, or than this machine's memory
 * allows?  Each side may have a quarter of it. */
bool budget_exceeded (const struct tree *tree);

#endif
