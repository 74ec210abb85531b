/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Each pass puts the records in order by some bits and keeps the order that
 * they had before, see radix_sort.h.
 *
 * A pass takes so many bits that there are about as many values as records:
 * inodes and blocks are mostly in order already, and then both the counts and
 * the places that are written to are near those before.
 */
#include <config.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "radix_sort.h"

/* Of one pass: 4 MiB of counts. */
#define BITS_MAX 20

/* In all that follows, SIZE is a constant where it matters, and so is
 * key.size. */
#define INLINE static inline __attribute__ ((always_inline))

struct sorting {
  uint8_t *list;
  uint8_t *other;               /* as large; the two change places */
  size_t count;
  unsigned bits;                /* of a pass, at most */
  uint32_t *places;             /* one for each value of so many bits */
};

INLINE uint64_t
number_of (const uint8_t *record, struct radix_key key)
{
  uint64_t number;
  uint32_t half;

  if (key.size == sizeof number) {
    memcpy (&number, record + key.offset, sizeof number);
    return number;
  }
  memcpy (&half, record + key.offset, sizeof half);
  return half;
}

/* The bits in which the records are not all the same; 0 where they are in the
 * order of KEY. */
INLINE uint64_t
bits_to_sort (const struct sorting *sorting, size_t size,
              struct radix_key key)
{
  const uint64_t first = number_of (sorting->list, key);
  uint64_t last = first, differ = 0;
  bool sorted = true;

  for (size_t i = 1; i < sorting->count; ++i) {
    uint64_t number = number_of (sorting->list + i * size, key);

    sorted &= number >= last;
    differ |= number ^ first;
    last = number;
  }
  return sorted ? 0 : differ;
}

/* By BITS bits of KEY from bit SHIFT on. */
INLINE void
pass (struct sorting *sorting, size_t size, struct radix_key key,
      unsigned shift, unsigned bits)
{
  const uint64_t mask = (UINT64_C (1) << bits) - 1;
  uint8_t *list = sorting->list, *other = sorting->other;
  uint32_t *places = sorting->places, place = 0;

  memset (places, 0, (mask + 1) * sizeof *places);
  for (size_t i = 0; i < sorting->count; ++i)
    places[(number_of (list + i * size, key) >> shift) & mask]++;
  for (size_t value = 0; value <= mask; ++value) {
    uint32_t records = places[value];

    places[value] = place;
    place += records;
  }
  for (size_t i = 0; i < sorting->count; ++i) {
    const uint8_t *record = list + i * size;
    uint64_t value = (number_of (record, key) >> shift) & mask;

    memcpy (other + places[value]++ * size, record, size);
  }
  sorting->list = other;
  sorting->other = list;
}

INLINE void
sort_by_key (struct sorting *sorting, size_t size, struct radix_key key)
{
  const uint64_t differ = bits_to_sort (sorting, size, key);
  unsigned shift, length, passes;

  if (differ == 0)
    return;
  shift = (unsigned) __builtin_ctzll (differ);
  length = 64 - (unsigned) __builtin_clzll (differ) - shift;
  passes = (length + sorting->bits - 1) / sorting->bits;
  for (unsigned i = 0; i < passes; ++i) {
    unsigned from = length * i / passes, to = length * (i + 1) / passes;

    pass (sorting, size, key, shift + from, to - from);
  }
}

INLINE void
sort_by_keys (struct sorting *sorting, size_t size,
              const struct radix_key *keys, size_t key_count)
{
  for (size_t i = key_count; i > 0; --i)
    if (keys[i - 1].size == 8)
      sort_by_key (sorting, size,
                   (struct radix_key) { keys[i - 1].offset, 8 });
    else
      sort_by_key (sorting, size,
                   (struct radix_key) { keys[i - 1].offset, 4 });
}

static void
sort (struct sorting *sorting, size_t size, const struct radix_key *keys,
      size_t key_count)
{
  if (size == 8)
    sort_by_keys (sorting, 8, keys, key_count);
  else if (size == 16)
    sort_by_keys (sorting, 16, keys, key_count);
  else
    sort_by_keys (sorting, size, keys, key_count);
}

errint_t
radix_sort (void *list, size_t count, size_t size,
            const struct radix_key *keys, size_t key_count)
{
  struct sorting sorting = { .list = list, .count = count, .bits = 1 };
  uint8_t *memory;
  errint_t err = 0;

  if (count < 2)
    return 0;
  if (count > UINT32_MAX)
    return -ENOMEM;
  while (sorting.bits < BITS_MAX && count >> sorting.bits > 0)
    sorting.bits++;
  memory = reallocarray (NULL, count, size);
  sorting.other = memory;
  sorting.places = calloc ((size_t) 1 << sorting.bits,
                           sizeof *sorting.places);
  if (memory == NULL || sorting.places == NULL)
    err = -ENOMEM;
  else
    sort (&sorting, size, keys, key_count);
  if (sorting.list != list)
    memcpy (list, sorting.list, count * size);
  free (sorting.places);
  free (memory);
  return err;
}
