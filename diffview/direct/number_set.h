/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A set of 64-bit numbers: of inodes, of blocks.
 */
#ifndef DELTAFS_DIRECT_NUMBER_SET_H
#define DELTAFS_DIRECT_NUMBER_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "errint.h"

struct number_set {
  uint64_t *slots;              /* owned: number + 1, or 0 */
  size_t count;
  size_t capacity;              /* 0 or a power of two */
};

/* Adds a number below 2^64 - 1; *ADDED says whether it is new.  ADDED may be
 * NULL.  -ENOMEM. */
errint_t number_set_add (struct number_set *set, uint64_t number,
                         bool *added);

bool number_set_has (const struct number_set *set, uint64_t number);

void number_set_clear (struct number_set *set);

#endif
