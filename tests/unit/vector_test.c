/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lists that grow, and places in sorted ones.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "vector.h"

static void
test_append (void **state)
{
  struct pair { int a, b; } *list = NULL;
  size_t count = 0, capacity = 0;

  (void) state;
  for (int i = 0; i < 1000; ++i) {
    assert_int_equal (VECTOR_APPEND (list, count, capacity,
                                     (struct pair) { i, -i }), 0);
    assert_true (count <= capacity);
  }
  assert_int_equal (count, 1000);
  for (int i = 0; i < 1000; ++i) {
    assert_int_equal (list[i].a, i);
    assert_int_equal (list[i].b, -i);
  }
  free (list);
}

/* Nothing is lost where there is no memory. */
static void
test_no_memory (void **state)
{
  size_t capacity = SIZE_MAX / 8;
  int item = 1;

  (void) state;
  assert_null (vector_room (NULL, capacity, &capacity, 64));
  assert_int_equal (capacity, SIZE_MAX / 8);
  capacity = 1;
  assert_ptr_equal (vector_room (&item, 0, &capacity, sizeof item), &item);
}

static void
test_place (void **state)
{
  static const int list[] = { 1, 3, 3, 3, 7 };

  (void) state;
  assert_int_equal (SORTED_PLACE (i, 0, 5, list[i] < 0), 0);
  assert_int_equal (SORTED_PLACE (i, 0, 5, list[i] < 3), 1);
  assert_int_equal (SORTED_PLACE (i, 0, 5, list[i] < 4), 4);
  assert_int_equal (SORTED_PLACE (i, 0, 5, list[i] < 8), 5);
  assert_int_equal (SORTED_PLACE (i, 2, 4, list[i] < 3), 2);
  assert_int_equal (SORTED_PLACE (i, 3, 3, list[i] < 8), 3);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_append),
    cmocka_unit_test (test_no_memory),
    cmocka_unit_test (test_place),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
