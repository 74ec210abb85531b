/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A sorted list of byte ranges of a disk, such as what an overlay wrote.
 */
#ifndef DELTAFS_EXTENTS_H
#define DELTAFS_EXTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "errint.h"

struct extent {
  uint64_t offset;              /* bytes */
  uint64_t length;              /* bytes, never 0 */
};

/* Sorted by offset, disjoint, not adjacent. */
struct extents {
  struct extent *list;          /* owned */
  size_t count;
  size_t capacity;
};

/* Appends a range that begins at or after the end of the last one, and
 * joins it with that one where they touch.  LENGTH 0 does nothing.
 * -EINVAL for a range out of order or beyond 2^64, -ENOMEM. */
errint_t extents_append (struct extents *extents,
                         uint64_t offset, uint64_t length);

/* Adds a range anywhere, joining what it touches.  -EINVAL, -ENOMEM. */
errint_t extents_add (struct extents *extents,
                      uint64_t offset, uint64_t length);

/* Index of the first extent that ends after OFFSET; count if none does. */
size_t extents_find (const struct extents *extents, uint64_t offset);

/* How many bytes of the range are in the list. */
uint64_t extents_overlap (const struct extents *extents,
                          uint64_t offset, uint64_t length);

/* Does any byte of the range lie in the list? */
bool extents_touches (const struct extents *extents,
                      uint64_t offset, uint64_t length);

/* Sum of all lengths. */
uint64_t extents_total (const struct extents *extents);

/* Frees the list itself, not the structure, which is empty then. */
void extents_clear (struct extents *extents);

static inline void
cleanup_extents (struct extents *extents)
{
  extents_clear (extents);
}

#define CLEANUP_EXTENTS __attribute__ ((cleanup (cleanup_extents)))

#endif
