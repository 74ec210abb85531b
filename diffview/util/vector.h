/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lists that grow, and searching in sorted ones.  A list is a pointer to its
 * items, their count and the capacity, wherever the caller keeps them.
 */
#ifndef DELTAFS_VECTOR_H
#define DELTAFS_VECTOR_H

#include <stddef.h>

#include "errint.h"

/* LIST, which is allocated or NULL, with room for one more item of SIZE bytes
 * behind COUNT of them: it may have moved, and *CAPACITY grown.  NULL without
 * memory: then LIST is as it was. */
void *vector_room (void *list, size_t count, size_t *capacity, size_t size);

/* Appends a copy of the item that the rest of the arguments is: 0 or -ENOMEM.
 * LIST, COUNT and CAPACITY (a size_t) are variables. */
#define VECTOR_APPEND(list, count, capacity, ...)                       \
  __extension__ ({                                                      \
    __typeof__ (list) room_ = vector_room ((list), (count), &(capacity), \
                                           sizeof *(list));             \
    errint_t append_ = room_ == NULL ? -ENOMEM : 0;                     \
                                                                        \
    if (room_ != NULL) {                                                \
      (list) = room_;                                                   \
      room_[(count)++] = (__VA_ARGS__);                                 \
    }                                                                   \
    append_;                                                            \
  })

/* Of the places FROM to TO - 1, of which the first ones are BEFORE (an
 * expression of PLACE) and the others not: the first that is not, or TO. */
#define SORTED_PLACE(place, from, to, before)                           \
  __extension__ ({                                                      \
    size_t low_ = (from), high_ = (to);                                 \
                                                                        \
    while (low_ < high_) {                                              \
      const size_t place = low_ + (high_ - low_) / 2;                   \
                                                                        \
      if (before)                                                       \
        low_ = place + 1;                                               \
      else                                                              \
        high_ = place;                                                  \
    }                                                                   \
    low_;                                                               \
  })

#endif
