/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Memory that is given out in small pieces and freed at once.
 */
#ifndef DELTAFS_ARENA_H
#define DELTAFS_ARENA_H

#include <stddef.h>

#include "cleanup.h"

struct arena;

/* A new, empty arena, or NULL without memory.  One thread at a time. */
struct arena *arena_new (void);

/* Frees the arena and every piece; NULL is allowed. */
void arena_free (struct arena *arena);

/* SIZE bytes, zeroed, aligned for any type; NULL without memory. */
void *arena_allocate (struct arena *arena, size_t size)
  __attribute__ ((malloc));

/* A copy of LENGTH bytes with a NUL after them (not aligned); NULL without
 * memory. */
char *arena_copy (struct arena *arena, const void *bytes, size_t length);

/* How many bytes the arena holds from the system. */
size_t arena_size (const struct arena *arena);

DEFINE_CLEANUP (struct arena *, arena_free)

#endif
