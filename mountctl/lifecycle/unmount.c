/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Undoing one mount.
 */
#include <config.h>

#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "mountinfo.h"
#include "unmount.h"

/* fusermount3 says the reason in words only.  It serves the user who made the
 * mount; to that user the only reason to refuse is that the mount is busy. */
static errint_t
reason_of_refusal (const char *path)
{
  CLEANUP (mounts_free) struct mounts *mounts = NULL;
  const struct mount_row *row;

  if (mounts_read (&mounts) < 0)
    return -EPERM;
  row = mounts_find (mounts, path);
  if (row == NULL)
    return 0;
  return mount_owner (row) == (long) getuid () ? -EBUSY : -EPERM;
}

static errint_t
run_fusermount (const char *path, bool lazy)
{
  const char *const arguments[] = {
    "fusermount3", "-q", lazy ? "-uz" : "-u", "--", path, NULL,
  };
  posix_spawn_file_actions_t actions;
  pid_t pid;
  int error, status;

  if (posix_spawn_file_actions_init (&actions) != 0)
    return -ENOMEM;
  posix_spawn_file_actions_addopen (&actions, STDERR_FILENO, "/dev/null",
                                    O_WRONLY, 0);
  error = posix_spawnp (&pid, arguments[0], &actions, NULL,
                        (char *const *) (uintptr_t) arguments, environ);
  posix_spawn_file_actions_destroy (&actions);
  if (error != 0)
    return -error;
  while (waitpid (pid, &status, 0) < 0)
    if (errno != EINTR)
      return -errno;
  return WIFEXITED (status) && WEXITSTATUS (status) == 0
    ? 0 : reason_of_refusal (path);
}

errint_t
unmount_path (const char *path, bool lazy)
{
  if (umount2 (path, UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0)) == 0)
    return 0;
  if (errno != EPERM)
    return -errno;
  return run_fusermount (path, lazy);
}
