/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Undoing one mount.
 */
#include <config.h>

#include <stdio.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "mountinfo.h"
#include "process.h"
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
  static const int files[PROCESS_FILES] = {
    PROCESS_SAME, PROCESS_SAME, PROCESS_NULL, PROCESS_SAME,
  };
  int status;
  pid_t pid;
  errint_t err = process_start (arguments, NULL, files, &pid);

  if (err == 0)
    err = process_wait (pid, &status);
  if (err < 0)
    return err;
  return WIFEXITED (status) && WEXITSTATUS (status) == 0
    ? 0 : reason_of_refusal (path);
}

errint_t
unmount_path (const char *path, bool lazy)
{
  if (umount2 (path, UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0)) == 0)
    return 0;
  if (errno != EPERM)
    return errno == ENOENT ? -EINVAL : -errno;
  return run_fusermount (path, lazy);
}
