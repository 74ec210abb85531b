/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The cache of the direct engine's chunks: what is in it, what goes first, and
 * that it works on after it was dropped.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "block_cache.h"

#define CHUNK ((size_t) 4096)
/* 12 MiB. */
#define MOST ((uint64_t) 3072)

/* A chunk that tells its key. */
static void
put (struct block_cache *cache, uint64_t key)
{
  uint8_t *chunk = calloc (1, CHUNK);

  assert_non_null (chunk);
  memcpy (chunk + CHUNK - sizeof key, &key, sizeof key);
  block_cache_put (cache, key, chunk);
}

static bool
has (struct block_cache *cache, uint64_t key)
{
  uint64_t value = 0;

  if (!block_cache_get (cache, key, CHUNK - sizeof value, &value,
                        sizeof value))
    return false;
  assert_int_equal (value, key);
  return true;
}

static void
test_oldest_goes (void **state)
{
  struct block_cache *cache = block_cache_new (CHUNK);

  (void) state;
  assert_non_null (cache);
  for (uint64_t key = 0; key < MOST; ++key)
    put (cache, key);
  /* Used again, so that the next one is the oldest. */
  assert_true (has (cache, 0));
  put (cache, MOST);
  assert_true (has (cache, 0));
  assert_false (has (cache, 1));
  assert_true (has (cache, 2));
  assert_true (has (cache, MOST));
  put (cache, MOST);
  assert_true (has (cache, MOST));
  block_cache_free (cache);
}

static void
test_clear (void **state)
{
  struct block_cache *cache = block_cache_new (CHUNK);

  (void) state;
  assert_non_null (cache);
  block_cache_clear (cache);
  for (uint64_t key = 0; key < 10; ++key)
    put (cache, key);
  block_cache_clear (cache);
  for (uint64_t key = 0; key < 10; ++key)
    assert_false (has (cache, key));
  put (cache, 3);
  assert_true (has (cache, 3));
  assert_false (has (cache, 4));
  block_cache_free (cache);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_oldest_goes),
    cmocka_unit_test (test_clear),
  };

  return cmocka_run_group_tests_name ("block cache", tests, NULL, NULL);
}
