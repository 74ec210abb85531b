/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Random numbers that are the same everywhere, and damage made with them.
 */
#ifndef DELTAFS_RANDOM_BYTES_H
#define DELTAFS_RANDOM_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct random_bytes {
  uint64_t state;               /* the seed at first */
};

/* 0 to LIMIT - 1; LIMIT is not 0. */
uint64_t random_below (struct random_bytes *random, uint64_t limit);

/* One of those numbers at which parsers go wrong, of up to 64 bits. */
uint64_t random_edge (struct random_bytes *random);

/* Changes some of SIZE bytes: single ones, little- and big-endian numbers,
 * ranges of zeros, copies. */
void random_change (struct random_bytes *random, uint8_t *bytes, size_t size);

/* The same, and now and then the size too, up to CAPACITY; the new size. */
size_t random_damage (struct random_bytes *random, uint8_t *bytes, size_t size,
                      size_t capacity);

#endif
