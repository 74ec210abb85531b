/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * deltafs umount: undoes mounts, and returns when their processes and
 * temporary files are gone.  Clears what crashes have left.
 */
#include <config.h>

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "holders.h"
#include "mountinfo.h"
#include "now.h"
#include "stale_directories.h"
#include "supervisors.h"
#include "unmount.h"

#define RETRY_MILLISECONDS 100
/* How long the processes of a mount that is undone may take to end, and when
 * they are asked to. */
#define END_MILLISECONDS 30000
#define ASK_MILLISECONDS 2000

static const char what[] = "cannot unmount";

/* One mount point. */
struct target {
  const char *argument;         /* as the user wrote it */
  char *path;                   /* as the table of mounts has it */
  int id;                       /* of the mount */
  struct mounts *before;        /* the table when the mount was there */
  struct supervisors supervisors;
};

static void
target_clear (struct target *target)
{
  free (target->path);
  if (target->before != NULL)
    mounts_free (target->before);
  supervisors_clear (&target->supervisors);
}

/* The argument as an absolute path without symlinks, the last component left
 * alone: no request goes to what may be mounted there. */
static char *
resolve_parent (const char *argument)
{
  CLEANUP_FREE char *copy = strdup (argument);
  CLEANUP_FREE char *parent = NULL;
  size_t length;
  char *slash, *path;

  if (copy == NULL)
    return NULL;
  for (length = strlen (copy); length > 1 && copy[length - 1] == '/'; )
    copy[--length] = '\0';
  slash = strrchr (copy, '/');
  if (strcmp (copy, "/") == 0 || strcmp (copy, ".") == 0
      || strcmp (copy, "..") == 0
      || (slash != NULL && (strcmp (slash, "/.") == 0
                            || strcmp (slash, "/..") == 0)))
    return realpath (copy, NULL);
  if (slash == NULL)
    parent = realpath (".", NULL);
  else {
    *slash = '\0';
    parent = realpath (slash == copy ? "/" : copy, NULL);
  }
  if (parent == NULL
      || asprintf (&path, "%s/%s", strcmp (parent, "/") == 0 ? "" : parent,
                   slash != NULL ? slash + 1 : copy) < 0)
    return NULL;
  return path;
}

/* The mount that the argument means, in *ROW: -ENOENT if there is none. */
static errint_t
find_row (struct target *target, const struct mounts *mounts,
          const struct mount_row **row)
{
  target->path = resolve_parent (target->argument);
  if (target->path == NULL)
    return -errno;
  *row = mounts_find (mounts, target->path);
  if (*row == NULL) {
    free (target->path);
    target->path = realpath (target->argument, NULL);
    if (target->path == NULL)
      return -errno;
    *row = mounts_find (mounts, target->path);
  }
  return 0;
}

/* Refuses what is not a mount of deltafs; finds its processes as long as its
 * device is its own. */
static errint_t
find_mount (struct target *target, const struct log *log)
{
  const struct mount_row *row = NULL;
  errint_t err = mounts_read (&target->before);

  if (err == 0)
    err = find_row (target, target->before, &row);
  if (err < 0)
    return log_error (log, err, what, target->argument);
  if (row == NULL) {
    log_report (log, LOG_LEVEL_ERROR, what, target->argument,
                "nothing is mounted there");
    return -EINVAL;
  }
  if (!mount_is_deltafs (row)) {
    log_report (log, LOG_LEVEL_ERROR, what, target->argument,
                "it is not a mount of deltafs (its type is %s)", row->type);
    return -EINVAL;
  }
  if (geteuid () != 0 && mount_owner (row) != (long) getuid ()) {
    log_report (log, LOG_LEVEL_ERROR, what, target->argument,
                "another user mounted it");
    return -EPERM;
  }
  target->id = row->id;
  supervisors_find (row, &target->supervisors);
  for (size_t i = 0; i < target->supervisors.count; ++i)
    log_detail (log, "%s: supervised by process %d", target->path,
                (int) target->supervisors.list[i].pid);
  return 0;
}

/* Is the mount still there?  Somebody else may have undone it. */
static bool
is_mounted (const struct target *target)
{
  CLEANUP (mounts_free) struct mounts *mounts = NULL;

  return mounts_read (&mounts) < 0
    || mounts_with_id (mounts, target->id) != NULL;
}

static errint_t
report_busy (const struct target *target, const struct log *log)
{
  CLEANUP (mounts_free) struct mounts *mounts = NULL;
  CLEANUP_FREE char *holders = NULL;
  const struct mount_row *row = NULL;

  if (mounts_read (&mounts) == 0)
    row = mounts_find (mounts, target->path);
  if (row != NULL)
    holders = holders_text (mounts, row);
  if (holders != NULL && holders[0] != '\0')
    log_report (log, LOG_LEVEL_ERROR, what, target->argument,
                "it is in use by %s", holders);
  else
    log_report (log, LOG_LEVEL_ERROR, what, target->argument,
                "it is in use, but this user may not see by whom");
  log_hint (log, "end that, or detach the mount with --lazy");
  return -EBUSY;
}

/* Tries until it works or the time is over. */
static errint_t
undo (const struct target *target, const struct options *options,
      const struct log *log)
{
  int64_t end = now_milliseconds () + (int64_t) options->timeout * 1000;
  errint_t err;

  for (;;) {
    err = unmount_path (target->path, options->lazy);
    if (err == 0 || !is_mounted (target))
      return 0;
    if (err != -EBUSY)
      break;
    if (now_milliseconds () >= end)
      return report_busy (target, log);
    poll (NULL, 0, RETRY_MILLISECONDS);
  }
  log_error (log, err, what, target->argument);
  if (err == -ENOENT)
    log_hint (log, "ordinary users need fusermount3, of the package fuse3");
  return err;
}

static const char not_ended[] = "unmounted, but not all has ended";

/* Is the row another mount of the same filesystem?  The numbers of the mount
 * that was undone and of its device do not tell: they may have been given to
 * another one meanwhile. */
static bool
is_same (const struct target *target, const struct mount_row *row)
{
  const struct mount_row *mount = mounts_with_id (target->before, target->id);
  const struct mount_row *before = mounts_with_id (target->before, row->id);

  return mount != NULL && before != NULL && before != mount
    && before->major == mount->major && before->minor == mount->minor
    && row->major == mount->major && row->minor == mount->minor;
}

/* -EBUSY where it can be seen at another place, too (mount --bind), and is
 * served there. */
static errint_t
look_elsewhere (const struct target *target, const struct log *log)
{
  CLEANUP (mounts_free) struct mounts *mounts = NULL;
  errint_t err = mounts_read (&mounts);

  for (size_t i = 0; err == 0 && i < mounts->count; ++i)
    if (is_same (target, &mounts->list[i])) {
      log_report (log, LOG_LEVEL_ERROR, not_ended, target->argument,
                  "it is in use by the mount at %s", mounts->list[i].point);
      log_hint (log, "unmount that, or end process %d, and it is gone from "
                "there too", (int) target->supervisors.list[0].pid);
      err = -EBUSY;
    }
  return err == -EBUSY ? err : 0;
}

static errint_t
wait_for_end (struct target *target, const struct log *log)
{
  struct supervisors *supervisors = &target->supervisors;

  if (!supervisors_wait (supervisors, ASK_MILLISECONDS)) {
    errint_t err = look_elsewhere (target, log);

    if (err < 0)
      return err;
    /* A mount namespace that was made meanwhile, such as a container's, has a
     * copy of the mount, and keeps it from ending by itself. */
    supervisors_signal (supervisors, SIGTERM);
  }
  if (supervisors_wait (supervisors, END_MILLISECONDS - ASK_MILLISECONDS))
    return 0;
  log_report (log, LOG_LEVEL_ERROR, not_ended, target->argument,
              "process %d is still there", (int) supervisors->list[0].pid);
  return -ETIMEDOUT;
}

static errint_t
unmount_argument (const char *argument, const struct options *options,
                  const struct log *log)
{
  struct target target = { .argument = argument };
  errint_t err = find_mount (&target, log);

  if (err == 0)
    err = undo (&target, options, log);
  if (err == 0 && !options->lazy)
    err = wait_for_end (&target, log);
  target_clear (&target);
  return err;
}

int
command_umount (const struct options *options, struct messages *messages)
{
  int code = EXIT_DONE;

  for (int i = 0; i < options->operand_count; ++i)
    if (unmount_argument (options->operands[i], options,
                          &messages->log) < 0)
      code = EXIT_FAILED;
  stale_directories_await ();
  stale_directories_clear (&messages->log);
  return code;
}
