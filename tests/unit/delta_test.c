/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The delta set: filters, order, several filesystems.
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

static const struct entry directory = { .type = ENTRY_DIRECTORY };
static const struct entry file = { .type = ENTRY_FILE };

static void
expect (const struct delta *delta, const char *wanted)
{
  assert_string_equal (list_delta (&listing, delta), wanted);
}

static void
names (void **state)
{
  char text[DELTA_KINDS_SIZE];

  (void) state;
  delta_kinds_text (0, text);
  assert_string_equal (text, "");
  delta_kinds_text ((1 << KIND_COUNT) - 1, text);
  assert_string_equal (text, "content,mode,owner,xattr,acl,capability,"
                       "selinux,attributes,target,device,type,time,"
                       "silent");
  assert_string_equal (delta_kind_name (12), "silent");
  assert_string_equal (delta_status_name (STATUS_SCAFFOLD), "scaffold");
  assert_string_equal (delta_status_name (STATUS_UNREADABLE), "unreadable");
}

/* A delta set with two filesystems of the main tree, and one beside it. */
static struct delta *
new_delta (void)
{
  struct delta *delta = delta_new ();
  unsigned number;

  assert_int_equal (delta_add_filesystem (delta, NULL, "sda1", "/", true,
                                          &number), 0);
  assert_int_equal (delta_add_filesystem (delta, NULL, "sda2", "/boot", true,
                                          &number), 0);
  assert_int_equal (delta_add_filesystem (delta, NULL, "vg/lv",
                                          "/.filesystems/vg/lv", false,
                                          &number), 0);
  assert_int_equal (number, 2);
  return delta;
}

static void
add (struct delta *delta, unsigned filesystem, const char *path,
     enum status status, unsigned kinds, const struct entry *what)
{
  const struct delta_entry entry = {
    .path = path, .status = (uint8_t) status, .kinds = (uint16_t) kinds,
    .filesystem = (uint16_t) filesystem,
    .side = { status == STATUS_ADDED ? NULL : what,
              status == STATUS_DELETED ? NULL : what },
  };

  assert_int_equal (delta_add (delta, &entry), 0);
}

static void
finishing (void **state)
{
  CLEANUP (delta_free) struct delta *delta = new_delta ();
  struct delta_totals totals;

  (void) state;
  add (delta, 0, "/b", STATUS_SCAFFOLD, 0, &directory);
  add (delta, 0, "/b-c", STATUS_ADDED, 0, &file);
  add (delta, 0, "/b/x", STATUS_MODIFIED, KIND_MODE, &file);
  add (delta, 0, "/a/unused", STATUS_SCAFFOLD, 0, &directory);
  add (delta, 0, "/a", STATUS_SCAFFOLD, 0, &directory);
  add (delta, 0, "/c", STATUS_DELETED, 0, &file);
  add (delta, 0, "/", STATUS_SCAFFOLD, 0, &directory);
  add (delta, 0, "/z", STATUS_SCAFFOLD, 0, &directory);
  assert_int_equal (delta_finish (delta), 0);
  expect (delta, "- /\n- /b\nM mode /b/x\nA /b-c\nD /c\n");
  delta_count (delta, &totals);
  assert_int_equal (totals.added, 1);
  assert_int_equal (totals.modified, 1);
  assert_int_equal (totals.deleted, 1);
  assert_int_equal (totals.unreadable, 0);
}

static void
empty (void **state)
{
  CLEANUP (delta_free) struct delta *delta = new_delta ();
  const struct delta_filter filter = { .content_only = true };

  (void) state;
  assert_int_equal (delta_filter (delta, &filter), 0);
  assert_int_equal (delta_finish (delta), 0);
  expect (delta, "");
  add (delta, 0, "/", STATUS_SCAFFOLD, 0, &directory);
  assert_int_equal (delta_finish (delta), 0);
  expect (delta, "- /\n");
}

static void
twins (void **state)
{
  CLEANUP (delta_free) struct delta *delta = new_delta ();

  (void) state;
  add (delta, 0, "/twice", STATUS_ADDED, 0, &file);
  add (delta, 0, "/twice", STATUS_DELETED, 0, &file);
  add (delta, 0, "/d", STATUS_SCAFFOLD, 0, &directory);
  add (delta, 0, "/d", STATUS_MODIFIED, KIND_MODE, &directory);
  add (delta, 0, "/boot", STATUS_MODIFIED, KIND_MODE, &directory);
  add (delta, 1, "/boot", STATUS_SCAFFOLD, 0, &directory);
  add (delta, 1, "/boot/x", STATUS_ADDED, 0, &file);
  add (delta, 0, "/boot/x", STATUS_MODIFIED, KIND_OWNER, &file);
  /* Two namespaces. */
  add (delta, 2, "/.filesystems/vg/lv/x", STATUS_ADDED, 0, &file);
  add (delta, 0, "/.filesystems/vg/lv/x", STATUS_DELETED, 0, &file);
  add (delta, 0, "/.filesystems/vg/lv", STATUS_SCAFFOLD, 0, &directory);
  add (delta, 0, "/.filesystems/vg", STATUS_SCAFFOLD, 0, &directory);
  add (delta, 2, "/.filesystems/vg/lv", STATUS_SCAFFOLD, 0, &directory);
  assert_int_equal (delta_finish (delta), 0);
  expect (delta,
          "- /.filesystems/vg\n"
          "- /.filesystems/vg/lv\n"
          "- /.filesystems/vg/lv\n"
          "D /.filesystems/vg/lv/x\n"
          "A /.filesystems/vg/lv/x\n"
          "- /boot\n"
          "A /boot/x\n"
          "M mode /d\n"
          "? /twice\n");
  assert_int_equal (delta->entries[5].filesystem, 1);
  assert_ptr_equal (delta->entries[8].side[SIDE_OVERLAY], &file);
}

/* Scaffold of one namespace does not hold what is in the other. */
static void
scaffold_of_namespaces (void **state)
{
  CLEANUP (delta_free) struct delta *delta = new_delta ();

  (void) state;
  add (delta, 0, "/.filesystems", STATUS_SCAFFOLD, 0, &directory);
  add (delta, 2, "/.filesystems/vg/lv/x", STATUS_ADDED, 0, &file);
  assert_int_equal (delta_finish (delta), 0);
  expect (delta, "A /.filesystems/vg/lv/x\n");
}

static char etc[] = "/etc", shadow[] = "/etc/sh*w", stars[] = "*.log",
  usr_star[] = "/usr/*", all[] = "/", x_file[] = "/d/x";

static struct delta *
filtered (bool content_only, char *const *include, char *const *exclude)
{
  const struct delta_filter filter = { content_only, include, exclude };
  struct delta *delta = new_delta ();

  add (delta, 0, "/etc/shadow/deep/er", STATUS_ADDED, 0, &file);
  add (delta, 0, "/", STATUS_SCAFFOLD, 0, &directory);
  add (delta, 0, "/etc", STATUS_MODIFIED, KIND_MODE, &directory);
  add (delta, 0, "/etc/a", STATUS_MODIFIED, KIND_MODE | KIND_CONTENT, &file);
  add (delta, 0, "/etc-b", STATUS_MODIFIED, KIND_OWNER, &file);
  add (delta, 0, "/usr", STATUS_SCAFFOLD, 0, &directory);
  add (delta, 0, "/usr/d", STATUS_DELETED, 0, &directory);
  add (delta, 0, "/usr/d/x.log", STATUS_DELETED, 0, &file);
  add (delta, 0, "/usr/.hidden.log", STATUS_UNREADABLE, KIND_MODE, &file);
  assert_int_equal (delta_filter (delta, &filter), 0);
  assert_int_equal (delta_finish (delta), 0);
  return delta;
}

static void
filters (void **state)
{
  char *const include_etc[] = { etc, NULL };
  char *const exclude_shadow[] = { shadow, NULL };
  char *const logs[] = { stars, NULL };
  char *const usr[] = { usr_star, NULL };
  char *const everything[] = { all, NULL };
  char *const none[] = { NULL };

  (void) state;
  {
    CLEANUP (delta_free) struct delta *delta =
      filtered (false, include_etc, exclude_shadow);

    /* A matched directory covers its members; exclude wins. */
    expect (delta, "- /\nM mode /etc\nM content,mode /etc/a\n");
    assert_int_equal (delta->filtered, 5);
  }
  {
    CLEANUP (delta_free) struct delta *delta = filtered (false, logs, none);

    /* Removed directories stay as scaffold. */
    expect (delta, "- /\n- /usr\n? mode /usr/.hidden.log\n- /usr/d\n"
            "D /usr/d/x.log\n");
    assert_int_equal (delta->filtered, 5);
  }
  {
    CLEANUP (delta_free) struct delta *delta = filtered (false, NULL, usr);

    expect (delta, "- /\nM mode /etc\nM content,mode /etc/a\n"
            "A /etc/shadow/deep/er\nM owner /etc-b\n");
    assert_int_equal (delta->filtered, 3);
  }
  {
    CLEANUP (delta_free) struct delta *delta = filtered (true, everything,
                                                         NULL);

    expect (delta, "- /\n- /etc\nM content /etc/a\nA /etc/shadow/deep/er\n"
            "- /usr\n? /usr/.hidden.log\nD /usr/d\nD /usr/d/x.log\n");
    assert_int_equal (delta->filtered, 2);
  }
  {
    CLEANUP (delta_free) struct delta *delta = filtered (false, NULL,
                                                         everything);

    expect (delta, "- /\n");
    assert_int_equal (delta->filtered, 7);
  }
}

/* Names are bytes: no invalid character slips through a pattern. */
static void
filters_take_any_bytes (void **state)
{
  CLEANUP (delta_free) struct delta *delta = new_delta ();
  char *const usr[] = { usr_star, NULL };
  const struct delta_filter filter = { .include = usr };

  (void) state;
  add (delta, 0, "/usr/\xff\xc3", STATUS_ADDED, 0, &file);
  add (delta, 0, "/usr/\x01\n", STATUS_ADDED, 0, &file);
  assert_int_equal (delta_filter (delta, &filter), 0);
  assert_int_equal (delta->count, 2);
}

/* What differs in ignored xattrs alone is left out, and counted; the mark goes
 * from everything else. */
static void
filters_ignored (void **state)
{
  CLEANUP (delta_free) struct delta *delta = new_delta ();
  const struct delta_filter filter = { .content_only = false };

  (void) state;
  add (delta, 0, "/", STATUS_SCAFFOLD, 0, &directory);
  add (delta, 0, "/a", STATUS_MODIFIED, KIND_IGNORED, &file);
  add (delta, 0, "/b", STATUS_MODIFIED, KIND_MODE | KIND_IGNORED, &file);
  add (delta, 0, "/c", STATUS_UNREADABLE, KIND_IGNORED, &file);
  add (delta, 0, "/d", STATUS_MODIFIED, KIND_IGNORED, &directory);
  add (delta, 0, "/d/x", STATUS_ADDED, 0, &file);
  assert_int_equal (delta->entries[1].kinds, KIND_IGNORED);
  assert_int_equal (delta->entries[2].kinds, KIND_MODE | KIND_IGNORED);
  assert_int_equal (delta_filter (delta, &filter), 0);
  assert_int_equal (delta_finish (delta), 0);
  expect (delta, "- /\nM mode /b\n? /c\n- /d\nA /d/x\n");
  assert_int_equal (delta->filtered, 2);
  for (size_t i = 0; i < delta->count; ++i)
    assert_int_equal (delta->entries[i].kinds & KIND_IGNORED, 0);
}

/* A directory whose members are not known may hold what was asked for. */
static void
filters_keep_what_hides_members (void **state)
{
  static char deep[] = "/etc/x/new", star[] = "/usr/*.so", any[] = "*/y",
    other[] = "/va*", file_only[] = "/etc/passwd", near[] = "/et";
  static const struct {
    char *include;
    const char *wanted;
  } cases[] = {
    { deep, "- /\n? /etc\n? /etc/x\n" },
    { star, "- /\n? /usr\n" },
    { any, "- /\n? /etc\n? /etc/x\n? /usr\n" },
    { other, "- /\n" },
    { file_only, "- /\n? /etc\n? /etc/passwd\n" },
    { near, "- /\n" },
  };

  (void) state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    char *const include[] = { cases[i].include, NULL };
    const struct delta_filter filter = { .include = include };
    CLEANUP (delta_free) struct delta *delta = new_delta ();

    add (delta, 0, "/", STATUS_SCAFFOLD, 0, &directory);
    add (delta, 0, "/etc", STATUS_UNREADABLE, 0, &directory);
    add (delta, 0, "/etc/passwd", STATUS_UNREADABLE, 0, &file);
    add (delta, 0, "/etc/x", STATUS_UNREADABLE, 0, NULL);
    add (delta, 0, "/usr", STATUS_UNREADABLE, 0, &directory);
    assert_int_equal (delta_filter (delta, &filter), 0);
    assert_int_equal (delta_finish (delta), 0);
    expect (delta, cases[i].wanted);
  }
  {
    char *const include[] = { deep, NULL }, *const exclude[] = { etc, NULL };
    const struct delta_filter filter = { .include = include,
                                         .exclude = exclude };
    CLEANUP (delta_free) struct delta *delta = new_delta ();

    add (delta, 0, "/etc", STATUS_UNREADABLE, 0, &directory);
    assert_int_equal (delta_filter (delta, &filter), 0);
    assert_int_equal (delta->filtered, 1);
    assert_int_equal (delta->entries[0].status, STATUS_SCAFFOLD);
  }
}

static void
filtered_type_change (void **state)
{
  CLEANUP (memory_free) struct memory *memory = memory_new ();
  CLEANUP (delta_free) struct delta *delta = NULL;
  char *const include[] = { x_file, NULL };
  const struct delta_filter filter = { .include = include };

  (void) state;
  memory_file (memory, SIDE_BASE, "/d/x", "x");
  memory_file (memory, SIDE_BASE, "/d/y", "x");
  memory_file (memory, SIDE_OVERLAY, "/d", "x");
  delta = memory_compute (memory, NULL);
  assert_int_equal (delta_filter (delta, &filter), 0);
  assert_int_equal (delta_finish (delta), 0);
  expect (delta, "- /\n- /d\nD /d/x\n");
  assert_int_equal (delta->filtered, 2);
}

static void
many (void **state)
{
  CLEANUP (delta_free) struct delta *delta = new_delta ();

  (void) state;
  srandom (3);
  for (int i = 0; i < 100000; ++i) {
    char path[64];
    int length = snprintf (path, sizeof path,
                           "/a/long/common/prefix/of/all/paths/%ld-%d",
                           random () % 1000, i);

    add (delta, 0, arena_copy (delta->arena, path, (size_t) length),
         STATUS_ADDED, 0, &file);
  }
  assert_int_equal (delta_finish (delta), 0);
  assert_int_equal (delta->count, 100000);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (names),
    cmocka_unit_test (finishing),
    cmocka_unit_test (empty),
    cmocka_unit_test (twins),
    cmocka_unit_test (scaffold_of_namespaces),
    cmocka_unit_test (filters),
    cmocka_unit_test (filters_take_any_bytes),
    cmocka_unit_test (filters_ignored),
    cmocka_unit_test (filters_keep_what_hides_members),
    cmocka_unit_test (filtered_type_change),
    cmocka_unit_test (many),
  };

  return cmocka_run_group_tests_name ("delta", tests, NULL, NULL);
}
