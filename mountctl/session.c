/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The session's xattr.
 */
#include <config.h>

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cleanup.h"
#include "session.h"

#define SESSION_XATTR "user.deltafs.session"
#define ANSWER_LIMIT 4096
#define ASK_MILLISECONDS 5000

char *
session_text (pid_t supervisor, const char *private_directory)
{
  struct process_identity identity;
  char *text;

  if (process_identify (supervisor, &identity) < 0
      || asprintf (&text, "%d %" PRIu64 " %s", (int) identity.pid,
                   identity.start, private_directory) < 0)
    return NULL;
  return text;
}

static errint_t
parse_text (const char *text, struct process_identity *supervisor,
            char **private_directory)
{
  int pid, start = 0;

  if (sscanf (text, "%d %" SCNu64 " %n", &pid, &supervisor->start,
              &start) != 2
      || start == 0 || pid <= 1 || text[start] != '/')
    return -EINVAL;
  supervisor->pid = (pid_t) pid;
  *private_directory = strdup (text + start);
  return *private_directory != NULL ? 0 : -ENOMEM;
}

/* The child's work: an errno (0: none), then the value. */
static void ask_here (const char *path, int fd) __attribute__ ((noreturn));

static void
ask_here (const char *path, int fd)
{
  struct { int error; char value[ANSWER_LIMIT]; } answer;
  ssize_t length = lgetxattr (path, SESSION_XATTR, answer.value,
                              sizeof answer.value);

  answer.error = length < 0 ? errno : 0;
  if (length < 0)
    length = 0;
  _exit (write (fd, &answer, sizeof answer.error + (size_t) length) < 0);
}

/* The value in TEXT, with a NUL after it. */
static errint_t
ask_process (const char *path, char text[ANSWER_LIMIT + 1])
{
  struct { int error; char value[ANSWER_LIMIT]; } answer;
  struct pollfd poll_fd = { .events = POLLIN };
  errint_t error = -ETIMEDOUT;
  ssize_t got = -1;
  int ends[2];
  pid_t child;

  if (pipe2 (ends, O_CLOEXEC) < 0)
    return -errno;
  child = fork ();
  if (child == 0)
    ask_here (path, ends[1]);
  close (ends[1]);
  poll_fd.fd = ends[0];
  if (child > 0 && poll (&poll_fd, 1, ASK_MILLISECONDS) == 1)
    got = read (ends[0], &answer, sizeof answer);
  close (ends[0]);
  if (got >= (ssize_t) sizeof answer.error) {
    size_t length = (size_t) got - sizeof answer.error;

    error = -answer.error;
    memcpy (text, answer.value, length);
    text[length] = '\0';
  }
  if (child > 0) {
    /* One that hangs in the kernel cannot be waited for; init will. */
    kill (child, SIGKILL);
    waitpid (child, NULL, got > 0 ? 0 : WNOHANG);
  }
  return error;
}

errint_t
session_ask (const char *path, struct process_identity *supervisor,
             char **private_directory)
{
  char text[ANSWER_LIMIT + 1];
  errint_t error = ask_process (path, text);

  return error < 0 ? error
    : parse_text (text, supervisor, private_directory);
}
