/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Quoting, messages and the arena.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "arena.h"
#include "messages.h"
#include "quote.h"

static void
utf8 (void **state)
{
  static const struct {
    const char *text;
    size_t length;
  } cases[] = {
    { "a", 1 }, { "\xc3\xa9", 2 }, { "\xe2\x82\xac", 3 },
    { "\xf0\x9f\x98\x80", 4 }, { "\xf4\x8f\xbf\xbf", 4 },
    { "\x80", 0 }, { "\xc0\xaf", 0 }, { "\xc1\xbf", 0 },
    { "\xe0\x9f\xbf", 0 }, { "\xed\xa0\x80", 0 }, { "\xed\x9f\xbf", 3 },
    { "\xee\x80\x80", 3 }, { "\xf0\x8f\xbf\xbf", 0 },
    { "\xf4\x90\x80\x80", 0 }, { "\xf5\x80\x80\x80", 0 }, { "\xff", 0 },
    { "\xc3", 0 }, { "\xe2\x82", 0 }, { "\xe2\x82z", 0 },
    { "\xf0\x9f\x98", 0 },
  };

  (void) state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i)
    assert_int_equal (quote_utf8_length (cases[i].text,
                                         strlen (cases[i].text)),
                      cases[i].length);
  assert_int_equal (quote_utf8_length ("", 0), 0);
  assert_int_equal (quote_utf8_length ("", 1), 1);
  assert_true (quote_is_utf8 ("", 0));
  assert_true (quote_is_utf8 ("a\xc3\xa9z", 4));
  assert_false (quote_is_utf8 ("a\xc3\xa9\xc3", 4));
}

static void
expect_path (const char *text, size_t length, const char *wanted)
{
  CLEANUP_FREE char *quoted = quote_path (text, length);

  assert_string_equal (quoted, wanted);
}

static void
paths (void **state)
{
  (void) state;
  expect_path ("", 0, "");
  expect_path ("/plain path", 11, "/plain path");
  expect_path ("/\xc3\xa9", 3, "/\xc3\xa9");
  expect_path ("a\"b\\c", 5, "\"a\\\"b\\\\c\"");
  expect_path ("\a\b\t\n\v\f\r", 7, "\"\\a\\b\\t\\n\\v\\f\\r\"");
  expect_path ("\x01\x1b\x7f", 3, "\"\\001\\033\\177\"");
  expect_path ("\0", 1, "\"\\000\"");
  expect_path ("\xff/\xc3\xa9", 4, "\"\\377/\xc3\xa9\"");
  /* A C1 control character, which some terminals obey. */
  expect_path ("\xc2\x9b" "2J", 4, "\"\\302\\2332J\"");
  expect_path ("\xc2\xa0", 2, "\xc2\xa0");
}

/* U+202E shows what follows it from right to left. */
static void
deceptive (void **state)
{
  static const struct {
    const char *text, *wanted;
  } cases[] = {
    { "/a\xe2\x80\xaetxt.exe", "\"/a\\342\\200\\256txt.exe\"" },
    { "\xd8\x9c\xe2\x80\x8e", "\"\\330\\234\\342\\200\\216\"" },
    { "\xe2\x80\xa8\xe2\x81\xa6",
      "\"\\342\\200\\250\\342\\201\\246\"" },
    /* Neighbours of these. */
    { "\xd8\x9b\xd8\x9d\xe2\x80\x8d\xe2\x80\x90", NULL },
    { "\xe2\x80\xa7\xe2\x80\xaf", NULL },
    { "\xe2\x81\xa5\xe2\x81\xaa\xe2\x82\xa6\xe3\x80\xae", NULL },
    { "\xd7\x90\xd8\xa7\xc3\xa9", NULL },
  };

  (void) state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    const char *text = cases[i].text;
    CLEANUP_FREE char *people = quote_path_for_people (text, strlen (text));
    CLEANUP_FREE char *message = quote_message (text, strlen (text));

    assert_string_equal (people, cases[i].wanted != NULL ? cases[i].wanted
                                                         : text);
    assert_int_equal (strcmp (message, text) == 0, cases[i].wanted == NULL);
    expect_path (text, strlen (text), text);
  }
}

static void
strings (void **state)
{
  CLEANUP_FREE char *one = NULL, *two = NULL, *three = NULL;
  size_t length;

  (void) state;
  one = quote_to_utf8 ("a\xff\xc3\xa9\xc3\0", 6, &length);
  assert_int_equal (length, 1 + 3 + 2 + 3 + 1);
  assert_memory_equal (one, "a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\0", 11);
  two = quote_to_utf8 ("", 0, &length);
  assert_int_equal (length, 0);
  assert_string_equal (two, "");
  three = quote_message ("say \"hi\" \\ \x1b[m\n\xff", 16);
  assert_string_equal (three, "say \"hi\" \\ \\033[m\\n\\377");
}

/* RFC 4648, section 10. */
static void
base64 (void **state)
{
  static const char *const wanted[] = {
    "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy",
  };

  (void) state;
  for (size_t i = 0; i <= 6; ++i) {
    CLEANUP_FREE char *text = quote_base64 ("foobar", i);

    assert_string_equal (text, wanted[i]);
  }
  {
    CLEANUP_FREE char *text = quote_base64 ("\xff\xfe\xfd\x00", 4);

    assert_string_equal (text, "//79AA==");
  }
}

static struct messages messages;

static void
messages_are_safe (void **state)
{
  (void) state;
  messages_start (&messages);
  errno = EBADF;
  log_report (&messages.log, LOG_LEVEL_WARNING, "cannot read",
              "/a\nfake: b", "%s after %d", "\x1b[31m", 3);
  assert_string_equal (messages.text, "warning: cannot read: "
                       "\"/a\\nfake: b\": \\033[31m after 3\n");
  assert_int_equal (errno, EBADF);

  messages_start (&messages);
  assert_int_equal (log_error (&messages.log, -ENOENT, "cannot open", "x"),
                    -ENOENT);
  assert_int_equal (log_error (&messages.log, -EIO, "broken", NULL), -EIO);
  log_hint (&messages.log, "try %s", "--base");
  assert_string_equal (messages.text,
                       "error: cannot open: x: No such file or directory\n"
                       "error: broken: Input/output error\n"
                       "hint: try --base\n");
  assert_int_equal (errno, EBADF);

  messages_start (&messages);
  log_detail (&messages.log, "%d", 1);
  log_report (&messages.log, LOG_LEVEL_DETAIL, "what", NULL, "%d", 2);
  assert_string_equal (messages.text, "");
  messages.log.verbose = true;
  log_detail (&messages.log, "%d", 1);
  log_report (&messages.log, LOG_LEVEL_DETAIL, "what", NULL, "%d", 2);
  assert_string_equal (messages.text, "detail: 1\ndetail: what: 2\n");
}

static void
pieces (void **state)
{
  CLEANUP (arena_free) struct arena *arena = arena_new ();
  char *strings[3000];
  uint64_t *numbers[3000];

  (void) state;
  for (size_t i = 0; i < 3000; ++i) {
    char text[32];
    int length = snprintf (text, sizeof text, "piece %zu", i);

    strings[i] = arena_copy (arena, text, (size_t) length);
    numbers[i] = arena_allocate (arena, 8 * (1 + i % 50));
    assert_int_equal ((uintptr_t) numbers[i] % _Alignof (max_align_t), 0);
    for (size_t j = 0; j <= i % 50; ++j) {
      assert_int_equal (numbers[i][j], 0);
      numbers[i][j] = i;
    }
  }
  for (size_t i = 0; i < 3000; ++i) {
    char text[32];

    snprintf (text, sizeof text, "piece %zu", i);
    assert_string_equal (strings[i], text);
    assert_int_equal (numbers[i][i % 50], i);
  }
}

static void
large_pieces (void **state)
{
  CLEANUP (arena_free) struct arena *arena = arena_new ();
  char *small, *large;

  (void) state;
  assert_null (arena_allocate (arena, SIZE_MAX));
  assert_null (arena_allocate (arena, SIZE_MAX - 40));
  assert_null (arena_copy (arena, "", SIZE_MAX));
  assert_non_null (arena_allocate (arena, 0));
  small = arena_copy (arena, "", 0);
  large = arena_allocate (arena, 10 * 1024 * 1024);
  memset (large, 1, 10 * 1024 * 1024);
  assert_string_equal (small, "");
  assert_in_range (arena_size (arena), 10 * 1024 * 1024, 10 * 1024 * 1024
                   + 8192);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (utf8),
    cmocka_unit_test (paths),
    cmocka_unit_test (deceptive),
    cmocka_unit_test (strings),
    cmocka_unit_test (base64),
    cmocka_unit_test (messages_are_safe),
    cmocka_unit_test (pieces),
    cmocka_unit_test (large_pieces),
  };

  return cmocka_run_group_tests_name ("quoting", tests, NULL, NULL);
}
