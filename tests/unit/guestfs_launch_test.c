/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How an appliance is set up: the calls of libguestfs that do it are defined
 * here.
 */
#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <guestfs.h>

#include "appliance.h"
#include "messages.h"

/* What the disk was added with. */
static char disk[256];

int
guestfs_add_drive_opts (guestfs_h *g, const char *file_name, ...)
{
  va_list options;
  int option;

  (void) g;
  snprintf (disk, sizeof disk, "%s", file_name);
  va_start (options, file_name);
  while ((option = va_arg (options, int)) != -1) {
    size_t used = strlen (disk);

    if (option == GUESTFS_ADD_DRIVE_OPTS_SERVER)
      snprintf (disk + used, sizeof disk - used, " %s",
                *va_arg (options, char **));
    else if (option == GUESTFS_ADD_DRIVE_OPTS_BLOCKSIZE)
      snprintf (disk + used, sizeof disk - used, " %d",
                va_arg (options, int));
    else
      snprintf (disk + used, sizeof disk - used, " %s",
                va_arg (options, const char *));
  }
  va_end (options);
  return 0;
}

int
guestfs_launch (guestfs_h *g)
{
  (void) g;
  return 0;
}

static void
expect_disk (enum side side, unsigned sector_size, const char *expected)
{
  struct messages messages;
  struct appliances_options options = {
    .socket = { "b.sock", "o.sock" }, .export = { "b", "o" },
    .private_directory = ".",
  };
  CLEANUP (appliance_free) struct appliance *appliance = NULL;

  messages_start (&messages);
  options.log = &messages.log;
  options.sector_size[side] = sector_size;
  options.sector_size[1 - side] = 4608 - sector_size;
  appliance = appliance_new (side, &options);
  assert_non_null (appliance);
  assert_int_equal (appliance_launch (appliance, &options, true), 0);
  assert_string_equal (disk, expected);
}

/* Each side's disk has the sectors that its own table counts in. */
static void
test_sectors (void **state)
{
  (void) state;
  expect_disk (SIDE_BASE, 512, "b raw nbd unix:b.sock unsafe");
  expect_disk (SIDE_BASE, 4096, "b raw nbd unix:b.sock unsafe 4096");
  expect_disk (SIDE_OVERLAY, 512, "o raw nbd unix:o.sock unsafe");
  expect_disk (SIDE_OVERLAY, 4096, "o raw nbd unix:o.sock unsafe 4096");
}

/* Says that the call has taken too long, and that PID is QEMU's: is that process
 * there afterwards? */
static bool
outlives_deadline (pid_t pid)
{
  struct messages messages;
  struct appliances_options options = { .private_directory = "." };
  CLEANUP (appliance_free) struct appliance *appliance = NULL;
  FILE *file;

  messages_start (&messages);
  options.log = &messages.log;
  appliance = appliance_new (SIDE_BASE, &options);
  assert_non_null (appliance);
  file = fopen (appliance->pid_file, "w");
  assert_non_null (file);
  fprintf (file, "%d\n", (int) pid);
  assert_int_equal (fclose (file), 0);
  atomic_store (&appliance->deadline, 1);
  appliance_check_deadline (appliance);
  assert_int_equal (messages_have (&messages, "it was ended"),
                    atomic_load (&appliance->ended));
  return !atomic_load (&appliance->ended);
}

/* Starts a child, and by it a grandchild.  Both wait for a signal, and hold the
 * other end of the pipe; each ends with its parent. */
static pid_t
start_family (int *pipe_end, pid_t *grandchild)
{
  int ends[2];
  pid_t child;

  assert_int_equal (pipe (ends), 0);
  child = fork ();
  assert_true (child >= 0);
  if (child == 0) {
    pid_t own;

    prctl (PR_SET_PDEATHSIG, SIGKILL);
    own = fork ();
    prctl (PR_SET_PDEATHSIG, SIGKILL);
    /* The grandchild says it, when it has asked for its end. */
    if (own == 0) {
      own = getpid ();
      if (write (ends[1], &own, sizeof own) != sizeof own)
        _exit (1);
    }
    for (;;)
      pause ();
  }
  close (ends[1]);
  assert_int_equal (read (ends[0], grandchild, sizeof *grandchild),
                    sizeof *grandchild);
  *pipe_end = ends[0];
  return child;
}

/* The number that QEMU left may be another process's by now: only a child is
 * ended. */
static void
test_deadline (void **state)
{
  pid_t child, grandchild;
  int pipe_end, status;
  char byte;

  (void) state;
  child = start_family (&pipe_end, &grandchild);
  assert_true (outlives_deadline (grandchild));
  assert_int_equal (kill (grandchild, 0), 0);
  assert_false (outlives_deadline (child));
  assert_int_equal (waitpid (child, &status, 0), child);
  assert_true (WIFSIGNALED (status) && WTERMSIG (status) == SIGKILL);
  assert_int_equal (read (pipe_end, &byte, 1), 0);
  close (pipe_end);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_sectors),
    cmocka_unit_test (test_deadline),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
