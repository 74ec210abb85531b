/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tree that shows a delta set: content, attributes, inode numbers, xattrs.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <sys/sysmacros.h>

#include "view_checks.h"

static void
reading (void **state)
{
  CLEANUP (memory_free) struct memory *memory = guest ();
  CLEANUP (delta_free) struct delta *delta = NULL;
  CLEANUP (view_free) struct view *view = NULL;
  static const struct {
    const char *path;
    errint_t read, link;
  } cases[] = {
    { "/etc", -EISDIR, -EINVAL },
    { "/.deleted", -EISDIR, -EINVAL },
    { "/link", -EINVAL, 0 },
    { "/broken", -EINVAL, -EIO },
    { "/fifo", -EINVAL, -EINVAL },
    { "/device", -EINVAL, -EINVAL },
    { "/lost", -EIO, -EINVAL },
    { "/bad", -EIO, -EINVAL },
    { "/closed", -EIO, -EINVAL },
  };
  char buffer[16];
  char scratch[VIEW_TARGET_SIZE];
  const char *target;
  size_t got;

  (void) state;
  memory_symlink (memory, SIDE_OVERLAY, "/link", "/etc/passwd");
  memory_symlink (memory, SIDE_OVERLAY, "/broken", "x")->missing =
    ENTRY_NO_TARGET;
  memory_special (memory, SIDE_OVERLAY, "/fifo", ENTRY_FIFO);
  memory_device (memory, SIDE_OVERLAY, "/device", ENTRY_BLOCK, 259, 70000);
  memory_special (memory, SIDE_OVERLAY, "/lost", ENTRY_UNKNOWN);
  memory_file_generated (memory, SIDE_OVERLAY, "/bad", 10, memory_failure,
                         NULL);
  memory_file (memory, SIDE_OVERLAY, "/closed", "x")->missing =
    ENTRY_NO_CONTENT;
  memory_file_generated (memory, SIDE_OVERLAY, "/huge",
                         (uint64_t) INT64_MAX, memory_pattern, NULL);
  delta = memory_delta (memory, NULL);
  view = build (delta, false);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    view_node node = view_walk (view, cases[i].path);

    assert_int_equal (view_read (view, node, buffer, 4, 0, &got),
                      cases[i].read);
    assert_int_equal (view_readlink (view, node, scratch, &target),
                      cases[i].link);
  }
  assert_int_equal (view_readlink (view, view_walk (view, "/link"), scratch,
                                   &target), 0);
  assert_string_equal (target, "/etc/passwd");
  assert_int_equal (stat_of (view, "/link").st_size, 11);
  assert_int_equal (stat_of (view, "/device").st_rdev, makedev (259, 70000));
  assert_int_equal (stat_of (view, "/device").st_mode, S_IFBLK | 0644);
  assert_int_equal (stat_of (view, "/lost").st_mode, S_IFREG);
  assert_int_equal (stat_of (view, "/lost").st_nlink, 1);
  assert_int_equal (stat_of (view, "/lost").st_size, 1);
  /* Not empty: then nobody would ask for its content, and get EIO. */
  assert_int_equal (stat_of (view, "/lost").st_size, 1);
  assert_int_equal (stat_of (view, "/huge").st_size, INT64_MAX);
  assert_int_equal (view_read (view, view_walk (view, "/huge"), buffer, 16,
                               (uint64_t) INT64_MAX - 10, &got), 0);
  assert_int_equal (got, 10);
  assert_int_equal (view_read (view, view_walk (view, "/huge"), buffer, 16,
                               UINT64_MAX, &got), 0);
  assert_int_equal (got, 0);
}

static void
times_and_owners (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();
  CLEANUP (delta_free) struct delta *delta = NULL;
  CLEANUP (view_free) struct view *view = NULL;
  struct entry *entry = memory_file (memory, SIDE_OVERLAY, "/f", "x");
  struct stat stat;

  (void) state;
  entry->mtime = (struct entry_time) { -5, 999999999 };
  entry->atime = (struct entry_time) { INT64_C (20000000000), 1 };
  entry->ctime = (struct entry_time) { 0, 0 };
  entry->uid = UINT32_MAX - 1;
  entry->gid = 100000;
  entry->permissions = 07777;
  delta = memory_delta (memory, NULL);
  view = build (delta, false);
  stat = stat_of (view, "/f");
  assert_int_equal (stat.st_mtim.tv_sec, -5);
  assert_int_equal (stat.st_mtim.tv_nsec, 999999999);
  assert_true (stat.st_atim.tv_sec == INT64_C (20000000000));
  assert_int_equal (stat.st_ctim.tv_sec, 0);
  assert_int_equal (stat.st_uid, UINT32_MAX - 1);
  assert_int_equal (stat.st_gid, 100000);
  assert_int_equal (stat.st_mode, S_IFREG | 07777);
  assert_int_equal (stat.st_nlink, 1);
}

static void
hard_links (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();
  CLEANUP (delta_free) struct delta *delta = NULL;
  CLEANUP (view_free) struct view *view = NULL;
  struct view_totals totals;

  (void) state;
  memory_file (memory, SIDE_BASE, "/one", "text");
  memory_link (memory, SIDE_BASE, "/one", "/d/two");
  memory_link (memory, SIDE_BASE, "/one", "/three");
  memory_copy_base (memory);
  memory_file (memory, SIDE_OVERLAY, "/one", "more text");
  memory_link (memory, SIDE_OVERLAY, "/one", "/d/two");
  memory_remove (memory, SIDE_OVERLAY, "/three");
  memory_file (memory, SIDE_OVERLAY, "/other", "more text");
  delta = memory_delta (memory, NULL);
  view = build (delta, true);
  assert_int_equal (stat_of (view, "/one").st_ino,
                    stat_of (view, "/d/two").st_ino);
  assert_int_equal (stat_of (view, "/.base/one").st_ino,
                    stat_of (view, "/.base/d/two").st_ino);
  assert_int_equal (stat_of (view, "/.base/one").st_ino,
                    stat_of (view, "/.deleted/three").st_ino);
  assert_int_not_equal (stat_of (view, "/one").st_ino,
                        stat_of (view, "/.base/one").st_ino);
  assert_int_not_equal (stat_of (view, "/one").st_ino,
                        stat_of (view, "/other").st_ino);
  assert_int_not_equal (stat_of (view, "/.base/d").st_ino,
                        stat_of (view, "/d").st_ino);
  assert_int_not_equal (stat_of (view, "/.base").st_ino,
                        stat_of (view, "/.deleted").st_ino);
  assert_int_equal (stat_of (view, "/one").st_nlink, 2);
  assert_int_equal (stat_of (view, "/.base/one").st_nlink, 3);
  /* Each inode once: /one, /other, /.base/one. */
  view_count (view, &totals);
  assert_int_equal (totals.blocks, 3);
}

static void
same_numbers (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();
  CLEANUP (delta_free) struct delta *delta = NULL;
  CLEANUP (view_free) struct view *view = NULL;
  struct entry *one, *other;

  (void) state;
  one = memory_file (memory, SIDE_OVERLAY, "/one", "text");
  other = memory_file (memory, SIDE_OVERLAY, "/other", "text");
  *other = *one;
  other->subvolume = 1;
  *memory_file (memory, SIDE_OVERLAY, "/made-up", "longer") =
    (struct entry) { .type = ENTRY_FILE, .inode = one->inode, .size = 6 };
  memory_special (memory, SIDE_OVERLAY, "/lost", ENTRY_UNKNOWN)->inode = 0;
  memory_special (memory, SIDE_OVERLAY, "/lost too", ENTRY_UNKNOWN)->inode
    = 0;
  delta = memory_delta (memory, NULL);
  view = build (delta, false);
  assert_int_not_equal (stat_of (view, "/one").st_ino,
                        stat_of (view, "/other").st_ino);
  assert_int_not_equal (stat_of (view, "/one").st_ino,
                        stat_of (view, "/made-up").st_ino);
  assert_int_not_equal (stat_of (view, "/lost").st_ino,
                        stat_of (view, "/lost too").st_ino);
}

static void
expect_xattrs (const struct view *view, const char *path, const char *wanted)
{
  view_node node = view_walk (view, path);
  char scratch[VIEW_XATTR_SCRATCH], text[1024] = "";
  const char *name;
  const void *value;
  size_t length;

  for (size_t i = 0; view_xattr (view, node, i, scratch, &name, &value,
                                 &length); ++i)
    snprintf (text + strlen (text), sizeof text - strlen (text),
              "%s=%.*s\n", name, (int) length, (const char *) value);
  assert_string_equal (text, wanted);
}

static void
xattrs (void **state)
{
  CLEANUP (memory_free) struct memory *memory = guest ();
  CLEANUP (delta_free) struct delta *delta = NULL;
  CLEANUP (view_free) struct view *view = NULL;
  static const char *const names[] = {
    "security.selinux", "user.deltafs", "user.deltafs-x",
    "user.deltafs.path", "user.deltafs.zzz", "user.deltafs.", "user.deltafsx",
    "user.z",
  };

  (void) state;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i)
    memory_xattr (memory, SIDE_OVERLAY, "/etc/passwd", names[i], "guest's",
                  7);
  memory_xattr (memory, SIDE_BASE, "/usr/bin", "user.a", "", 0);
  memory_xattr (memory, SIDE_OVERLAY, "/usr/bin", "user.a", "", 0);
  memory_find (memory, SIDE_OVERLAY, "/dir")->missing = ENTRY_NO_XATTRS;
  delta = memory_delta (memory, NULL);
  view = build (delta, true);
  expect_xattrs (view, "/etc/passwd",
                 "user.deltafs.status=modified\n"
                 "user.deltafs.changes=content,xattr,selinux\n"
                 "user.deltafs.path=/etc/passwd\n"
                 "security.selinux=guest's\n"
                 "user.deltafs=guest's\n"
                 "user.deltafs-x=guest's\n"
                 "user.deltafsx=guest's\n"
                 "user.z=guest's\n");
  expect_xattrs (view, "/.base/etc/passwd",
                 "user.deltafs.status=modified\n"
                 "user.deltafs.changes=content,xattr,selinux\n"
                 "user.deltafs.path=/etc/passwd\n");
  expect_xattrs (view, "/.deleted/usr/bin",
                 "user.deltafs.status=scaffold\n"
                 "user.deltafs.changes=\n"
                 "user.deltafs.path=/usr/bin\n"
                 "user.a=\n");
  expect_xattrs (view, "/.deleted",
                 "user.deltafs.status=scaffold\n"
                 "user.deltafs.changes=\n"
                 "user.deltafs.path=/\n");
  expect_xattrs (view, "/dir",
                 "user.deltafs.status=unreadable\n"
                 "user.deltafs.changes=type\n"
                 "user.deltafs.path=/dir\n");
  assert_true (view_xattrs_incomplete (view, view_walk (view, "/dir")));
  assert_false (view_xattrs_incomplete (view, view_walk (view, "/etc")));
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (reading),
    cmocka_unit_test (times_and_owners),
    cmocka_unit_test (hard_links),
    cmocka_unit_test (same_numbers),
    cmocka_unit_test (xattrs),
  };

  return cmocka_run_group_tests_name ("view attributes", tests, NULL, NULL);
}
