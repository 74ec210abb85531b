/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Selectors of --key.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "appliances.h"
#include "keys.h"
#include "messages.h"

static void
test_check (void **state)
{
  static const char *const wrong[] = {
    "", "secret", "/dev/sda1", "/dev/sda1:", "/dev/sda1:clevis",
    "/dev/sda1:secret", ":key:secret", "all:file:",
  };
  struct messages messages;

  (void) state;
  messages_start (&messages);
  assert_int_equal (appliances_check_key ("/dev/sda1:key:a", &messages.log),
                    0);
  assert_string_equal (messages.text, "");
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; ++i) {
    messages_start (&messages);
    assert_int_equal (appliances_check_key (wrong[i], &messages.log),
                      -EINVAL);
    assert_non_null (strstr (messages.text, "error: "));
    assert_null (strstr (messages.text, "/dev/sda1:secret"));
  }
  messages_start (&messages);
  assert_int_equal (appliances_check_key ("all:file:./no-such-file",
                                          &messages.log), -ENOENT);
  assert_non_null (strstr (messages.text, "no-such-file"));
}

/* What a selector says for a device, or "-". */
static void
expect (const char *selector, const char *device, const char *uuid,
        const char *wanted)
{
  CLEANUP_FREE char *secret = NULL;
  struct messages messages;

  messages_start (&messages);
  assert_int_equal (keys_secret (selector, device, uuid, &messages.log,
                                 &secret), 0);
  assert_string_equal (secret != NULL ? secret : "-", wanted);
}

static void
test_secret (void **state)
{
  (void) state;
  expect ("/dev/sda1:key:abc", "/dev/sda1", "u-1", "abc");
  expect ("/dev/sda1:key:abc", "/dev/sda11", "u-1", "-");
  expect ("/dev/sda11:key:abc", "/dev/sda1", NULL, "-");
  expect ("sda1:key:abc", "/dev/sda1", "u-1", "abc");
  expect ("a1:key:abc", "/dev/sda1", "u-1", "-");
  expect ("u-1:key:a:b:", "/dev/sda1", "u-1", "a:b:");
  expect ("all:key:", "/dev/sda1", NULL, "");
}

static void
test_file (void **state)
{
  char name[] = "keys-test-XXXXXX";
  CLEANUP_FREE char *selector = NULL;
  int fd = mkstemp (name);

  (void) state;
  assert_true (fd >= 0);
  assert_int_equal (write (fd, "first line\nsecond\n", 18), 18);
  close (fd);
  assert_true (asprintf (&selector, "all:file:%s", name) > 0);
  expect (selector, "/dev/sda1", NULL, "first line");
  unlink (name);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_check),
    cmocka_unit_test (test_secret),
    cmocka_unit_test (test_file),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
