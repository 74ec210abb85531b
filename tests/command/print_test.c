/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Printing of single entries: what a run of the command does not reach.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "print.h"

enum form { TEXT, TERMINAL, JSON };

/* A delta set of one entry, on the filesystem FILESYSTEM. */
static char *
print (const struct delta_entry *entry, bool main_tree, enum form form)
{
  struct delta_entry copy = *entry;
  struct delta_filesystem filesystem = {
    .device = "vg/l\xffv", .mount_point = "/", .main_tree = main_tree,
  };
  struct delta delta = {
    .entries = &copy, .count = 1,
    .filesystems = &filesystem, .filesystem_count = 1,
  };
  struct print_style style = { .aligned = form == TERMINAL };
  char *text = NULL;
  size_t size;
  FILE *file = open_memstream (&text, &size);

  assert_non_null (file);
  assert_int_equal (form == JSON ? print_json (&delta, file)
                    : print_text (&delta, &style, file), 0);
  fclose (file);
  return text;
}

static json_t *
print_object (const struct delta_entry *entry, bool main_tree)
{
  CLEANUP_FREE char *text = print (entry, main_tree, JSON);
  json_t *object = json_loads (text, JSON_REJECT_DUPLICATES, NULL);

  assert_non_null (object);
  return object;
}

static void
assert_text (const struct delta_entry *entry, const char *wanted)
{
  CLEANUP_FREE char *text = print (entry, true, TEXT);

  assert_string_equal (text, wanted);
}

/* What shows a name as another one is quoted where people read it. */
static void
test_terminal (void **state)
{
  const struct delta_entry entry = {
    .path = "/a\xe2\x80\xaetxt.exe", .status = STATUS_ADDED,
  };
  CLEANUP_FREE char *text = print (&entry, true, TERMINAL);

  (void) state;
  assert_string_equal (text, "A  -  \"/a\\342\\200\\256txt.exe\"\n");
  assert_text (&entry, "A\t-\t/a\xe2\x80\xaetxt.exe\n");
}

static void
test_text (void **state)
{
  (void) state;
  assert_text (&(struct delta_entry) {
      .path = "/", .status = STATUS_MODIFIED, .kinds = KIND_MODE | KIND_OWNER,
    }, "M\tmode,owner\t/\n");
  assert_text (&(struct delta_entry) {
      .path = "/x", .status = STATUS_MODIFIED,
      .kinds = KIND_CONTENT | KIND_SILENT,
    }, "M\tcontent,silent\t/x\n");
  assert_text (&(struct delta_entry) {
      .path = "/\033[31m", .status = STATUS_UNREADABLE, .kinds = KIND_MODE,
    }, "?\tunreadable\t\"/\\033[31m\"\n");
  assert_text (&(struct delta_entry) {
      .path = "/s", .status = STATUS_SCAFFOLD,
    }, "");
}

static void
assert_mtime (int64_t seconds, uint32_t nanoseconds, const char *wanted)
{
  struct entry file = {
    .type = ENTRY_FILE,
    .mtime = { .seconds = seconds, .nanoseconds = nanoseconds },
  };
  json_t *object = print_object (&(struct delta_entry) {
      .path = "/f", .status = STATUS_ADDED,
      .side[SIDE_OVERLAY] = &file,
    }, true);

  assert_string_equal (json_string_value (
      json_object_get (json_object_get (object, "overlay"), "mtime")),
      wanted);
  json_decref (object);
}

static void
test_times (void **state)
{
  (void) state;
  assert_mtime (0, 0, "1970-01-01T00:00:00.000000000Z");
  assert_mtime (-1, 999999999, "1969-12-31T23:59:59.999999999Z");
  assert_mtime (951782400, 1, "2000-02-29T00:00:00.000000001Z");
  assert_mtime (1795373306, 123456789, "2026-11-22T18:48:26.123456789Z");
  assert_mtime (-2203891200, 0, "1900-03-01T00:00:00.000000000Z");
  assert_mtime (253402300799, 0, "9999-12-31T23:59:59.000000000Z");
  assert_mtime (253402300800, 0, "+10000-01-01T00:00:00.000000000Z");
  assert_mtime (-62167219200, 0, "0000-01-01T00:00:00.000000000Z");
  assert_mtime (-62167219201, 0, "-0001-12-31T23:59:59.000000000Z");
  /* No overflow at the ends (UBSan). */
  assert_mtime (INT64_MAX, 0, "+292277026596-12-04T15:30:07.000000000Z");
  assert_mtime (INT64_MIN, 0, "-292277022657-01-27T08:29:52.000000000Z");
}

static void
test_json_fields (void **state)
{
  struct entry base = { .type = ENTRY_FILE, .size = 5 };
  struct entry overlay = {
    .type = ENTRY_FILE, .permissions = 04755, .uid = UINT32_MAX,
    .size = INT64_MAX,
  };
  json_t *object = print_object (&(struct delta_entry) {
      .path = "/a\x01\"\\\x7f", .status = STATUS_MODIFIED,
      .kinds = KIND_CONTENT | KIND_TYPE | KIND_SILENT,
      .side = { &base, &overlay },
      .renamed_from = "/old\xff",
    }, false);
  const json_t *side = json_object_get (object, "overlay");

  (void) state;
  assert_string_equal (json_string_value (json_object_get (object, "path")),
                       "/a\x01\"\\\x7f");
  assert_int_equal (json_array_size (json_object_get (object, "changes")), 2);
  assert_true (json_is_true (json_object_get (object, "silent")));
  assert_string_equal (
    json_string_value (json_object_get (object, "renamed_from")),
    "/old\xef\xbf\xbd");
  assert_string_equal (
    json_string_value (json_object_get (object, "renamed_from_base64")),
    "L29sZP8=");
  assert_string_equal (
    json_string_value (json_object_get (object, "filesystem")),
    "vg/l\xef\xbf\xbdv");
  assert_string_equal (json_string_value (json_object_get (side, "mode")),
                       "4755");
  assert_true (json_integer_value (json_object_get (side, "uid"))
               == UINT32_MAX);
  assert_true (json_integer_value (json_object_get (side, "size"))
               == INT64_MAX);
  json_decref (object);
}

/* A file of which not even the size can be read. */
static void
test_json_unmeasured (void **state)
{
  struct entry file = {
    .type = ENTRY_FILE, .missing = ENTRY_NO_CONTENT, .permissions = 0644,
  };
  json_t *object, *side;

  (void) state;
  object = print_object (&(struct delta_entry) {
      .path = "/x", .status = STATUS_UNREADABLE,
      .side[SIDE_OVERLAY] = &file,
    }, true);
  side = json_object_get (object, "overlay");
  assert_string_equal (json_string_value (json_object_get (side, "mode")),
                       "0644");
  assert_null (json_object_get (side, "size"));
  assert_non_null (json_object_get (side, "mtime"));
  json_decref (object);
}

static void
test_json_unknown (void **state)
{
  struct entry nothing = {
    .type = ENTRY_UNKNOWN, .missing = ENTRY_NO_METADATA,
  };
  struct entry no_target = {
    .type = ENTRY_SYMLINK, .missing = ENTRY_NO_TARGET,
  };
  json_t *object = print_object (&(struct delta_entry) {
      .path = "/u", .status = STATUS_UNREADABLE,
      .side = { &no_target, &nothing },
    }, true);
  const json_t *base = json_object_get (object, "base");

  (void) state;
  assert_int_equal (json_object_size (json_object_get (object, "overlay")),
                    0);
  assert_string_equal (json_string_value (json_object_get (base, "type")),
                       "symlink");
  assert_null (json_object_get (base, "target"));
  assert_null (json_object_get (object, "filesystem"));
  assert_null (json_object_get (object, "silent"));
  json_decref (object);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_text),
    cmocka_unit_test (test_terminal),
    cmocka_unit_test (test_times),
    cmocka_unit_test (test_json_fields),
    cmocka_unit_test (test_json_unmeasured),
    cmocka_unit_test (test_json_unknown),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
