/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Extent lists, small cases by hand and random ones against a bitmap.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "extents.h"

static void
expect (const struct extents *extents, size_t count, ...)
{
  va_list arguments;

  assert_int_equal (extents->count, count);
  va_start (arguments, count);
  for (size_t i = 0; i < count; ++i) {
    assert_int_equal (extents->list[i].offset, va_arg (arguments, int));
    assert_int_equal (extents->list[i].length, va_arg (arguments, int));
  }
  va_end (arguments);
}

static void
appending (void **state)
{
  CLEANUP_EXTENTS struct extents extents = { NULL, 0, 0 };

  (void) state;
  assert_int_equal (extents_append (&extents, 10, 0), 0);
  expect (&extents, 0);
  assert_int_equal (extents_append (&extents, 10, 5), 0);
  assert_int_equal (extents_append (&extents, 15, 5), 0);
  assert_int_equal (extents_append (&extents, 30, 1), 0);
  expect (&extents, 2, 10, 10, 30, 1);
  assert_int_equal (extents_append (&extents, 30, 1), -EINVAL);
  assert_int_equal (extents_append (&extents, 5, 1), -EINVAL);
  assert_int_equal (extents_append (&extents, UINT64_MAX, 1), -EINVAL);
  assert_int_equal (extents_append (&extents, UINT64_MAX - 1, 1), 0);
  assert_int_equal (extents_total (&extents), 12);
}

static void
adding (void **state)
{
  CLEANUP_EXTENTS struct extents extents = { NULL, 0, 0 };

  (void) state;
  assert_int_equal (extents_add (&extents, 20, 10), 0);
  assert_int_equal (extents_add (&extents, 40, 10), 0);
  assert_int_equal (extents_add (&extents, 0, 10), 0);
  expect (&extents, 3, 0, 10, 20, 10, 40, 10);
  assert_int_equal (extents_add (&extents, 25, 5), 0);
  expect (&extents, 3, 0, 10, 20, 10, 40, 10);
  assert_int_equal (extents_add (&extents, 30, 10), 0);
  expect (&extents, 2, 0, 10, 20, 30);
  assert_int_equal (extents_add (&extents, 5, 100), 0);
  expect (&extents, 1, 0, 105);
  assert_int_equal (extents_add (&extents, UINT64_MAX, 2), -EINVAL);
}

static void
asking (void **state)
{
  CLEANUP_EXTENTS struct extents extents = { NULL, 0, 0 };

  (void) state;
  assert_false (extents_touches (&extents, 0, UINT64_MAX));
  extents_append (&extents, 10, 10);
  extents_append (&extents, 30, 10);
  assert_int_equal (extents_find (&extents, 0), 0);
  assert_int_equal (extents_find (&extents, 19), 0);
  assert_int_equal (extents_find (&extents, 20), 1);
  assert_int_equal (extents_find (&extents, 40), 2);
  assert_int_equal (extents_overlap (&extents, 15, 20), 10);
  assert_int_equal (extents_overlap (&extents, 20, 10), 0);
  assert_int_equal (extents_overlap (&extents, 35, UINT64_MAX), 5);
  assert_false (extents_touches (&extents, 20, 10));
  assert_false (extents_touches (&extents, 15, 0));
  assert_true (extents_touches (&extents, 20, 11));
}

#define BYTES 64

/* Ranges into a list and into a map of bytes. */
static void
against_a_map (void **state)
{
  (void) state;
  srandom (7);
  for (int round = 0; round < 2000; ++round) {
    CLEANUP_EXTENTS struct extents extents = { NULL, 0, 0 };
    bool map[BYTES + 1] = { false };

    for (int i = 0; i < 12; ++i) {
      unsigned offset = (unsigned) random () % BYTES;
      unsigned length = (unsigned) random () % (BYTES - offset + 1) / 4;
      unsigned in_map = 0, runs = 0;

      assert_int_equal (extents_add (&extents, offset, length), 0);
      memset (map + offset, true, length);
      for (unsigned at = 0; at < BYTES; ++at)
        runs += map[at] && (at == 0 || !map[at - 1]);
      assert_int_equal (extents.count, runs);

      offset = (unsigned) random () % BYTES;
      length = (unsigned) random () % (BYTES - offset + 1);
      for (unsigned at = offset; at < offset + length; ++at)
        in_map += map[at];
      assert_int_equal (extents_overlap (&extents, offset, length), in_map);
      assert_int_equal (extents_touches (&extents, offset, length),
                        in_map > 0);
    }
  }
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (appending),
    cmocka_unit_test (adding),
    cmocka_unit_test (asking),
    cmocka_unit_test (against_a_map),
  };

  return cmocka_run_group_tests_name ("extents", tests, NULL, NULL);
}
