/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How much memory the trees of all of a guest's filesystems may take together.
 * They are kept, or become part of a delta that is, so what one filesystem has
 * taken is not there for the next.
 */
#ifndef DELTAFS_MEMORY_BUDGET_H
#define DELTAFS_MEMORY_BUDGET_H

#include <stdatomic.h>
#include <stdint.h>

struct memory_budget {
  uint64_t limit;               /* bytes */
  _Atomic uint64_t taken;
};

/* Sets the limit: half of the machine's memory, and no more than a third of
 * what this process may have, for the names of a large directory, the delta
 * with metadata of its own, and the view need the rest.  After the sandbox was
 * entered, which says what the process may have. */
void memory_budget_start (struct memory_budget *budget);

/* Bytes that may still be taken.  Any thread. */
uint64_t memory_budget_left (const struct memory_budget *budget);

/* Takes BYTES for good, whether they are left or not.  Any thread. */
void memory_budget_take (struct memory_budget *budget, uint64_t bytes);

#endif
