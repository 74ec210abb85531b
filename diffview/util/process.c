/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Processes, see process.h.
 */
#include <config.h>

#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"

static int
add_files (posix_spawn_file_actions_t *actions,
           const int files[PROCESS_FILES])
{
  int err = 0;

  for (int i = 0; err == 0 && i < PROCESS_FILES; ++i)
    if (files[i] == PROCESS_NULL)
      err = posix_spawn_file_actions_addopen (actions, i, "/dev/null",
                                              O_RDWR, 0);
    else if (files[i] != PROCESS_SAME)
      err = posix_spawn_file_actions_adddup2 (actions, files[i], i);
  return err;
}

errint_t
process_start (const char *const *arguments, char *const *environment,
               const int files[PROCESS_FILES], pid_t *pid)
{
  posix_spawn_file_actions_t actions;
  int err = posix_spawn_file_actions_init (&actions);

  if (err != 0)
    return -err;
  err = add_files (&actions, files);
  if (err == 0)
    err = posix_spawnp (pid, arguments[0], &actions, NULL,
                        (char *const *) (uintptr_t) arguments,
                        environment != NULL ? environment : environ);
  posix_spawn_file_actions_destroy (&actions);
  return -err;
}

errint_t
process_wait (pid_t pid, int *status)
{
  int ignored;

  if (status == NULL)
    status = &ignored;
  *status = 0;
  while (waitpid (pid, status, 0) < 0)
    if (errno != EINTR)
      return -errno;
  return 0;
}

errint_t
process_end_with_parent (pid_t parent, int signal, int code)
{
  if (prctl (PR_SET_PDEATHSIG, signal) != 0)
    return -errno;
  /* It may have ended before that was set. */
  if (getppid () != parent)
    _exit (code);
  return 0;
}
