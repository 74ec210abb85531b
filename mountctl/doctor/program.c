/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Running programs, see program.h.
 */
#include <config.h>

#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "program.h"

/* Reads up to the end, keeps the first line. */
static void
read_line (int fd, char *line, size_t size)
{
  size_t used = 0;
  char buffer[4096];
  ssize_t got;

  while ((got = read (fd, buffer, sizeof buffer)) > 0
         || (got < 0 && errno == EINTR))
    for (ssize_t i = 0; i < got && used + 1 < size; ++i)
      line[used++] = buffer[i];
  line[used] = '\0';
  line[strcspn (line, "\n")] = '\0';
}

static errint_t
spawn (const char *const *arguments, int output, pid_t *pid)
{
  posix_spawn_file_actions_t actions;
  int error = posix_spawn_file_actions_init (&actions);

  if (error != 0)
    return -error;
  posix_spawn_file_actions_addopen (&actions, STDIN_FILENO, "/dev/null",
                                    O_RDONLY, 0);
  posix_spawn_file_actions_adddup2 (&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen (&actions, STDERR_FILENO, "/dev/null",
                                    O_WRONLY, 0);
  error = posix_spawnp (pid, arguments[0], &actions, NULL,
                        (char *const *) (intptr_t) arguments, environ);
  posix_spawn_file_actions_destroy (&actions);
  return -error;
}

errint_t
program_run (const char *const *arguments, char *line, size_t size)
{
  int ends[2], status;
  errint_t error;
  pid_t pid;

  line[0] = '\0';
  if (pipe2 (ends, O_CLOEXEC) < 0)
    return -errno;
  error = spawn (arguments, ends[1], &pid);
  close (ends[1]);
  if (error == 0) {
    read_line (ends[0], line, size);
    while (waitpid (pid, &status, 0) < 0 && errno == EINTR)
      continue;
    if (!WIFEXITED (status) || WEXITSTATUS (status) != 0)
      error = -EIO;
  }
  close (ends[0]);
  return error;
}
