/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Starting programs: their descriptors, their end, and the parent's.
 */
#include <config.h>

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "process.h"

/* Runs the shell command with a pipe as descriptor PLACE, and /dev/null as the
 * others of the first three; the exit code and what came through the pipe. */
static int
run (const char *command, int place, char *const *environment,
     char *text, size_t size)
{
  const char *const arguments[] = { "sh", "-c", command, NULL };
  int files[PROCESS_FILES] = {
    PROCESS_NULL, PROCESS_NULL, PROCESS_NULL, PROCESS_SAME,
  };
  int ends[2], status;
  ssize_t got;
  size_t used = 0;
  pid_t pid;

  assert_int_equal (pipe2 (ends, O_CLOEXEC), 0);
  files[place] = ends[1];
  assert_int_equal (process_start (arguments, environment, files, &pid), 0);
  close (ends[1]);
  while ((got = read (ends[0], text + used, size - 1 - used)) > 0)
    used += (size_t) got;
  text[used] = '\0';
  close (ends[0]);
  assert_int_equal (process_wait (pid, &status), 0);
  assert_true (WIFEXITED (status));
  return WEXITSTATUS (status);
}

static void
test_files (void **state)
{
  char text[64];

  (void) state;
  assert_int_equal (run ("cat; echo out; echo no >&2; exit 7", 1, NULL,
                         text, sizeof text), 7);
  assert_string_equal (text, "out\n");
  assert_int_equal (run ("echo no; echo err >&2", 2, NULL,
                         text, sizeof text), 0);
  assert_string_equal (text, "err\n");
  assert_int_equal (run ("echo three >&3", 3, NULL, text, sizeof text), 0);
  assert_string_equal (text, "three\n");
}

static void
test_environment (void **state)
{
  char variable[] = "WORD=here", text[64];
  char *const environment[] = { variable, NULL };

  (void) state;
  assert_int_equal (run ("echo \"$WORD\"", 1, environment,
                         text, sizeof text), 0);
  assert_string_equal (text, "here\n");
}

static void
test_missing (void **state)
{
  static const char *const arguments[] = { "no-such-program-here", NULL };
  static const int files[PROCESS_FILES] = {
    PROCESS_NULL, PROCESS_NULL, PROCESS_NULL, PROCESS_SAME,
  };
  pid_t pid;
  int status = 1;

  (void) state;
  assert_int_equal (process_start (arguments, NULL, files, &pid), -ENOENT);
  assert_int_equal (process_wait (getpid (), &status), -ECHILD);
  assert_int_equal (status, 0);
}

/* A child whose parent is another one by now does not go on. */
static void
test_parent_gone (void **state)
{
  pid_t child = fork ();
  int status;

  (void) state;
  assert_true (child >= 0);
  if (child == 0) {
    process_end_with_parent (getpid (), SIGKILL, 5);
    _exit (6);
  }
  assert_int_equal (process_wait (child, &status), 0);
  assert_true (WIFEXITED (status));
  assert_int_equal (WEXITSTATUS (status), 5);
}

/* The pipe, which the grandchild holds, closes when its parent is killed. */
static void
test_ends_with_parent (void **state)
{
  int ends[2];
  pid_t child;
  char byte;

  (void) state;
  assert_int_equal (pipe2 (ends, O_CLOEXEC), 0);
  child = fork ();
  assert_true (child >= 0);
  if (child == 0) {
    pid_t self = getpid ();

    if (fork () == 0) {
      process_end_with_parent (self, SIGKILL, 0);
      if (write (ends[1], "", 1) != 1)
        _exit (1);
    }
    for (;;)
      pause ();
  }
  close (ends[1]);
  assert_int_equal (read (ends[0], &byte, 1), 1);
  kill (child, SIGKILL);
  assert_int_equal (process_wait (child, NULL), 0);
  assert_int_equal (read (ends[0], &byte, 1), 0);
  close (ends[0]);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_files),
    cmocka_unit_test (test_environment),
    cmocka_unit_test (test_missing),
    cmocka_unit_test (test_parent_gone),
    cmocka_unit_test (test_ends_with_parent),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
