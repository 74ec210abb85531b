/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The verdict on one path, case by case.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "delta.h"
#include "judge.h"

static const struct compare_rules plain = { .verify = false };
static const struct compare_rules times = { .times = true };

static struct entry
file (void)
{
  return (struct entry) {
    .type = ENTRY_FILE, .permissions = 0644, .links = 1, .inode = 12,
    .size = 100, .blocks = 8, .mtime = { 1000, 1 }, .ctime = { 1000, 2 },
  };
}

/* Judges and expects that everything could be read. */
static unsigned
kinds (const struct entry *base, const struct entry *overlay,
       const struct compare_rules *rules, enum content_answer content)
{
  bool unreadable = false;
  unsigned found = judge (base, overlay, rules, content, &unreadable);

  assert_false (unreadable);
  return found;
}

/* The same for what could not be read. */
static unsigned
known_kinds (const struct entry *base, const struct entry *overlay,
             enum content_answer content)
{
  bool unreadable = false;
  unsigned found = judge (base, overlay, &plain, content, &unreadable);

  assert_true (unreadable);
  return found;
}

static void
bytes (void **state)
{
  struct entry base = file (), overlay = file ();

  (void) state;
  assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_SAME), 0);
  /* Size equal: bytes decide. */
  assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_DIFFERS),
                    KIND_CONTENT | KIND_SILENT);
  overlay.mtime.nanoseconds++;
  assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_DIFFERS),
                    KIND_CONTENT);
  overlay = file ();
  overlay.ctime.seconds++;
  assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_DIFFERS),
                    KIND_CONTENT);
  /* Size differs: content, and not silent. */
  overlay = file ();
  overlay.size++;
  assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_UNREADABLE),
                    KIND_CONTENT);
  assert_false (judge_needs_content (&base, &overlay));
  /* Nothing to read in empty files. */
  base.size = overlay.size = 0;
  assert_false (judge_needs_content (&base, &overlay));
  assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_UNREADABLE), 0);
}

/* What is not a change: another inode, times, blocks, links. */
static void
no_change (void **state)
{
  struct entry base = file (), overlay = file ();
  struct entry one = { .type = ENTRY_DIRECTORY, .size = 4096, .links = 2 };
  struct entry other = { .type = ENTRY_DIRECTORY, .size = 8192, .links = 3,
                         .mtime = { 5, 5 }, .ctime = { 5, 5 } };

  (void) state;
  overlay.inode++;
  overlay.subvolume++;
  overlay.links++;
  overlay.blocks++;
  overlay.mtime.seconds++;
  overlay.ctime.seconds++;
  overlay.atime.seconds++;
  assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_SAME), 0);
  assert_int_equal (kinds (&base, &overlay, &times, CONTENT_SAME), KIND_TIME);
  overlay.mtime = base.mtime;
  assert_int_equal (kinds (&base, &overlay, &times, CONTENT_SAME), 0);
  assert_int_equal (kinds (&one, &other, &plain, CONTENT_SAME), 0);
  assert_int_equal (kinds (&one, &other, &times, CONTENT_SAME), 0);
}

static void
metadata (void **state)
{
  struct entry base = file (), overlay = file ();

  (void) state;
  overlay.permissions = 04644;
  assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_SAME), KIND_MODE);
  overlay = file ();
  overlay.gid = 5;
  assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_SAME),
                    KIND_OWNER);
  overlay.uid = 70000;
  overlay.permissions = 0600;
  assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_DIFFERS),
                    KIND_CONTENT | KIND_SILENT | KIND_MODE | KIND_OWNER);
}

static void
types (void **state)
{
  struct entry base = file (), overlay = file ();

  (void) state;
  /* The type alone, whatever else is different. */
  overlay.type = ENTRY_DIRECTORY;
  overlay.permissions = 0755;
  overlay.uid = 5;
  assert_int_equal (kinds (&base, &overlay, &times, CONTENT_DIFFERS),
                    KIND_TYPE);
  base.type = ENTRY_BLOCK;
  overlay.type = ENTRY_CHAR;
  assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_SAME), KIND_TYPE);
}

static void
links_and_devices (void **state)
{
  struct entry base = { .type = ENTRY_SYMLINK, .permissions = 0777,
                        .target = "ab", .target_length = 2, .size = 2 };
  struct entry overlay = base;

  (void) state;
  assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_SAME), 0);
  overlay.target = "ac";
  assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_SAME),
                    KIND_TARGET);
  overlay.target = "abc";
  overlay.target_length = 3;
  assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_SAME),
                    KIND_TARGET);

  base = overlay = (struct entry) { .type = ENTRY_CHAR, .major = 1,
                                    .minor = 3 };
  assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_SAME), 0);
  overlay.minor = 5;
  assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_SAME),
                    KIND_DEVICE);
  base.type = overlay.type = ENTRY_FIFO;
  assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_SAME), 0);
  overlay.permissions = 01;
  assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_SAME), KIND_MODE);
}

static void
dos_attributes (void **state)
{
  struct entry base = { .type = ENTRY_FILE, .permissions = 0755 };
  struct entry overlay = base;

  (void) state;
  overlay.attributes = ENTRY_HIDDEN | ENTRY_SYSTEM;
  assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_SAME),
                    KIND_ATTRIBUTES);
  base.attributes = overlay.attributes;
  assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_SAME), 0);
  base.type = overlay.type = ENTRY_DIRECTORY;
  base.attributes = ENTRY_READ_ONLY;
  assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_SAME),
                    KIND_ATTRIBUTES);
}

static struct entry_xattr all_xattrs[] = {
  { "security.capability", "c", 1 },
  { "security.ima", "i", 1 },
  { "security.selinux", "s", 1 },
  { "system.posix_acl_access", "a", 1 },
  { "system.posix_acl_default", "d", 1 },
  { "trusted.overlay.opaque", "y", 1 },
  { "user.empty", "", 0 },
};
#define ALL_XATTRS (sizeof all_xattrs / sizeof all_xattrs[0])

static void
xattr_names (void **state)
{
  static const unsigned wanted[ALL_XATTRS] = {
    KIND_CAPABILITY, KIND_XATTR, KIND_SELINUX, KIND_ACL, KIND_ACL,
    KIND_XATTR, KIND_XATTR,
  };
  const struct entry_xattrs all = { all_xattrs, ALL_XATTRS };
  struct entry base = file (), overlay = file ();

  (void) state;
  base.xattrs = &all;
  assert_int_equal (kinds (&base, &base, &plain, CONTENT_SAME), 0);
  for (size_t i = 0; i < ALL_XATTRS; ++i) {
    struct entry_xattr list[ALL_XATTRS];
    struct entry_xattrs one = { &all_xattrs[i], 1 };
    struct entry_xattrs rest = { list, ALL_XATTRS - 1 };
    struct entry_xattrs changed = { list, ALL_XATTRS };

    /* Added and removed among none. */
    overlay.xattrs = &one;
    base.xattrs = NULL;
    assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_SAME),
                      wanted[i]);
    assert_int_equal (kinds (&overlay, &base, &plain, CONTENT_SAME),
                      wanted[i]);
    /* Added and removed among others. */
    base.xattrs = &all;
    memcpy (list, all_xattrs, i * sizeof *list);
    memcpy (list + i, all_xattrs + i + 1,
            (ALL_XATTRS - i - 1) * sizeof *list);
    overlay.xattrs = &rest;
    assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_SAME),
                      wanted[i]);
    assert_int_equal (kinds (&overlay, &base, &plain, CONTENT_SAME),
                      wanted[i]);
    /* Another value. */
    memcpy (list, all_xattrs, sizeof list);
    list[i].value = "!";
    list[i].length = 1;
    overlay.xattrs = &changed;
    assert_int_equal (kinds (&base, &overlay, &plain, CONTENT_SAME),
                      wanted[i]);
  }
}

static void
ignored_xattrs (void **state)
{
  static char system_pattern[] = "system.*", selinux[] = "security.selinux";
  static char *const patterns[] = { system_pattern, selinux, NULL };
  const struct compare_rules rules = { .ignore_xattrs = patterns };
  const struct entry_xattrs all = { all_xattrs, ALL_XATTRS };
  struct entry base = file (), overlay = file ();

  (void) state;
  overlay.xattrs = &all;
  assert_int_equal (kinds (&base, &overlay, &rules, CONTENT_SAME),
                    KIND_CAPABILITY | KIND_XATTR | KIND_IGNORED);
}

static void
unreadable (void **state)
{
  const struct entry_xattrs all = { all_xattrs, ALL_XATTRS };
  struct entry_xattr list[] = { { "security.selinux", "t", 1 } };
  const struct entry_xattrs some = { list, 1 };
  struct entry base = file (), overlay = file ();

  (void) state;
  assert_int_equal (known_kinds (&base, &overlay, CONTENT_UNREADABLE), 0);
  overlay.permissions = 0;
  assert_int_equal (known_kinds (&base, &overlay, CONTENT_UNREADABLE),
                    KIND_MODE);

  /* Of incomplete xattrs only what both sides have is known. */
  overlay = file ();
  base.xattrs = &all;
  overlay.xattrs = &some;
  overlay.missing = ENTRY_NO_XATTRS;
  assert_int_equal (known_kinds (&base, &overlay, CONTENT_SAME),
                    KIND_SELINUX);
  assert_int_equal (known_kinds (&overlay, &base, CONTENT_SAME),
                    KIND_SELINUX);
  base.xattrs = &some;
  overlay.xattrs = &all;
  assert_int_equal (known_kinds (&base, &overlay, CONTENT_SAME),
                    KIND_CAPABILITY | KIND_XATTR | KIND_SELINUX | KIND_ACL);

  base = overlay = (struct entry) { .type = ENTRY_SYMLINK, .target = "a",
                                    .target_length = 1 };
  overlay.target = NULL;
  overlay.target_length = 0;
  overlay.missing = ENTRY_NO_TARGET;
  overlay.uid = 1;
  assert_int_equal (known_kinds (&base, &overlay, CONTENT_SAME), KIND_OWNER);

  base = overlay = file ();
  overlay.missing = ENTRY_NO_CONTENT;
  assert_false (judge_needs_content (&base, &overlay));
  assert_int_equal (known_kinds (&base, &overlay, CONTENT_SAME), 0);

  /* Without metadata the type may be known all the same. */
  overlay = (struct entry) { .type = ENTRY_DIRECTORY,
                             .missing = ENTRY_NO_METADATA };
  assert_int_equal (known_kinds (&base, &overlay, CONTENT_SAME), KIND_TYPE);
  overlay.type = ENTRY_FILE;
  assert_int_equal (known_kinds (&base, &overlay, CONTENT_DIFFERS), 0);
  overlay.type = ENTRY_UNKNOWN;
  assert_int_equal (known_kinds (&base, &overlay, CONTENT_DIFFERS), 0);
  assert_true (judge_incomplete (&overlay));
  assert_false (judge_incomplete (&base));

  base = overlay = (struct entry) { .type = ENTRY_DIRECTORY };
  base.missing = ENTRY_NO_MEMBERS;
  assert_int_equal (known_kinds (&base, &overlay, CONTENT_SAME), 0);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (bytes),
    cmocka_unit_test (no_change),
    cmocka_unit_test (metadata),
    cmocka_unit_test (types),
    cmocka_unit_test (links_and_devices),
    cmocka_unit_test (dos_attributes),
    cmocka_unit_test (xattr_names),
    cmocka_unit_test (ignored_xattrs),
    cmocka_unit_test (unreadable),
  };

  return cmocka_run_group_tests_name ("judge", tests, NULL, NULL);
}
