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
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "handover.h"
#include "keeper.h"
#include "now.h"
#include "recovery.h"
#include "sandbox.h"
#include "signal_handlers.h"

#define ADDRESS_SPACE ((uint64_t) 512 << 20)
#define PROCESSOR_SECONDS 20
/* It may wait, too: for reads. */
#define ALL_MILLISECONDS 60000

/* How often the memory that the file takes is looked at. */
#define SLICE_MILLISECONDS 100

/* The descriptor in KEEPER_FILE_NAME. */
#define FILE_FD 3

/* Standard input nowhere, standard output and error to OUTPUT, the memory
 * file; no other descriptor stays open.  FILE and OUTPUT are above FILE_FD. */
static errint_t
arrange_descriptors (int file, int output)
{
  int null = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  if (null < 0 || dup2 (null, STDIN_FILENO) < 0
      || dup2 (output, STDOUT_FILENO) < 0 || dup2 (output, STDERR_FILENO) < 0
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
    "e2fsck", "-p", "-E", "journal_only", KEEPER_FILE_NAME, NULL
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

/* In the child.  What fails is told as if the program said it. */
static void
run_program (const char *path, int file, int output, int socket, pid_t parent)
{
  /* Above those that have a place of their own. */
  const int high_file = fcntl (file, F_DUPFD_CLOEXEC, FILE_FD + 1);
  const int high_output = fcntl (output, F_DUPFD_CLOEXEC, FILE_FD + 1);
  const int high_socket = fcntl (socket, F_DUPFD_CLOEXEC, FILE_FD + 1);
  errint_t error = -EMFILE;

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != parent)
    _exit (KEEPER_NOT_STARTED);
  if (high_file >= 0 && high_output >= 0 && high_socket >= 0)
    error = arrange_descriptors (high_file, high_output);
  if (error == 0)
    error = become_program (path, high_socket);
  dprintf (STDERR_FILENO, "%s", strerror (-error));
  _exit (KEEPER_NOT_STARTED);
}

/* Takes what a program says; false when no more is to come. */
static bool
listen_to (int output, struct keeper_answer *answer)
{
  char piece[512];
  const ssize_t got = read (output, piece, sizeof piece);

  for (ssize_t i = 0; i < got && answer->said_length < KEEPER_SAID_MAX; ++i)
    answer->said[answer->said_length++] = piece[i];
  return got > 0 || (got < 0 && errno == EINTR);
}

/* Memory can be had of the file without asking: by mapping it, or by the
 * descriptors that need no answer. */
static bool
takes_too_much (int file, uint64_t most)
{
  struct stat stat;

  return fstat (file, &stat) < 0 || (uint64_t) stat.st_blocks * 512 > most;
}

/* Waits until a program ends; one that takes too long or too much is ended. */
static void
watch (int process, int output, int file, uint64_t most,
       struct keeper_answer *answer)
{
  const int64_t end = now_milliseconds () + ALL_MILLISECONDS;
  struct pollfd waits[] = {
    { .fd = process, .events = POLLIN },
    { .fd = output, .events = POLLIN },
  };

  for (;;) {
    if (now_milliseconds () > end || takes_too_much (file, most))
      pidfd_send_signal (process, SIGKILL, NULL, 0);
    if (poll (waits, 2, SLICE_MILLISECONDS) <= 0)
      continue;
    if (waits[1].revents != 0 && !listen_to (output, answer))
      waits[1].fd = -1;
    else if (waits[1].revents == 0 && waits[0].revents != 0)
      return;
  }
}

/* Starts the program in *PID. */
static errint_t
start (int file, int socket, int *output, pid_t *pid)
{
  CLEANUP_CLOSE int its_output = -1;
  const pid_t self = getpid ();
  char path[PATH_MAX];
  int ends[2];

  if (!recovery_find_program (path))
    return -ENOENT;
  if (pipe2 (ends, O_CLOEXEC) < 0)
    return -errno;
  *output = ends[0];
  its_output = ends[1];
  *pid = fork ();
  if (*pid < 0)
    return -errno;
  if (*pid == 0)
    run_program (path, file, its_output, socket, self);
  return 0;
}

static errint_t
run (int file, int socket, uint64_t most, struct keeper_answer *answer)
{
  CLEANUP_CLOSE int output = -1, process = -1;
  pid_t pid = -1;
  errint_t error = start (file, socket, &output, &pid);

  if (error < 0)
    return error;
  process = pidfd_open (pid, 0);
  if (process < 0) {
    error = -errno;
    kill (pid, SIGKILL);
  }
  else
    watch (process, output, file, most, answer);
  while (waitpid (pid, &answer->status, 0) < 0)
    if (errno != EINTR)
      return -errno;
  return error;
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
  signal_handlers_forget ();
  signal (SIGINT, SIG_IGN);     /* the terminal's: the parent's affair */
  while (handover_receive (socket, &request, sizeof request, &file) == 0) {
    struct keeper_answer answer = { .news = KEEPER_ENDED };

    answer.error = file < 0 ? -EPROTO
      : run (file, socket, request.most, &answer);
    if (file >= 0)
      close (file);
    if (handover_send (socket, &answer, sizeof answer, -1) < 0)
      break;
  }
  _exit (EXIT_SUCCESS);
}
