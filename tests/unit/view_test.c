/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tree that shows a delta set: its shape and its names.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "listing.h"
#include "memory_engine.h"
#include "view_checks.h"

static struct listing listing;

static void
expect (const struct view *view, const char *wanted)
{
  assert_string_equal (list_view (&listing, view), wanted);
}

static void
nothing (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();
  CLEANUP (delta_free) struct delta *delta = NULL;
  CLEANUP (delta_free) struct delta *empty = delta_new ();
  CLEANUP (view_free) struct view *view = NULL;
  CLEANUP (view_free) struct view *of_empty = NULL;
  struct stat stat;

  (void) state;
  memory_find (memory, SIDE_BASE, "/")->permissions = 0700;
  memory_find (memory, SIDE_OVERLAY, "/")->uid = 7;
  delta = memory_delta (memory, NULL);
  view = build (delta, true);
  /* The root itself is a modified entry here. */
  expect (view, "M /.base/ = /\n- /.deleted/ = /\n");
  stat = stat_of (view, "/");
  assert_int_equal (stat.st_mode, S_IFDIR | 0755);
  assert_int_equal (stat.st_uid, 7);
  assert_int_equal (stat.st_nlink, 4);
  stat = stat_of (view, "/.deleted");
  assert_int_equal (stat.st_mode, S_IFDIR | 0700);
  assert_int_equal (stat.st_uid, 0);
  assert_int_equal (stat.st_nlink, 2);
  assert_int_equal (view_status (view, VIEW_ROOT), STATUS_MODIFIED);
  assert_int_equal (view_parent (view, VIEW_ROOT), VIEW_ROOT);
  assert_string_equal (view_name (view, VIEW_ROOT), "");
  assert_string_equal (messages.text, "");

  /* Without any filesystem there is still a tree. */
  assert_int_equal (delta_finish (empty), 0);
  of_empty = build (empty, false);
  expect (of_empty, "- /.deleted/ = /\n");
  stat = stat_of (of_empty, "/");
  assert_int_equal (stat.st_mode, S_IFDIR | 0755);
  assert_int_equal (stat.st_nlink, 3);
}

static void
shape (void **state)
{
  CLEANUP (memory_free) struct memory *memory = guest ();
  CLEANUP (delta_free) struct delta *delta = memory_delta (memory, NULL);
  CLEANUP (view_free) struct view *view = build (delta, true);
  CLEANUP (view_free) struct view *without = build (delta, false);
  struct view_totals totals;
  struct stat stat;
  enum side side;

  (void) state;
  expect (view,
          "- /.base/ = /\n"
          "M /.base/dir/ = /dir\n"
          "- /.base/etc/ = /etc\n"
          "M /.base/etc/passwd = /etc/passwd\n"
          "- /.deleted/ = /\n"
          "- /.deleted/dir/ = /dir\n"
          "D /.deleted/dir/member = /dir/member\n"
          "- /.deleted/usr/ = /usr\n"
          "- /.deleted/usr/bin/ = /usr/bin\n"
          "D /.deleted/usr/bin/vim = /usr/bin/vim\n"
          "M /dir\n"
          "- /etc/\n"
          "A /etc/cron.d/\n"
          "A /etc/cron.d/job\n"
          "M /etc/passwd\n");
  expect (without,
          "- /.deleted/ = /\n"
          "- /.deleted/dir/ = /dir\n"
          "D /.deleted/dir/member = /dir/member\n"
          "- /.deleted/usr/ = /usr\n"
          "- /.deleted/usr/bin/ = /usr/bin\n"
          "D /.deleted/usr/bin/vim = /usr/bin/vim\n"
          "M /dir\n"
          "- /etc/\n"
          "A /etc/cron.d/\n"
          "A /etc/cron.d/job\n"
          "M /etc/passwd\n");
  expect_content (view, "/etc/passwd", "root, evil");
  expect_content (view, "/.base/etc/passwd", "root");
  expect_content (view, "/.deleted/usr/bin/vim", "editor");
  expect_content (view, "/dir", "now a file");
  expect_content (view, "/.deleted/dir/member", "was here");
  stat = stat_of (view, "/.deleted/usr/bin");
  assert_int_equal (stat.st_gid, 3);
  assert_int_equal (stat.st_nlink, 2);
  stat = stat_of (view, "/.deleted/usr/bin/vim");
  assert_int_equal (stat.st_mode, S_IFREG | 0755);
  assert_int_equal (stat.st_size, 6);
  assert_int_equal (stat.st_blocks, 1);
  assert_int_equal (stat_of (view, "/").st_nlink, 5);
  assert_int_equal (stat_of (view, "/.deleted").st_nlink, 4);

  assert_non_null (view_entry (view, view_walk (view, "/.base/etc/passwd"),
                               &side));
  assert_int_equal (side, SIDE_BASE);
  assert_int_equal (view_walk (view, "/etc/group"), VIEW_NONE);
  assert_int_equal (view_lookup (view, VIEW_ROOT, ""), VIEW_NONE);
  assert_int_equal (view_lookup (view, view_walk (view, "/dir"), "member"),
                    VIEW_NONE);
  view_count (view, &totals);
  assert_int_equal (totals.nodes, 16);
  assert_int_equal (totals.blocks, 6);
}

/* A guest's own /.deleted and /.base neither hide nor are hidden. */
static void
collisions (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();
  CLEANUP (delta_free) struct delta *delta = NULL;
  CLEANUP (view_free) struct view *view = NULL;
  CLEANUP (view_free) struct view *with_base = NULL;

  (void) state;
  memory_file (memory, SIDE_BASE, "/.deleted/gone", "x");
  memory_file (memory, SIDE_BASE, "/.deleted/changed", "x");
  /* Unchanged, and so not in the delta set: taken all the same. */
  memory_file (memory, SIDE_BASE, "/.deleted.1", "x");
  memory_copy_base (memory);
  memory_file (memory, SIDE_OVERLAY, "/.deleted.3", "x");
  memory_file (memory, SIDE_BASE, "/.deleted.2", "x");
  memory_remove (memory, SIDE_OVERLAY, "/.deleted/gone");
  memory_file (memory, SIDE_OVERLAY, "/.deleted/changed", "y");
  memory_file (memory, SIDE_OVERLAY, "/.base", "file");
  memory_file (memory, SIDE_OVERLAY, "/a/.deleted", "deeper down");
  delta = memory_delta (memory, NULL);
  view = build (delta, false);
  expect (view,
          "A /.base\n"
          "- /.deleted/ = /\n"
          "D /.deleted/.deleted.2 = /.deleted.2\n"
          "- /.deleted/.deleted.4/ = /.deleted\n"
          "D /.deleted/.deleted.4/gone = /.deleted/gone\n"
          "A /.deleted.3\n"
          "- /.deleted.4/ = /.deleted\n"
          "M /.deleted.4/changed = /.deleted/changed\n"
          "A /a/\n"
          "A /a/.deleted\n");
  assert_string_equal (messages.text, "warning: name in use: the guest's "
                       "own /.deleted is shown as /.deleted.4\n");
  expect_content (view, "/.deleted/.deleted.4/gone", "x");
  with_base = build (delta, true);
  assert_int_not_equal (view_walk (with_base, "/.base.1"), VIEW_NONE);
  assert_int_not_equal (view_walk (with_base, "/.base/.deleted.4/changed"),
                        VIEW_NONE);
  assert_true (messages_have (&messages, "/.base is shown as /.base.1"));
}

/* A delta set of several filesystems. */
static void
filesystems (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();
  CLEANUP (delta_free) struct delta *delta = NULL;
  CLEANUP (view_free) struct view *view = NULL;
  static const struct entry root = { .type = ENTRY_DIRECTORY,
                                     .permissions = 0711, .inode = 2 };
  static const struct entry file = { .type = ENTRY_FILE, .inode = 3 };
  const struct delta_entry others[] = {
    { .path = "/var/lib/data", .side = { &root, &root }, .filesystem = 1 },
    { .path = "/var/lib/data/new", .side = { NULL, &file },
      .status = STATUS_ADDED, .filesystem = 1 },
    { .path = "/var/lib/data/old", .side = { &file },
      .status = STATUS_DELETED, .filesystem = 1 },
    { .path = "/.filesystems/vg/lv", .side = { &root, &root },
      .filesystem = 2 },
    { .path = "/.filesystems/vg/lv/new", .side = { NULL, &file },
      .status = STATUS_ADDED, .filesystem = 2 },
    { .path = "/.filesystems/vg/lv/old", .side = { &file },
      .status = STATUS_DELETED, .filesystem = 2 },
  };
  unsigned number;
  struct stat stat;

  (void) state;
  memory_file (memory, SIDE_BASE, "/.filesystems/own", "x");
  memory_file (memory, SIDE_BASE, "/z", "x");
  memory_file (memory, SIDE_OVERLAY, "/.filesystems/own", "y");
  memory_file (memory, SIDE_OVERLAY, "/.filesystems/vg/lv/z", "y");
  delta = memory_compute (memory, NULL);
  delta_add_filesystem (delta, NULL, "sda2", "/var/lib/data", true, &number);
  delta_add_filesystem (delta, NULL, "vg/lv", "/.filesystems/vg/lv", false,
                        &number);
  for (size_t i = 0; i < sizeof others / sizeof others[0]; ++i)
    assert_int_equal (delta_add (delta, &others[i]), 0);
  assert_int_equal (delta_finish (delta), 0);
  view = build (delta, false);
  expect (view,
          "- /.deleted/ = /\n"
          "- /.deleted/.filesystems/ = /.filesystems\n"
          "- /.deleted/.filesystems/vg/ = /.filesystems/vg\n"
          "- /.deleted/.filesystems/vg/lv/ = /.filesystems/vg/lv\n"
          "D /.deleted/.filesystems/vg/lv/old = /.filesystems/vg/lv/old\n"
          "- /.deleted/var/ = /var\n"
          "- /.deleted/var/lib/ = /var/lib\n"
          "- /.deleted/var/lib/data/ = /var/lib/data\n"
          "D /.deleted/var/lib/data/old = /var/lib/data/old\n"
          "D /.deleted/z = /z\n"
          "- /.filesystems/\n"
          "- /.filesystems/vg/\n"
          "- /.filesystems/vg/lv/\n"
          "A /.filesystems/vg/lv/new\n"
          "- /.filesystems.1/ = /.filesystems\n"
          "M /.filesystems.1/own = /.filesystems/own\n"
          "A /.filesystems.1/vg/ = /.filesystems/vg\n"
          "A /.filesystems.1/vg/lv/ = /.filesystems/vg/lv\n"
          "A /.filesystems.1/vg/lv/z = /.filesystems/vg/lv/z\n"
          "- /var/\n"
          "- /var/lib/\n"
          "- /var/lib/data/\n"
          "A /var/lib/data/new\n");
  /* Made up, and known. */
  assert_int_equal (stat_of (view, "/var/lib").st_mode, S_IFDIR | 0755);
  stat = stat_of (view, "/var/lib/data");
  assert_int_equal (stat.st_mode, S_IFDIR | 0711);
  /* Inodes of the same number in two filesystems. */
  assert_int_not_equal (stat_of (view, "/var/lib/data/new").st_ino,
                        stat_of (view, "/.filesystems/vg/lv/new").st_ino);
}

static void
unreadable (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();
  CLEANUP (delta_free) struct delta *delta = NULL;
  CLEANUP (view_free) struct view *view = NULL;
  const struct delta_entry lost = { .path = "/nowhere",
                                    .status = STATUS_UNREADABLE };

  (void) state;
  memory_file (memory, SIDE_BASE, "/d/base", "abcd");
  memory_file (memory, SIDE_BASE, "/d/both", "abcd");
  memory_copy_base (memory);
  memory_find (memory, SIDE_OVERLAY, "/d")->missing = ENTRY_NO_MEMBERS;
  memory_find (memory, SIDE_BASE, "/d")->missing = ENTRY_NO_MEMBERS;
  memory_remove (memory, SIDE_OVERLAY, "/d/base");
  memory_file (memory, SIDE_OVERLAY, "/d/new", "abcd");
  memory_file_generated (memory, SIDE_OVERLAY, "/d/both", 4, memory_failure,
                         NULL);
  memory_special (memory, SIDE_OVERLAY, "/x", ENTRY_UNKNOWN);
  memory_file (memory, SIDE_BASE, "/x/y", "abcd");
  delta = memory_compute (memory, NULL);
  assert_int_equal (delta_add (delta, &lost), 0);
  assert_int_equal (delta_finish (delta), 0);
  view = build (delta, true);
  expect (view,
          "- /.base/ = /\n"
          "? /.base/d/ = /d\n"
          "? /.base/d/both = /d/both\n"
          "? /.base/x/ = /x\n"
          "- /.deleted/ = /\n"
          "- /.deleted/d/ = /d\n"
          "? /.deleted/d/base = /d/base\n"
          "- /.deleted/x/ = /x\n"
          "? /.deleted/x/y = /x/y\n"
          "? /d/\n"
          "? /d/both\n"
          "? /d/new\n"
          "? /nowhere\n"
          "? /x\n");
  assert_true (view_members_incomplete (view, view_walk (view, "/d")));
  assert_true (view_members_incomplete (view,
                                        view_walk (view, "/.deleted/d")));
  assert_false (view_members_incomplete (view, view_walk (view, "/x")));
  assert_false (view_members_incomplete (view,
                                         view_walk (view, "/.deleted/x")));
  assert_false (view_members_incomplete (view, VIEW_ROOT));
  assert_int_equal (stat_of (view, "/nowhere").st_mode, S_IFREG);
  expect_content (view, "/d/new", "abcd");
  expect_content (view, "/.deleted/d/base", "abcd");
}

/* The numbers of a directory's members follow each other, by name. */
static void
members (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();
  CLEANUP (delta_free) struct delta *delta = NULL;
  CLEANUP (view_free) struct view *view = NULL;
  view_node directory, first;
  uint32_t count;
  char path[32];

  (void) state;
  for (int i = 0; i < 5000; ++i) {
    snprintf (path, sizeof path, "/d/%d/x", i);
    memory_file (memory, SIDE_OVERLAY, path, "");
    snprintf (path, sizeof path, "/d/%d-/x", i);
    memory_file (memory, SIDE_OVERLAY, path, "");
  }
  delta = memory_delta (memory, NULL);
  view = build (delta, false);
  directory = view_walk (view, "/d");
  count = view_members (view, directory, &first);
  assert_int_equal (count, 10000);
  for (view_node i = first; i < first + count; ++i) {
    assert_int_equal (view_parent (view, i), directory);
    assert_true (i == first || strcmp (view_name (view, i - 1),
                                       view_name (view, i)) < 0);
    assert_int_equal (view_lookup (view, directory, view_name (view, i)), i);
  }
  assert_int_equal (view_lookup (view, directory, "5000"), VIEW_NONE);
  assert_int_equal (stat_of (view, "/d").st_nlink, 10002);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (nothing),
    cmocka_unit_test (shape),
    cmocka_unit_test (collisions),
    cmocka_unit_test (filesystems),
    cmocka_unit_test (unreadable),
    cmocka_unit_test (members),
  };

  return cmocka_run_group_tests_name ("view", tests, NULL, NULL);
}
