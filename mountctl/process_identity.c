/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Identity of processes, from /proc/PID/stat.
 */
#include <config.h>

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "cleanup.h"
#include "process_identity.h"

errint_t
process_identify (pid_t pid, struct process_identity *identity)
{
  char path[64], text[1024];
  CLEANUP_CLOSE int fd = -1;
  ssize_t length;
  const char *fields;
  char state;
  uint64_t start;

  snprintf (path, sizeof path, "/proc/%d/stat", (int) pid);
  fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return errno == ENOENT ? -ESRCH : -errno;
  length = read (fd, text, sizeof text - 1);
  if (length < 0)
    return -errno;
  text[length] = '\0';
  /* The second field is the name in parentheses, and may hold anything. */
  fields = strrchr (text, ')');
  if (fields == NULL
      || sscanf (fields,
                 ") %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
                 " %*s %*s %*s %*s %*s %*s %*s %" SCNu64,
                 &state, &start) != 2)
    return -EIO;
  if (state == 'Z' || state == 'X')
    return -ESRCH;
  identity->pid = pid;
  identity->start = start;
  return 0;
}

bool
process_is_alive (const struct process_identity *identity)
{
  struct process_identity now;

  return process_identify (identity->pid, &now) == 0
    && now.start == identity->start;
}

bool
process_wait (const struct process_identity *identity, int milliseconds)
{
  CLEANUP_CLOSE int fd = pidfd_open (identity->pid, 0);
  struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

  /* From here on the descriptor cannot mean another process. */
  if (!process_is_alive (identity))
    return true;
  if (fd >= 0)
    poll (&poll_fd, 1, milliseconds);
  return !process_is_alive (identity);
}

void
process_signal (const struct process_identity *identity, int signal)
{
  CLEANUP_CLOSE int fd = pidfd_open (identity->pid, 0);

  if (fd >= 0 && process_is_alive (identity))
    pidfd_send_signal (fd, signal, NULL, 0);
}
