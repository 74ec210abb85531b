/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Parsing of mountinfo.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mountinfo.h"

static struct mounts *
parse (const char *text)
{
  CLEANUP_FCLOSE FILE *file = fmemopen ((void *) (uintptr_t) text,
                                        strlen (text), "r");
  struct mounts *mounts = NULL;

  assert_non_null (file);
  assert_int_equal (mounts_parse (file, &mounts), 0);
  return mounts;
}

static void
test_fields (void **state)
{
  CLEANUP (mounts_free) struct mounts *mounts = parse (
    "36 35 98:0 /root /mnt rw,noatime master:1 - ext3 /dev/root rw\n"
    "42 36 0:57 / /mnt/delta ro,nosuid - fuse.deltafs o.qcow2 "
    "ro,user_id=1000,group_id=7\n");
  const struct mount_row *row = mounts_find (mounts, "/mnt/delta");

  (void) state;
  assert_int_equal (mounts->count, 2);
  assert_non_null (row);
  assert_int_equal (row->id, 42);
  assert_int_equal (row->parent, 36);
  assert_int_equal (row->major, 0);
  assert_int_equal (row->minor, 57);
  assert_true (mount_is_deltafs (row));
  assert_int_equal (mount_owner (row), 1000);
  row = mounts_find (mounts, "/mnt");
  assert_non_null (row);
  assert_false (mount_is_deltafs (row));
  assert_int_equal (mount_owner (row), -1);
  assert_null (mounts_find (mounts, "/mnt/delt"));
  assert_ptr_equal (mounts_below (mounts, "/mnt"), &mounts->list[1]);
  assert_null (mounts_below (mounts, "/mnt/delta"));
}

static void
test_escapes (void **state)
{
  CLEANUP (mounts_free) struct mounts *mounts = parse (
    "1 0 0:1 / /a\\040b\\011c\\012d\\134e rw - fuse.deltafs a\\040b ro\n"
    "2 0 0:2 / /lone\\ rw - tmpfs x rw\n"
    "3 0 0:3 / /\\04 rw - tmpfs x rw\n");

  (void) state;
  assert_non_null (mounts_find (mounts, "/a b\tc\nd\\e"));
  assert_non_null (mounts_find (mounts, "/lone\\"));
  assert_non_null (mounts_find (mounts, "/\\04"));
}

/* Whatever order the kernel prints them in. */
static void
test_stacked (void **state)
{
  CLEANUP (mounts_free) struct mounts *mounts = parse (
    "12 11 0:3 / /m rw - tmpfs top rw\n"
    "10 1 0:1 / /m rw - tmpfs bottom rw\n"
    "11 10 0:2 / /m rw - tmpfs middle rw\n");

  (void) state;
  assert_int_equal (mounts_find (mounts, "/m")->id, 12);
}

static void
test_garbage (void **state)
{
  CLEANUP (mounts_free) struct mounts *mounts = parse (
    "\n"
    "nothing\n"
    "1 2 3 - a b c\n"
    "1 2 3:4 - a b c\n"
    "1 2 3:4 / - a b c\n"
    "5 2 3:4 / /x rw - type\n"
    "6 2 3:4 / /last rw - type source options");

  (void) state;
  assert_int_equal (mounts->count, 2);
  assert_string_equal (mounts->list[0].options, "");
  assert_string_equal (mounts->list[1].options, "options");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_fields),
    cmocka_unit_test (test_escapes),
    cmocka_unit_test (test_stacked),
    cmocka_unit_test (test_garbage),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
