/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The cleanup process.  It is a copy of the supervisor, which has blocked the
 * signals that ask to end.
 */
#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cleanup.h"
#include "cleanup_process.h"

/* The mount point's directory in this process. */
#define DIRECTORY_FD (STDERR_FILENO + 1)

/* Leaves the terminal and all files but the pipe, which becomes stdin, and the
 * mount point's directory. */
static void
let_go (int pipe_end, int directory)
{
  CLEANUP_CLOSE int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  dup2 (pipe_end, STDIN_FILENO);
  if (null >= 0) {
    dup2 (null, STDOUT_FILENO);
    dup2 (null, STDERR_FILENO);
  }
  setpgid (0, 0);
  dup2 (directory, DIRECTORY_FD);
  close_range (DIRECTORY_FD + 1, ~0U, 0);
  steal_fd (&null);
  if (chdir ("/") < 0)
    _exit (EXIT_FAILURE);
}

/* Nobody is left who would read it elsewhere. */
static void
report_death (const char *object, struct messages *messages)
{
  messages_to_system_log (messages);
  log_report (&messages->log, LOG_LEVEL_ERROR, "cannot serve any longer",
              object, "the supervising process has been killed or has crashed");
  log_hint (&messages->log, "a crash is a bug: please report it, with what the "
            "system's log says about it");
}

static void watch (const struct mount_point *mount_point,
                   struct private_directory *directory, const char *object,
                   struct messages *messages)
  __attribute__ ((noreturn));

static void
watch (const struct mount_point *mount_point,
       struct private_directory *directory, const char *object,
       struct messages *messages)
{
  char byte;
  ssize_t got;

  do
    got = read (STDIN_FILENO, &byte, 1);
  while (got > 0 || (got < 0 && errno == EINTR));
  report_death (object, messages);
  mount_point_clear (mount_point, &messages->log);
  private_directory_reclaim (directory);
  _exit (EXIT_SUCCESS);
}

void
cleanup_process_start (const struct mount_point *mount_point,
                       struct private_directory *directory,
                       const char *object, struct messages *messages)
{
  const struct log *log = &messages->log;
  int ends[2];
  pid_t child;

  if (pipe2 (ends, O_CLOEXEC) < 0) {
    log_error (log, -errno, "cannot start", "the cleanup process");
    return;
  }
  child = fork ();
  if (child == 0) {
    let_go (ends[0], mount_point->directory);
    watch (mount_point, directory, object, messages);
  }
  if (child < 0)
    log_error (log, -errno, "cannot start", "the cleanup process");
  close (ends[0]);
  /* The other end is never written to and closed by the end of this
   * process. */
}
