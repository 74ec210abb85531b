/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The record is an empty memfd whose name is the mount's device.  /proc/PID/fd
 * shows the name, and nobody can change it, or make another process hold one
 * without its help.  It needs no directory, leaves nothing behind, and is
 * bound to neither a mount namespace nor a network namespace.
 */
#include <config.h>

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "now.h"
#include "supervisors.h"

#define RECORD_NAME "deltafs-mount-%u:%u"
#define RECORD_LINK "/memfd:" RECORD_NAME " (deleted)"
#define RECORD_SIZE 64

int
supervisors_record (const struct mount_row *row)
{
  char name[RECORD_SIZE];
  int fd;

  snprintf (name, sizeof name, RECORD_NAME, row->major, row->minor);
  fd = memfd_create (name, MFD_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

/* The file NAME of a process's directory in /proc. */
static FILE *
open_text (int process, const char *name)
{
  int fd = openat (process, name, O_RDONLY | O_CLOEXEC);
  FILE *file = fd < 0 ? NULL : fdopen (fd, "r");

  if (file == NULL && fd >= 0)
    close (fd);
  return file;
}

/* Does it have this user's rights alone? */
static bool
is_of_user (int process, uid_t user)
{
  CLEANUP_FCLOSE FILE *file = open_text (process, "status");
  char line[256];
  unsigned real, effective, saved;

  while (file != NULL && fgets (line, sizeof line, file) != NULL)
    if (sscanf (line, "Uid: %u %u %u", &real, &effective, &saved) == 3)
      return real == user && effective == user && saved == user;
  return false;
}

static bool
holds_record (int process, const char *link)
{
  int fd = openat (process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  CLEANUP_CLOSEDIR DIR *stream = fd < 0 ? NULL : fdopendir (fd);
  const struct dirent *member;

  if (stream == NULL && fd >= 0)
    close (fd);
  while (stream != NULL && (member = readdir (stream)) != NULL) {
    char target[RECORD_SIZE];
    ssize_t length = readlinkat (dirfd (stream), member->d_name, target,
                                 sizeof target);

    if (length == (ssize_t) strlen (link)
        && memcmp (target, link, (size_t) length) == 0)
      return true;
  }
  return false;
}

/* Are the pidfd and the number in this /proc of one process?  They are not
 * where /proc is another process namespace's.  Nor when it has ended. */
static bool
is_process (int pidfd, pid_t pid)
{
  char path[64], line[128];
  CLEANUP_FCLOSE FILE *file = NULL;
  int number;

  snprintf (path, sizeof path, "/proc/self/fdinfo/%d", pidfd);
  file = fopen (path, "re");
  while (file != NULL && fgets (line, sizeof line, file) != NULL)
    if (sscanf (line, "Pid: %d", &number) == 1)
      return number == (int) pid;
  return false;
}

/* A pidfd of the process if it is a supervisor, or -1.  What was read is of
 * that very process if it is still there afterwards. */
static int
examine (int proc, const char *name, uid_t owner, const char *link)
{
  pid_t pid = (pid_t) strtol (name, NULL, 10);
  CLEANUP_CLOSE int pidfd = -1;
  CLEANUP_CLOSE int process = -1;

  if (pid <= 1 || pid == getpid ())
    return -1;
  process = openat (proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (process < 0 || !is_of_user (process, owner)
      || !holds_record (process, link))
    return -1;
  pidfd = pidfd_open (pid, 0);
  if (pidfd < 0 || !is_process (pidfd, pid)
      || !is_of_user (process, owner) || !holds_record (process, link))
    return -1;
  return steal_fd (&pidfd);
}

void
supervisors_find (const struct mount_row *row,
                  struct supervisors *supervisors)
{
  CLEANUP_CLOSEDIR DIR *proc = opendir ("/proc");
  const long owner = mount_owner (row);
  const struct dirent *member;
  char link[RECORD_SIZE];

  supervisors->count = 0;
  supervisors->owner = (uid_t) owner;
  if (proc == NULL || owner < 0)
    return;
  snprintf (link, sizeof link, RECORD_LINK, row->major, row->minor);
  while (supervisors->count < SUPERVISORS_LIMIT
         && (member = readdir (proc)) != NULL) {
    int pidfd = isdigit ((unsigned char) member->d_name[0])
      ? examine (dirfd (proc), member->d_name, (uid_t) owner, link) : -1;

    if (pidfd >= 0) {
      supervisors->list[supervisors->count].pidfd = pidfd;
      supervisors->list[supervisors->count++].pid
        = (pid_t) strtol (member->d_name, NULL, 10);
    }
  }
}

void
supervisors_clear (struct supervisors *supervisors)
{
  while (supervisors->count > 0)
    close (supervisors->list[--supervisors->count].pidfd);
}

bool
supervisors_wait (struct supervisors *supervisors, int milliseconds)
{
  const int64_t end = now_milliseconds () + milliseconds;

  while (supervisors->count > 0) {
    const size_t last = supervisors->count - 1;
    struct pollfd poll_fd = {
      .fd = supervisors->list[last].pidfd, .events = POLLIN,
    };
    int64_t left = end - now_milliseconds ();

    if (poll (&poll_fd, 1, left > 0 ? (int) left : 0) == 1) {
      close (poll_fd.fd);
      --supervisors->count;
    }
    else if (left <= 0)
      return false;
  }
  return true;
}

void
supervisors_signal (const struct supervisors *supervisors, int signal)
{
  const uid_t owner = supervisors->owner;
  const bool is_root = geteuid () == 0 && owner != 0;

  /* A process may have become another user's meanwhile, by running a
   * set-user-ID program: the kernel is to decide. */
  if (is_root && setresuid (owner, owner, 0) < 0)
    return;
  for (size_t i = 0; i < supervisors->count; ++i)
    pidfd_send_signal (supervisors->list[i].pidfd, signal, NULL, 0);
  if (is_root && setresuid (0, 0, 0) < 0)
    _exit (EXIT_FAILURE);
}
