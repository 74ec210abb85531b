/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two trees into a delta set, on the in-memory engine.
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

static struct listing listing;

/* Computes and expects a list. */
static void
expect_rules (struct memory *memory, const struct compare_rules *rules,
              const char *wanted)
{
  CLEANUP (delta_free) struct delta *delta = memory_delta (memory, rules);

  assert_string_equal (list_delta (&listing, delta), wanted);
}

static void
expect (struct memory *memory, const char *wanted)
{
  expect_rules (memory, NULL, wanted);
}

static void
nothing (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();

  (void) state;
  memory_file (memory, SIDE_BASE, "/a/b", "text");
  memory_copy_base (memory);
  expect (memory, "- /\n");
  assert_int_equal (memory_reads (memory), 0);
}

/* What merging two sorted lists of paths gets wrong. */
static void
sibling_names (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();

  (void) state;
  memory_file (memory, SIDE_BASE, "/usr/lib/python3/dist", "x");
  memory_file (memory, SIDE_BASE, "/usr/lib/python3.11/os.py", "x");
  memory_file (memory, SIDE_BASE, "/a/x", "x");
  memory_file (memory, SIDE_BASE, "/a-b", "x");
  memory_copy_base (memory);
  memory_file (memory, SIDE_OVERLAY, "/usr/lib/python3/new", "x");
  memory_file (memory, SIDE_OVERLAY, "/usr/lib/python3.11/os.py", "y");
  memory_directory (memory, SIDE_OVERLAY, "/usr/lib/python3-x");
  memory_remove (memory, SIDE_OVERLAY, "/a/x");
  expect (memory,
          "- /\n"
          "- /a\n"
          "D /a/x\n"
          "- /usr\n"
          "- /usr/lib\n"
          "- /usr/lib/python3\n"
          "A /usr/lib/python3/new\n"
          "A /usr/lib/python3-x\n"
          "- /usr/lib/python3.11\n"
          "M content /usr/lib/python3.11/os.py\n");
}

static void
whole_directories (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();

  (void) state;
  memory_file (memory, SIDE_BASE, "/gone/a/b", "x");
  memory_directory (memory, SIDE_BASE, "/gone/empty");
  memory_copy_base (memory);
  memory_remove (memory, SIDE_OVERLAY, "/gone");
  memory_file (memory, SIDE_OVERLAY, "/new/a/b", "y");
  memory_directory (memory, SIDE_OVERLAY, "/new/empty");
  expect (memory,
          "- /\n"
          "D /gone\nD /gone/a\nD /gone/a/b\nD /gone/empty\n"
          "A /new\nA /new/a\nA /new/a/b\nA /new/empty\n");
}

static void
other_types (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();

  (void) state;
  memory_file (memory, SIDE_BASE, "/dir/a/b", "x");
  memory_file (memory, SIDE_BASE, "/file", "x");
  memory_symlink (memory, SIDE_BASE, "/link", "a");
  memory_device (memory, SIDE_BASE, "/device", ENTRY_CHAR, 1, 3);
  memory_special (memory, SIDE_BASE, "/fifo", ENTRY_FIFO);
  memory_copy_base (memory);
  memory_remove (memory, SIDE_OVERLAY, "/dir");
  memory_symlink (memory, SIDE_OVERLAY, "/dir", "/etc");
  memory_directory (memory, SIDE_OVERLAY, "/file");
  memory_file (memory, SIDE_OVERLAY, "/file/c", "x");
  memory_symlink (memory, SIDE_OVERLAY, "/link", "b");
  memory_device (memory, SIDE_OVERLAY, "/device", ENTRY_CHAR, 1, 5);
  memory_special (memory, SIDE_OVERLAY, "/fifo", ENTRY_SOCKET);
  expect (memory,
          "- /\n"
          "M device /device\n"
          "M type /dir\n"
          "D /dir/a\n"
          "D /dir/a/b\n"
          "M type /fifo\n"
          "M type /file\n"
          "A /file/c\n"
          "M target /link\n");
}

static void
bytes_decide (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();
  const struct entry *base;
  struct entry *overlay;

  (void) state;
  memory_file (memory, SIDE_BASE, "/rewritten", "same");
  memory_file (memory, SIDE_BASE, "/replaced", "same");
  memory_file (memory, SIDE_BASE, "/patched", "abcd");
  base = memory_file (memory, SIDE_BASE, "/silent", "abcd");
  memory_file (memory, SIDE_BASE, "/touched", "same");
  memory_file (memory, SIDE_BASE, "/moded", "same");
  memory_copy_base (memory);
  memory_file (memory, SIDE_OVERLAY, "/rewritten", "same");
  memory_file (memory, SIDE_OVERLAY, "/replaced", "same")->inode = 1000;
  memory_file (memory, SIDE_OVERLAY, "/patched", "abCd");
  overlay = memory_file (memory, SIDE_OVERLAY, "/silent", "abCd");
  overlay->ctime = base->ctime;
  memory_find (memory, SIDE_OVERLAY, "/touched")->mtime.seconds = 5;
  memory_find (memory, SIDE_OVERLAY, "/moded")->permissions = 04755;
  {
    /* Trusted: size, inode number and times are what they were. */
    CLEANUP (delta_free) struct delta *delta = memory_delta (memory, NULL);

    assert_string_equal (list_delta (&listing, delta),
                         "- /\n"
                         "M mode /moded\n"
                         "M content /patched\n");
  }
}

static void
verify (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();
  static const struct compare_rules rules = { .verify = true, .times = true };
  const struct entry *base;

  (void) state;
  base = memory_file (memory, SIDE_BASE, "/silent", "abcd");
  memory_file (memory, SIDE_BASE, "/touched", "same");
  memory_directory (memory, SIDE_BASE, "/directory");
  memory_copy_base (memory);
  memory_file (memory, SIDE_OVERLAY, "/silent", "abCd")->ctime = base->ctime;
  memory_find (memory, SIDE_OVERLAY, "/touched")->mtime.seconds = 5;
  memory_find (memory, SIDE_OVERLAY, "/directory")->mtime.seconds = 5;
  expect_rules (memory, &rules,
                "- /\nM content,silent /silent\nM time /touched\n");
}

/* Every path is judged for itself; one pair of inodes is one question. */
static void
hard_links (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();
  char path[16];

  (void) state;
  memory_file (memory, SIDE_BASE, "/0", "abcd");
  for (int i = 1; i < 50; ++i) {
    snprintf (path, sizeof path, "/%d", i);
    memory_link (memory, SIDE_BASE, "/0", path);
  }
  memory_copy_base (memory);
  for (int i = 0; i < 50; ++i) {
    snprintf (path, sizeof path, "/%d", i);
    if (i == 0)
      memory_file (memory, SIDE_OVERLAY, path, "abcD");
    else if (i < 48)
      memory_link (memory, SIDE_OVERLAY, "/0", path);
  }
  {
    CLEANUP (delta_free) struct delta *delta = memory_delta (memory, NULL);

    assert_int_equal (delta->count, 1 + 48);
    for (size_t i = 1; i < delta->count; ++i)
      assert_int_equal (delta->entries[i].kinds, KIND_CONTENT);
    assert_int_equal (memory_reads (memory), 2);
  }
}

static void
renames (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();

  (void) state;
  memory_file (memory, SIDE_BASE, "/dir/old", "same");
  memory_file (memory, SIDE_BASE, "/dir/changed", "abcd");
  memory_file (memory, SIDE_BASE, "/empty", "");
  memory_file (memory, SIDE_BASE, "/was/member", "member");
  memory_file (memory, SIDE_BASE, "/x-1", "links");
  memory_link (memory, SIDE_BASE, "/x-1", "/x/2");
  memory_link (memory, SIDE_BASE, "/x-1", "/x-3");
  memory_symlink (memory, SIDE_BASE, "/symlink", "target");
  memory_copy_base (memory);
  memory_rename (memory, SIDE_OVERLAY, "/dir/old", "/new");
  memory_rename (memory, SIDE_OVERLAY, "/dir/changed", "/changed");
  memory_file (memory, SIDE_OVERLAY, "/changed", "abcD")->inode =
    memory_find (memory, SIDE_BASE, "/dir/changed")->inode;
  memory_rename (memory, SIDE_OVERLAY, "/empty", "/void");
  memory_rename (memory, SIDE_OVERLAY, "/was/member", "/saved");
  memory_remove (memory, SIDE_OVERLAY, "/was");
  memory_file (memory, SIDE_OVERLAY, "/was", "file");
  memory_rename (memory, SIDE_OVERLAY, "/x-1", "/y-1");
  memory_rename (memory, SIDE_OVERLAY, "/x/2", "/y-2");
  memory_rename (memory, SIDE_OVERLAY, "/x-3", "/y-3");
  memory_remove (memory, SIDE_OVERLAY, "/x");
  memory_rename (memory, SIDE_OVERLAY, "/symlink", "/moved");
  /* A copy: same bytes, another inode. */
  memory_file (memory, SIDE_OVERLAY, "/copy", "same")->inode = 1000;
  expect (memory,
          "- /\n"
          "A /changed\n"
          "A /copy\n"
          "- /dir\n"
          "D /dir/changed\n"
          "D /dir/old\n"
          "D /empty\n"
          "A /moved\n"
          "A /new < /dir/old\n"
          "A /saved < /was/member\n"
          "D /symlink\n"
          "A /void\n"
          "M type /was\n"
          "D /was/member\n"
          "D /x\n"
          "D /x/2\n"
          "D /x-1\n"
          "D /x-3\n"
          "A /y-1 < /x/2\n"
          "A /y-2 < /x/2\n"
          "A /y-3 < /x/2\n");
}

/* Inode numbers that are made up tell nothing. */
static void
no_renames (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();

  (void) state;
  memory_trust (memory, TRUST_NOTHING, false);
  memory_file (memory, SIDE_BASE, "/old", "same");
  memory_file (memory, SIDE_BASE, "/a", "aaaa");
  memory_file (memory, SIDE_BASE, "/b", "bbbb");
  *memory_find (memory, SIDE_BASE, "/b") =
    *memory_find (memory, SIDE_BASE, "/a");
  memory_copy_base (memory);
  memory_rename (memory, SIDE_OVERLAY, "/old", "/new");
  memory_file (memory, SIDE_OVERLAY, "/b", "bbbB");
  *memory_find (memory, SIDE_OVERLAY, "/b") =
    *memory_find (memory, SIDE_BASE, "/a");
  expect (memory, "- /\nM content,silent /b\nA /new\nD /old\n");
}

/* Another subvolume's inode of the same number is another inode. */
static void
subvolumes (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();

  (void) state;
  memory_file (memory, SIDE_BASE, "/old", "same")->subvolume = 5;
  memory_file (memory, SIDE_BASE, "/a", "aaaa");
  memory_copy_base (memory);
  memory_rename (memory, SIDE_OVERLAY, "/old", "/new");
  memory_find (memory, SIDE_OVERLAY, "/new")->subvolume = 6;
  memory_find (memory, SIDE_OVERLAY, "/a")->subvolume = 6;
  expect (memory, "- /\nA /new\nD /old\n");
  assert_int_equal (memory_reads (memory), 2);
}

static void
one_side_only (void **state)
{
  CLEANUP (memory_free) struct memory *added = memory_new ();
  CLEANUP (memory_free) struct memory *deleted = memory_new ();

  (void) state;
  memory_no_filesystem (added, SIDE_BASE);
  memory_file (added, SIDE_OVERLAY, "/a/b", "x");
  expect (added, "A /\nA /a\nA /a/b\n");
  memory_file (deleted, SIDE_BASE, "/a/b", "x");
  memory_no_filesystem (deleted, SIDE_OVERLAY);
  expect (deleted, "D /\nD /a\nD /a/b\n");
}

/* Never left out and never "unchanged". */
static void
unreadable_parts (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();

  (void) state;
  memory_file (memory, SIDE_BASE, "/content", "abcd");
  memory_file (memory, SIDE_BASE, "/metadata", "abcd");
  memory_file (memory, SIDE_BASE, "/known", "abcd");
  memory_file (memory, SIDE_BASE, "/xattrs", "abcd");
  memory_file (memory, SIDE_BASE, "/gone", "abcd")->missing
    = ENTRY_NO_XATTRS;
  memory_copy_base (memory);
  memory_file_generated (memory, SIDE_OVERLAY, "/content", 4, memory_failure,
                         NULL);
  memory_special (memory, SIDE_OVERLAY, "/metadata", ENTRY_UNKNOWN);
  memory_file_generated (memory, SIDE_OVERLAY, "/known", 4, memory_failure,
                         NULL)->uid = 5;
  memory_find (memory, SIDE_OVERLAY, "/xattrs")->missing = ENTRY_NO_XATTRS;
  memory_remove (memory, SIDE_OVERLAY, "/gone");
  memory_special (memory, SIDE_OVERLAY, "/new", ENTRY_UNKNOWN);
  expect (memory,
          "- /\n"
          "? /content\n"
          "? /gone\n"
          "? owner /known\n"
          "? /metadata\n"
          "? /new\n"
          "? /xattrs\n");
}

/* A name that is missing from an incomplete list may be there. */
static void
incomplete_directories (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();

  (void) state;
  memory_file (memory, SIDE_BASE, "/b/both", "abcd");
  memory_file (memory, SIDE_BASE, "/b/base", "abcd");
  memory_file (memory, SIDE_BASE, "/o/both", "abcd");
  memory_file (memory, SIDE_BASE, "/o/base/x", "abcd");
  memory_copy_base (memory);
  memory_find (memory, SIDE_BASE, "/b")->missing = ENTRY_NO_MEMBERS;
  memory_find (memory, SIDE_OVERLAY, "/o")->missing = ENTRY_NO_MEMBERS;
  memory_remove (memory, SIDE_OVERLAY, "/b/base");
  memory_file (memory, SIDE_OVERLAY, "/b/overlay/y", "abcd");
  memory_remove (memory, SIDE_OVERLAY, "/o/base");
  memory_file (memory, SIDE_OVERLAY, "/o/both", "abcD");
  memory_file (memory, SIDE_OVERLAY, "/o/overlay", "abcd");
  expect (memory,
          "- /\n"
          "? /b\n"
          "D /b/base\n"
          "? /b/overlay\n"
          "? /b/overlay/y\n"
          "? /o\n"
          "? /o/base\n"
          "? /o/base/x\n"
          "M content /o/both\n"
          "A /o/overlay\n");
}

/* Nobody knows what became of the members. */
static void
unknown_directories (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();

  (void) state;
  memory_file (memory, SIDE_BASE, "/b/x/y", "abcd");
  memory_special (memory, SIDE_BASE, "/o", ENTRY_UNKNOWN);
  memory_special (memory, SIDE_OVERLAY, "/b", ENTRY_UNKNOWN);
  memory_file (memory, SIDE_OVERLAY, "/o/x/y", "abcd");
  expect (memory,
          "- /\n"
          "? /b\n? /b/x\n? /b/x/y\n"
          "? /o\n? /o/x\n? /o/x/y\n");
}

static void
deep_trees (void **state)
{
  CLEANUP (tree_free) struct tree *base = tree_new ();
  CLEANUP (tree_free) struct tree *overlay = tree_new ();
  CLEANUP (delta_free) struct delta *delta = delta_new ();
  const struct compare_rules rules = { .verify = false };
  struct content_questions questions;
  struct tree_node *node[SIDES] = { base->root, overlay->root };
  char name[256];
  unsigned number;

  (void) state;
  delta_add_filesystem (delta, NULL, "sda1", "/", true, &number);
  memset (name, 'n', 255);
  /* Paths of up to a quarter of a megabyte. */
  for (int i = 0; i < 1000; ++i) {
    node[SIDE_BASE] = tree_add (base, node[SIDE_BASE], name, 255);
    node[SIDE_OVERLAY] = tree_add (overlay, node[SIDE_OVERLAY], name, 255);
    node[SIDE_BASE]->entry.type = ENTRY_DIRECTORY;
    node[SIDE_OVERLAY]->entry.type = ENTRY_DIRECTORY;
  }
  assert_int_equal (compare_ask (base, overlay, TRUST_INODE, true,
                                 &questions), 0);
  assert_int_equal (compare_finish (base, overlay, &rules, &questions, delta,
                                    number), 0);
  assert_int_equal (delta->count, 1);
  node[SIDE_OVERLAY]->entry.permissions = 01;
  assert_int_equal (compare_finish (base, overlay, &rules, &questions, delta,
                                    number), 0);
  assert_int_equal (delta_finish (delta), 0);
  assert_int_equal (delta->count, 1001);
  assert_int_equal (strlen (delta->entries[1000].path), 1000 * 256);
  assert_ptr_equal (compare_node (&delta->entries[1000], SIDE_OVERLAY),
                    node[SIDE_OVERLAY]);
}

/* All paths of this guest together would be 250 GB long. */
static void
endless_trees (void **state)
{
  CLEANUP (tree_free) struct tree *tree = tree_new ();
  CLEANUP (delta_free) struct delta *delta = delta_new ();
  const struct compare_rules rules = { .verify = false };
  struct content_questions questions;
  struct tree_node *node = tree->root;
  unsigned number;

  (void) state;
  delta_add_filesystem (delta, NULL, "sda1", "/", true, &number);
  for (int i = 0; i < 500000; ++i) {
    node = tree_add (tree, node, "d", 1);
    node->entry.type = ENTRY_DIRECTORY;
  }
  tree_add (tree, tree->root, "e", 1)->entry.type = ENTRY_FILE;
  assert_int_equal (compare_ask (NULL, tree, TRUST_INODE, true, &questions),
                    0);
  assert_int_equal (compare_finish (NULL, tree, &rules, &questions, delta,
                                    number), 0);
  assert_in_range (arena_size (delta->arena), 0, 300 * 1024 * 1024);
  assert_int_equal (delta_finish (delta), 0);
  assert_int_equal (delta->entries[127].status, STATUS_ADDED);
  assert_int_equal (strlen (delta->entries[128].path), 256);
  assert_int_equal (delta->entries[128].status, STATUS_UNREADABLE);
  assert_in_range (delta->count, 10000, 40000);
  assert_string_equal (delta->entries[delta->count - 1].path, "/e");
  assert_int_equal (delta->entries[delta->count - 1].status, STATUS_ADDED);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (nothing),
    cmocka_unit_test (sibling_names),
    cmocka_unit_test (whole_directories),
    cmocka_unit_test (other_types),
    cmocka_unit_test (bytes_decide),
    cmocka_unit_test (verify),
    cmocka_unit_test (hard_links),
    cmocka_unit_test (renames),
    cmocka_unit_test (no_renames),
    cmocka_unit_test (subvolumes),
    cmocka_unit_test (one_side_only),
    cmocka_unit_test (unreadable_parts),
    cmocka_unit_test (incomplete_directories),
    cmocka_unit_test (unknown_directories),
    cmocka_unit_test (deep_trees),
    cmocka_unit_test (endless_trees),
  };

  return cmocka_run_group_tests_name ("compare", tests, NULL, NULL);
}
