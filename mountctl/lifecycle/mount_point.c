/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Checks a mount point and holds it, see mount_point.h.
 */
#include <config.h>

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mount_point.h"
#include "mountinfo.h"
#include "now.h"
#include "program_path.h"
#include "supervisors.h"
#include "unmount.h"

#define FUSERMOUNT "fusermount3"

/* How long a mount that is ending may take: its worker has ten seconds. */
#define END_MILLISECONDS 15000
#define RETRY_MILLISECONDS 20

static const char what[] = "cannot mount";

/* What is mounted at PATH, its number in *ID or -1: is it ours? */
static bool
is_deltafs (const char *path, int *id)
{
  CLEANUP (mounts_free) struct mounts *mounts = NULL;
  const struct mount_row *row;

  *id = -1;
  if (mounts_read (&mounts) < 0)
    return false;
  row = mounts_find (mounts, path);
  if (row == NULL)
    return false;
  *id = row->id;
  return mount_is_deltafs (row);
}

/* Waits for the processes of the mount at PATH, which does not answer any more:
 * one that is ending is undone by its supervisor. */
static errint_t
await_supervisors (const char *path, const struct log *log)
{
  CLEANUP (mounts_free) struct mounts *mounts = NULL;
  const struct mount_row *row;
  struct supervisors supervisors;
  errint_t err = mounts_read (&mounts);

  if (err < 0)
    return log_error (log, err, what, path);
  row = mounts_find (mounts, path);
  if (row == NULL || !mount_is_deltafs (row))
    return 0;
  supervisors_find (row, &supervisors);
  if (!supervisors_wait (&supervisors, END_MILLISECONDS)) {
    log_report (log, LOG_LEVEL_ERROR, what, path, "the mount that is there is "
                "ending, but process %d is still there",
                (int) supervisors.list[0].pid);
    err = -EBUSY;
  }
  supervisors_clear (&supervisors);
  return err;
}

static errint_t
clear_dead_mount (const char *path, const struct log *log)
{
  errint_t err = unmount_path (path, true);

  if (err < 0)
    return log_error (log, err, what, path);
  log_report (log, LOG_LEVEL_WARNING, "a dead mount was cleared", path,
              "its processes had been killed");
  return 0;
}

static errint_t
report_open (const struct log *log, const char *path, errint_t err)
{
  log_error (log, err, what, path);
  if (err == -ENOENT)
    log_hint (log, "a mount point is an empty directory that exists");
  return err;
}

/* Has a FUSE mount lost its worker, before or while it was opened? */
static bool
is_dead (int err)
{
  return err == ENOTCONN || err == ECONNABORTED;
}

/* Opens the directory; a dead mount of ours on it is undone first.  NAME is
 * what the user calls it.  Reported. */
static int
open_directory (const char *path, const char *name, const struct log *log)
{
  const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  int fd = open (path, flags);
  errint_t err = fd < 0 ? -errno : 0;
  int id;

  if (is_dead (-err)) {
    err = await_supervisors (path, log);
    if (err < 0)
      return err;
    fd = open (path, flags);
    err = fd < 0 ? -errno : 0;
  }
  if (is_dead (-err) && is_deltafs (path, &id)) {
    err = clear_dead_mount (path, log);
    if (err < 0)
      return err;
    fd = open (path, flags);
    err = fd < 0 ? -errno : 0;
  }
  return err < 0 ? report_open (log, name, err) : fd;
}

/* 0, -ENOTEMPTY or an errno. */
static errint_t
check_empty (int directory)
{
  int copy = openat (directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  CLEANUP_CLOSEDIR DIR *stream = NULL;
  const struct dirent *member;

  if (copy < 0)
    return -errno;
  stream = fdopendir (copy);
  if (stream == NULL) {
    close (copy);
    return -ENOMEM;
  }
  errno = 0;
  while ((member = readdir (stream)) != NULL)
    if (strcmp (member->d_name, ".") != 0
        && strcmp (member->d_name, "..") != 0)
      return -ENOTEMPTY;
  return -errno;
}

static errint_t
check_helper (const struct log *log)
{
  char program[PATH_MAX];

  if (geteuid () == 0 || program_find (FUSERMOUNT, program))
    return 0;
  log_report (log, LOG_LEVEL_ERROR, what, FUSERMOUNT,
              "not found, and this is not root");
  log_hint (log, "install the package fuse3, or mount as root");
  return -ENOENT;
}

/* Locks the directory.  Whoever is about to mount there has an exclusive lock;
 * a mount that is ending has a shared one, until its last process is gone. */
static errint_t
lock_directory (int directory, const char *path, const struct log *log)
{
  const int64_t end = now_milliseconds () + END_MILLISECONDS;

  while (flock (directory, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
    if (flock (directory, LOCK_SH | LOCK_NB) < 0) {
      log_report (log, LOG_LEVEL_ERROR, what, path,
                  "another deltafs is about to mount there");
      return -EBUSY;
    }
    flock (directory, LOCK_UN);
    if (now_milliseconds () >= end) {
      log_report (log, LOG_LEVEL_ERROR, what, path,
                  "the mount that was there has not ended");
      log_hint (log, "its files may still be open, or it may also be mounted "
                "elsewhere");
      return -EBUSY;
    }
    poll (NULL, 0, RETRY_MILLISECONDS);
  }
  return 0;
}

static errint_t
check_directory (const struct mount_point *mount_point, const char *path,
                 const struct log *log)
{
  errint_t err = check_empty (mount_point->directory);

  if (err == -ENOTEMPTY) {
    int id;

    if (is_deltafs (mount_point->path, &id)) {
      log_report (log, LOG_LEVEL_ERROR, what, path,
                  "deltafs is mounted there already");
      log_hint (log, "deltafs umount undoes that");
    }
    else {
      log_report (log, LOG_LEVEL_ERROR, what, path, "%s",
                  strerror (ENOTEMPTY));
      log_hint (log, "a mount point must be empty, because what is in it "
                "would be hidden");
    }
    return err;
  }
  if (err < 0)
    return log_error (log, err, what, path);
  return lock_directory (mount_point->directory, path, log);
}

errint_t
mount_point_open (const char *path, const struct log *log,
                  struct mount_point **result)
{
  CLEANUP (mount_point_close) struct mount_point *mount_point
    = calloc (1, sizeof *mount_point);
  errint_t err;

  if (mount_point == NULL)
    return log_error (log, -ENOMEM, what, path);
  mount_point->directory = -1;
  mount_point->path = realpath (path, NULL);
  if (mount_point->path == NULL)
    return report_open (log, path, -errno);
  mount_point->directory = open_directory (mount_point->path, path, log);
  if (mount_point->directory < 0)
    return mount_point->directory;
  err = check_directory (mount_point, path, log);
  if (err == 0)
    err = check_helper (log);
  if (err < 0)
    return err;
  is_deltafs (mount_point->path, &mount_point->covered_id);
  *result = steal_pointer (&mount_point);
  return 0;
}

void
mount_point_close (struct mount_point *mount_point)
{
  if (mount_point->directory >= 0)
    close (mount_point->directory);
  free (mount_point->path);
  free (mount_point);
}

errint_t
mount_point_verify (const struct mount_point *mount_point,
                    const struct log *log)
{
  struct stat opened, now;
  errint_t err;

  if (stat (mount_point->path, &now) < 0
      || fstat (mount_point->directory, &opened) < 0
      || now.st_dev != opened.st_dev || now.st_ino != opened.st_ino) {
    log_report (log, LOG_LEVEL_ERROR, what, mount_point->path,
                "the mount point has disappeared");
    return -ESTALE;
  }
  err = check_empty (mount_point->directory);
  return err < 0 ? log_error (log, err, what, mount_point->path) : 0;
}

int
mount_point_record (const struct mount_point *mount_point,
                    const struct log *log)
{
  CLEANUP (mounts_free) struct mounts *mounts = NULL;
  const struct mount_row *row;
  errint_t err = mounts_read (&mounts);
  int record;

  if (err < 0)
    return log_error (log, err, what, mount_point->path);
  row = mounts_find (mounts, mount_point->path);
  if (row == NULL || !mount_is_deltafs (row)
      || row->id == mount_point->covered_id) {
    log_report (log, LOG_LEVEL_ERROR, what, mount_point->path,
                "the mount has disappeared");
    return -ESTALE;
  }
  record = supervisors_record (row);
  if (record < 0)
    return log_error (log, record, what, mount_point->path);
  /* Without a lock a second mount there finds out later that it is too late. */
  flock (mount_point->directory, LOCK_SH | LOCK_NB);
  return record;
}

void
mount_point_clear (const struct mount_point *mount_point,
                   const struct log *log)
{
  int id;
  errint_t err;

  if (!is_deltafs (mount_point->path, &id) || id == mount_point->covered_id)
    return;
  err = unmount_path (mount_point->path, true);
  if (err < 0)
    log_error (log, err, "cannot unmount", mount_point->path);
}
