/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lists that grow, see vector.h.
 */
#include <config.h>

#include <stdlib.h>

#include "vector.h"

#define FIRST_CAPACITY 16

void *
vector_room (void *list, size_t count, size_t *capacity, size_t size)
{
  size_t larger = *capacity < FIRST_CAPACITY / 2
    ? FIRST_CAPACITY : *capacity * 2;
  void *moved;

  if (count < *capacity)
    return list;
  moved = reallocarray (list, larger, size);
  if (moved != NULL)
    *capacity = larger;
  return moved;
}
