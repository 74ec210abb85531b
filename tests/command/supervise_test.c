/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the supervisor signals is its own: a process group is signalled only as
 * long as its leader has not been waited for.  The C library's kill is
 * replaced here.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "supervise.h"

static struct {
  unsigned groups;              /* times that a group was signalled */
  unsigned foreign;             /* … whose leader was no child any more */
} signals;

int
kill (pid_t pid, int signal)
{
  if (pid < -1) {
    siginfo_t info;

    ++signals.groups;
    if (waitid (P_PID, (id_t) -pid, &info,
                WEXITED | WNOHANG | WNOWAIT) < 0)
      ++signals.foreign;
  }
  return (int) syscall (SYS_kill, pid, signal);
}

/* Leaves a process that holds the pipe's end. */
static int
leave_process (void *opaque, struct worker *worker)
{
  const int *ends = opaque;

  (void) worker;
  if (fork () == 0) {
    close (ends[0]);
    for (;;)
      pause ();
  }
  return 7;
}

static int
end_by_crash (void *opaque, struct worker *worker)
{
  leave_process (opaque, worker);
  raise (SIGKILL);
  return 0;
}

static void
expect_end (int (*run) (void *opaque, struct worker *worker), int code)
{
  struct messages messages;
  int ends[2], signal;
  struct job job = {
    .messages = &messages, .what = "cannot run", .what_later = "cannot go on",
    .object = "a job", .opaque = ends, .run = run,
  };
  char byte;

  messages_init (&messages);
  assert_int_equal (pipe2 (ends, O_CLOEXEC), 0);
  signals.groups = signals.foreign = 0;
  assert_int_equal (supervise (&job, &signal), code);
  assert_int_equal (signal, 0);
  close (ends[1]);
  assert_int_equal (read (ends[0], &byte, 1), 0);
  close (ends[0]);
  assert_true (signals.groups > 0);
  assert_int_equal (signals.foreign, 0);
  assert_int_equal (waitpid (-1, NULL, WNOHANG), -1);
  assert_int_equal (errno, ECHILD);
}

static void
test_group (void **state)
{
  (void) state;
  expect_end (leave_process, 7);
  expect_end (end_by_crash, 2);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_group),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
