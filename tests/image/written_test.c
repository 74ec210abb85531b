/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The map of what was written, from an allocation depth that is made up
 * here.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "written.h"

/* What this test's side tells: COUNT ranges of LENGTH bytes, of depths 0, 1,
 * 2, …, DEPTHS - 1, and again. */
static struct {
  uint64_t count, length;
  uint32_t depths;
} made_up;

/* Stands for the one that asks the storage daemon. */
errint_t
nbd_side_walk_depth (struct nbd_side *side,
                     errint_t (*take) (void *opaque, uint64_t offset,
                                       uint64_t length, uint32_t depth),
                     void *opaque)
{
  errint_t error = 0;

  (void) side;
  for (uint64_t i = 0; error == 0 && i < made_up.count; ++i)
    error = take (opaque, i * made_up.length, made_up.length,
                  (uint32_t) (i % made_up.depths));
  return error;
}

static void
by_depth (void **state)
{
  CLEANUP_EXTENTS struct extents written = { 0 };

  (void) state;
  made_up.count = 10;
  made_up.length = 1000;
  made_up.depths = 5;
  assert_int_equal (written_read (NULL, 2, &written), 0);
  assert_int_equal (written.count, 2);
  assert_int_equal (written.list[0].offset, 1000);
  assert_int_equal (written.list[0].length, 2000);
  assert_int_equal (written.list[1].offset, 6000);
  assert_int_equal (written.list[1].length, 2000);
}

/* Ten million pieces: nothing is missing from the list, and it is short. */
static void
very_many (void **state)
{
  CLEANUP_EXTENTS struct extents written = { 0 };

  (void) state;
  made_up.count = 10000000;
  made_up.length = 512;
  made_up.depths = 2;
  assert_int_equal (written_read (NULL, 1, &written), 0);
  assert_true (written.count <= 1024 * 1024);
  for (uint64_t i = 1; i < made_up.count; i += 2)
    if (extents_overlap (&written, i * 512, 512) != 512)
      fail_msg ("piece %d is missing", (int) i);
  for (size_t i = 1; i < written.count; ++i)
    if (written.list[i].offset
        <= written.list[i - 1].offset + written.list[i - 1].length)
      fail_msg ("extent %d is out of order", (int) i);
}

int
main (void)
{
  static const struct CMUnitTest tests[] = {
    cmocka_unit_test (by_depth),
    cmocka_unit_test (very_many),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
