/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Starting e2fsck within walls of its own, and waiting for its end.
 */
#include <config.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "handover.h"
#include "keeper.h"
#include "recovery.h"
#include "sandbox.h"

#define ADDRESS_SPACE ((uint64_t) 512 << 20)
#define PROCESSOR_SECONDS 20
/* It may wait, too: for reads. */
#define ALL_MILLISECONDS 60000

/* The descriptor that the memory file is to the program. */
#define FILE_FD 3
#define FILE_NAME "/proc/self/fd/3"

/* Standard input and output nowhere, standard error to ERRORS, the memory
 * file; no other descriptor stays open. */
static errint_t
arrange_descriptors (int file, int errors)
{
  CLEANUP_CLOSE int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  if (null < 0 || dup2 (null, STDIN_FILENO) < 0
      || dup2 (null, STDOUT_FILENO) < 0 || dup2 (errors, STDERR_FILENO) < 0
      || dup2 (file, FILE_FD) < 0)
    return -errno;
  return close_range (FILE_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC) < 0 ? -errno : 0;
}

/* Becomes e2fsck; returns why not. */
static errint_t
become_program (const char *path, int socket)
{
  const char *const places[] = {
    path, "/usr", "/lib", "/lib32", "/lib64", "/libx32",
    "/etc/ld.so.cache", "/dev/null",
    /* It wants to know that the file is not mounted. */
    "/proc/self/mounts", NULL
  };
  const struct sandbox_program program = {
    .places = places,
    .address_space = ADDRESS_SPACE,
    .seconds = PROCESSOR_SECONDS,
  };
  const char *const environment[] = {
    "LC_ALL=C", "E2FSCK_CONFIG=/dev/null", NULL
  };
  const char *const arguments[] = {
    "e2fsck", "-p", "-E", "journal_only", FILE_NAME, NULL
  };
  const struct keeper_answer started = { .news = KEEPER_STARTED };
  int notifications = -1;
  errint_t error = sandbox_enter_program (&program, &notifications);

  if (error == 0)
    error = handover_send (socket, &started, sizeof started, notifications);
  if (notifications >= 0)
    close (notifications);
  if (error < 0)
    return error;
  execve (path, (char *const *) (intptr_t) arguments,
          (char *const *) (intptr_t) environment);
  return -errno;
}

/* In the child.  What fails is told like a complaint of the program's. */
static void
run_program (const char *path, int file, int errors, int socket, pid_t parent)
{
  /* Above those that have a place of their own. */
  const int high_file = fcntl (file, F_DUPFD_CLOEXEC, FILE_FD + 1);
  const int high_errors = fcntl (errors, F_DUPFD_CLOEXEC, FILE_FD + 1);
  const int high_socket = fcntl (socket, F_DUPFD_CLOEXEC, FILE_FD + 1);
  errint_t error = -EMFILE;

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != parent)
    _exit (KEEPER_NOT_STARTED);
  if (high_file >= 0 && high_errors >= 0 && high_socket >= 0)
    error = arrange_descriptors (high_file, high_errors);
  if (error == 0)
    error = become_program (path, high_socket);
  dprintf (STDERR_FILENO, "%s", strerror (-error));
  _exit (KEEPER_NOT_STARTED);
}

static int64_t
milliseconds_now (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads from a program's standard error to its end, which is the program's; of
 * what comes the beginning is kept. */
static void
listen_to (int errors, pid_t pid, char *complaint)
{
  const int64_t end = milliseconds_now () + ALL_MILLISECONDS;
  size_t kept = 0;

  for (;;) {
    const int64_t left = end - milliseconds_now ();
    struct pollfd poll_fd = { .fd = errors, .events = POLLIN };
    char piece[512];
    ssize_t got;

    if (left <= 0 || poll (&poll_fd, 1, (int) left) == 0) {
      kill (pid, SIGKILL);
      return;
    }
    got = read (errors, piece, sizeof piece);
    if (got == 0 || (got < 0 && errno != EINTR))
      return;
    for (ssize_t i = 0; i < got && kept < KEEPER_COMPLAINT_MAX - 1; ++i)
      complaint[kept++] = piece[i];
  }
}

static errint_t
run (int file, int socket, struct keeper_answer *answer)
{
  char path[PATH_MAX];
  CLEANUP_CLOSE int errors = -1, its_errors = -1;
  const pid_t self = getpid ();
  int ends[2];
  pid_t pid;

  if (!recovery_find_program (path))
    return -ENOENT;
  if (pipe2 (ends, O_CLOEXEC) < 0)
    return -errno;
  errors = ends[0];
  its_errors = ends[1];
  pid = fork ();
  if (pid < 0)
    return -errno;
  if (pid == 0)
    run_program (path, file, its_errors, socket, self);
  close (steal_fd (&its_errors));
  listen_to (errors, pid, answer->complaint);
  while (waitpid (pid, &answer->status, 0) < 0 && errno == EINTR)
    ;
  return 0;
}

static void
leave_streams (void)
{
  CLEANUP_CLOSE int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  if (null < 0)
    return;
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
    dup2 (null, fd);
}

void
keeper_run (int socket, pid_t parent)
{
  struct keeper_request request;
  int file;

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != parent)
    _exit (EXIT_SUCCESS);
  prctl (PR_SET_NAME, "deltafs-keeper");
  prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (socket > STDERR_FILENO + 1)
    close_range (STDERR_FILENO + 1, (unsigned) socket - 1, 0);
  close_range ((unsigned) socket + 1, ~0U, 0);
  leave_streams ();
  signal (SIGINT, SIG_IGN);     /* the terminal's: the parent's affair */
  while (handover_receive (socket, &request, sizeof request, &file) == 0) {
    struct keeper_answer answer = { .news = KEEPER_ENDED };

    answer.error = file < 0 ? -EPROTO : run (file, socket, &answer);
    if (file >= 0)
      close (file);
    if (handover_send (socket, &answer, sizeof answer, -1) < 0)
      break;
  }
  _exit (EXIT_SUCCESS);
}
