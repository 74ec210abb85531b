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
  errint_t error = mounts_read (&mounts);

  if (error < 0)
    return log_error (log, error, what, path);
  row = mounts_find (mounts, path);
  if (row == NULL || !mount_is_deltafs (row))
    return 0;
  supervisors_find (row, &supervisors);
  if (!supervisors_wait (&supervisors, END_MILLISECONDS)) {
    log_report (log, LOG_LEVEL_ERROR, what, path, "the mount that is there is "
                "ending, but process %d is still there",
                (int) supervisors.list[0].pid);
    error = -EBUSY;
  }
  supervisors_clear (&supervisors);
  return error;
}

static errint_t
clear_dead_mount (const char *path, const struct log *log)
{
  errint_t error = unmount_path (path, true);

  if (error < 0)
    return log_error (log, error, what, path);
  log_report (log, LOG_LEVEL_WARNING, "a dead mount was cleared", path,
              "its processes had been killed");
  return 0;
}

static errint_t
report_open (const struct log *log, const char *path, errint_t error)
{
  log_error (log, error, what, path);
  if (error == -ENOENT)
    log_hint (log, "a mount point is an empty directory that exists");
  return error;
}

/* Has a FUSE mount lost its worker, before or while it was opened? */
static bool
is_dead (int error)
{
  return error == ENOTCONN || error == ECONNABORTED;
}

/* Opens the directory; a dead mount of ours on it is undone first.  NAME is
 * what the user calls it.  Reported. */
static int
open_directory (const char *path, const char *name, const struct log *log)
{
  const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  int fd = open (path, flags);
  errint_t error = fd < 0 ? -errno : 0;
  int id;

  if (is_dead (-error)) {
    error = await_supervisors (path, log);
    if (error < 0)
      return error;
    fd = open (path, flags);
    error = fd < 0 ? -errno : 0;
  }
  if (is_dead (-error) && is_deltafs (path, &id)) {
    error = clear_dead_mount (path, log);
    if (error < 0)
      return error;
    fd = open (path, flags);
    error = fd < 0 ? -errno : 0;
  }
  return error < 0 ? report_open (log, name, error) : fd;
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
  errint_t error = check_empty (mount_point->directory);

  if (error == -ENOTEMPTY) {
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
    return error;
  }
  if (error < 0)
    return log_error (log, error, what, path);
  return lock_directory (mount_point->directory, path, log);
}

errint_t
mount_point_open (const char *path, const struct log *log,
                  struct mount_point **result)
{
  CLEANUP (mount_point_close) struct mount_point *mount_point
    = calloc (1, sizeof *mount_point);
  errint_t error;

  if (mount_point == NULL)
    return log_error (log, -ENOMEM, what, path);
  mount_point->directory = -1;
  mount_point->path = realpath (path, NULL);
  if (mount_point->path == NULL)
    return report_open (log, path, -errno);
  mount_point->directory = open_directory (mount_point->path, path, log);
  if (mount_point->directory < 0)
    return mount_point->directory;
  error = check_directory (mount_point, path, log);
  if (error == 0)
    error = check_helper (log);
  if (error < 0)
    return error;
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
  errint_t error;

  if (stat (mount_point->path, &now) < 0
      || fstat (mount_point->directory, &opened) < 0
      || now.st_dev != opened.st_dev || now.st_ino != opened.st_ino) {
    log_report (log, LOG_LEVEL_ERROR, what, mount_point->path,
                "the mount point has disappeared");
    return -ESTALE;
  }
  error = check_empty (mount_point->directory);
  return error < 0 ? log_error (log, error, what, mount_point->path) : 0;
}

int
mount_point_record (const struct mount_point *mount_point,
                    const struct log *log)
{
  CLEANUP (mounts_free) struct mounts *mounts = NULL;
  const struct mount_row *row;
  errint_t error = mounts_read (&mounts);
  int record;

  if (error < 0)
    return log_error (log, error, what, mount_point->path);
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
  errint_t error;

  if (!is_deltafs (mount_point->path, &id) || id == mount_point->covered_id)
    return;
  error = unmount_path (mount_point->path, true);
  if (error < 0)
    log_error (log, error, "cannot unmount", mount_point->path);
}
