/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Sorting by numbers in records, held against qsort on random lists.
 *
 * DELTAFS_SEED is the seed.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <cmocka.h>

#include "radix_sort.h"

#define ROUNDS 300
#define MOST 3000

/* By number, then by part, all else in the order in which it was. */
struct record {
  uint64_t number;
  uint32_t part;
  uint32_t place;
};

struct pair {
  uint32_t low;
  uint32_t high;
};

struct odd {
  uint32_t place;
  uint32_t part;
  uint32_t rest;
};

static uint64_t seed;

/* SplitMix64 (public domain, S. Vigna). */
static uint64_t
next (void)
{
  uint64_t z = seed += UINT64_C (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static int
compare_records (const void *a, const void *b)
{
  const struct record *x = a, *y = b;

  if (x->number != y->number)
    return x->number < y->number ? -1 : 1;
  if (x->part != y->part)
    return x->part < y->part ? -1 : 1;
  return x->place < y->place ? -1 : x->place > y->place;
}

static int
compare_pairs (const void *a, const void *b)
{
  const struct pair *x = a, *y = b;

  if (x->high != y->high)
    return x->high < y->high ? -1 : 1;
  return x->low < y->low ? -1 : x->low > y->low;
}

static int
compare_odd (const void *a, const void *b)
{
  const struct odd *x = a, *y = b;

  if (x->part != y->part)
    return x->part < y->part ? -1 : 1;
  return x->place < y->place ? -1 : x->place > y->place;
}

/* Some bits of a number, so that values come again and bytes are the same in
 * all. */
static uint64_t
mask (void)
{
  uint64_t bits = next () & next ();

  return next () % 4 == 0 ? bits >> (next () % 64) : bits;
}

static void
round_of_records (size_t count)
{
  static const struct radix_key keys[] = {
    RADIX_KEY (struct record, number), RADIX_KEY (struct record, part),
  };
  static struct record list[MOST], wanted[MOST];
  const uint64_t number = mask ();
  const uint32_t part = (uint32_t) mask ();

  for (uint32_t i = 0; i < count; ++i)
    list[i] = (struct record) {
      .number = next () & number, .part = (uint32_t) next () & part,
      .place = i,
    };
  memcpy (wanted, list, sizeof list);
  qsort (wanted, count, sizeof *wanted, compare_records);
  assert_int_equal (radix_sort (list, count, sizeof *list, keys, 2), 0);
  assert_memory_equal (list, wanted, sizeof list);
}

static void
round_of_pairs (size_t count)
{
  static const struct radix_key keys[] = {
    RADIX_KEY (struct pair, high), RADIX_KEY (struct pair, low),
  };
  static struct pair list[MOST], wanted[MOST];
  const uint32_t low = (uint32_t) mask (), high = (uint32_t) mask ();

  for (size_t i = 0; i < count; ++i)
    list[i] = (struct pair) {
      .low = (uint32_t) next () & low, .high = (uint32_t) next () & high,
    };
  memcpy (wanted, list, sizeof list);
  qsort (wanted, count, sizeof *wanted, compare_pairs);
  assert_int_equal (radix_sort (list, count, sizeof *list, keys, 2), 0);
  assert_memory_equal (list, wanted, sizeof list);
}

static void
round_of_odd (size_t count)
{
  static const struct radix_key keys[] = { RADIX_KEY (struct odd, part) };
  static struct odd list[MOST], wanted[MOST];
  const uint32_t part = (uint32_t) mask ();

  for (uint32_t i = 0; i < count; ++i)
    list[i] = (struct odd) {
      .place = i, .part = (uint32_t) next () & part, .rest = i * 3,
    };
  memcpy (wanted, list, sizeof list);
  qsort (wanted, count, sizeof *wanted, compare_odd);
  assert_int_equal (radix_sort (list, count, sizeof *list, keys, 1), 0);
  assert_memory_equal (list, wanted, sizeof list);
}

static void
test_random_lists (void **state)
{
  const char *given = getenv ("DELTAFS_SEED");

  (void) state;
  if (given != NULL)
    seed = strtoull (given, NULL, 10);
  else
    assert_int_equal (getrandom (&seed, sizeof seed, 0), sizeof seed);
  print_message ("# DELTAFS_SEED=%llu\n", (unsigned long long) seed);
  for (int i = 0; i < ROUNDS; ++i) {
    const size_t count = 1 + (size_t) next () % (i % 2 == 0 ? 5 : MOST);

    round_of_records (count);
    round_of_pairs (count);
    round_of_odd (count);
  }
}

static void
test_extremes (void **state)
{
  static const struct radix_key keys[] = { RADIX_KEY (struct record, number) };
  struct record list[] = {
    { .number = UINT64_MAX }, { .number = 0 },
    { .number = UINT64_C (1) << 63 }, { .number = 255 }, { .number = 256 },
  };

  (void) state;
  assert_int_equal (radix_sort (NULL, 0, sizeof *list, keys, 1), 0);
  assert_int_equal (radix_sort (list, 1, sizeof *list, keys, 1), 0);
  assert_true (list[0].number == UINT64_MAX);
  assert_int_equal (radix_sort (list, 5, sizeof *list, keys, 1), 0);
  assert_int_equal (list[0].number, 0);
  assert_int_equal (list[1].number, 255);
  assert_int_equal (list[2].number, 256);
  assert_true (list[3].number == UINT64_C (1) << 63);
  assert_true (list[4].number == UINT64_MAX);
  assert_int_equal (radix_sort (list, SIZE_MAX, sizeof *list, keys, 1),
                    -ENOMEM);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_random_lists),
    cmocka_unit_test (test_extremes),
  };

  return cmocka_run_group_tests_name ("radix sort", tests, NULL, NULL);
}
