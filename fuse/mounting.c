/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Making and undoing the mount, as root with mount(2), as an ordinary user
 * by fusermount3.  Knows nothing of what is served.
 *
 * Why not leave it to libfuse: it builds a string of mount options from the
 * source's name, unmounts whatever is at the path by then, and prints its
 * messages itself.
 */
#include <config.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "cleanup.h"
#include "fusermount.h"
#include "mountinfo.h"
#include "mounting.h"
#include "serve.h"
#include "unmount.h"

#define FUSE_DEVICE "/dev/fuse"
#define FUSE_CONFIGURATION "/etc/fuse.conf"

/* What the kernel shows as the device where the caller names none. */
#define DEFAULT_SOURCE "deltafs"

static errint_t
open_device (const struct log *log, int *device)
{
  *device = open (FUSE_DEVICE, O_RDWR | O_CLOEXEC);
  if (*device != -1)
    return 0;

  switch (errno) {
  case ENOENT:
  case ENODEV:
  case ENXIO:
    log_error (log, -errno, "cannot mount", FUSE_DEVICE);
    log_hint (log, "load the kernel's FUSE module (modprobe fuse); in a "
              "container, pass %s in (--device %s)", FUSE_DEVICE,
              FUSE_DEVICE);
    return -ENODEV;
  case EACCES:
  case EPERM:
    log_error (log, -errno, "cannot mount", FUSE_DEVICE);
    log_hint (log, "this user must be able to read and write %s",
              FUSE_DEVICE);
    return -EACCES;
  default:
    return log_error (log, -errno, "cannot mount", FUSE_DEVICE);
  }
}

/* An absolute path without symlinks of a directory that can be mounted on,
 * new. */
static errint_t
resolve (const char *mount_point, const struct log *log, char **path)
{
  CLEANUP_FREE char *resolved = realpath (mount_point, NULL);
  struct stat status;

  if (resolved == NULL || stat (resolved, &status) == -1) {
    errint_t err = -errno;

    log_error (log, err, "cannot mount", mount_point);
    if (err == -ENOTCONN)
      log_hint (log, "a dead mount is there: deltafs umount %s clears it",
                mount_point);
    return err;
  }
  if (!S_ISDIR (status.st_mode))
    return log_error (log, -ENOTDIR, "cannot mount", mount_point);
  *path = steal_pointer (&resolved);
  return 0;
}

/* May ordinary users mount with allow_other here?  fusermount3(1): a line
 * "user_allow_other"; '#' begins a comment. */
static bool
others_allowed (void)
{
  CLEANUP_FCLOSE FILE *file = fopen (FUSE_CONFIGURATION, "re");
  char line[256];

  if (file == NULL)
    return false;
  while (fgets (line, sizeof line, file) != NULL) {
    char *start = line + strspn (line, " \t");

    start[strcspn (start, "# \t\n")] = '\0';
    if (strcmp (start, "user_allow_other") == 0)
      return true;
  }
  return false;
}

static errint_t
check_others (const struct serve_options *options, const char *mount_point,
              const struct log *log)
{
  if (!options->allow_other || geteuid () == 0 || others_allowed ())
    return 0;
  log_report (log, LOG_LEVEL_ERROR, "cannot mount", mount_point,
              "ordinary users may not use allow_other on this machine");
  log_hint (log, "an administrator can allow it with the line "
            "user_allow_other in %s", FUSE_CONFIGURATION);
  return -EPERM;
}

errint_t
mounting_check (const char *mount_point, const struct serve_options *options,
                const struct log *log)
{
  CLEANUP_CLOSE int device = -1;
  errint_t err = open_device (log, &device);

  return err < 0 ? err : check_others (options, mount_point, log);
}

/* With mount(2).  -EPERM (not reported) when we may not. */
static errint_t
mount_directly (const char *path, const char *source,
                const struct serve_options *options,
                const struct log *log, int *device)
{
  CLEANUP_CLOSE int fuse = -1;
  char data[160];
  errint_t err;

  if (geteuid () != 0)
    return -EPERM;
  err = open_device (log, &fuse);
  if (err < 0)
    return err;

  /* Nothing in this string is the user's. */
  snprintf (data, sizeof data,
            "fd=%d,rootmode=40000,user_id=%u,group_id=%u%s%s", fuse,
            (unsigned) geteuid (), (unsigned) getegid (),
            options->allow_other ? ",allow_other" : "",
            options->allow_other && !options->all_readable ?
            ",default_permissions" : "");
  if (mount (source, path, "fuse.deltafs",
             MS_RDONLY | MS_NOSUID | MS_NODEV
             | (options->no_exec ? MS_NOEXEC : 0), data) == -1) {
    if (errno == EPERM)
      return -EPERM;
    err = log_error (log, -errno, "cannot mount", path);
    if (err == -ENODEV)
      log_hint (log, "the kernel's FUSE module is missing (modprobe fuse)");
    return err;
  }
  *device = steal_fd (&fuse);
  return 0;
}

static errint_t
mount_by_helper (const char *path, const char *source,
                 const struct serve_options *options,
                 const struct log *log, int *device)
{
  CLEANUP_CLOSE int probe = -1;
  errint_t err;

  /* fusermount3 opens the device itself; this is for the message. */
  err = open_device (log, &probe);
  if (err < 0)
    return err;
  return fusermount_mount (path, source, options, log, device);
}

/* The number of the mount whose root is PATH, or -1. */
static int
find_id (const char *path)
{
  CLEANUP_CLOSE int fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);

  return fd < 0 ? -1 : mount_of_descriptor (fd);
}

/* Where the mount of ours with that number is by now, new.  -ENOENT when there
 * is none; other errors: it cannot be known. */
static errint_t
find_path (int id, char **path)
{
  CLEANUP (mounts_free) struct mounts *mounts = NULL;
  const struct mount_row *row;
  errint_t err = id < 0 ? -EINVAL : mounts_read (&mounts);

  if (err < 0)
    return err;
  row = mounts_with_id (mounts, id);
  if (row == NULL || !mount_is_deltafs (row))
    return -ENOENT;
  *path = strdup (row->point);
  return *path != NULL ? 0 : -ENOMEM;
}

errint_t
mounting_do (const char *mount_point, const struct serve_options *options,
             const struct log *log, struct mounting *mounting, int *device)
{
  CLEANUP_FREE char *path = NULL;
  const char *source = options->source;
  errint_t err;

  if (source == NULL || *source == '\0')
    source = DEFAULT_SOURCE;
  err = resolve (mount_point, log, &path);
  if (err == 0)
    err = check_others (options, mount_point, log);
  if (err < 0)
    return err;

  err = mount_directly (path, source, options, log, device);
  if (err == -EPERM)
    err = mount_by_helper (path, source, options, log, device);
  if (err < 0)
    return err;

  mounting->path = steal_pointer (&path);
  mounting->id = find_id (mounting->path);
  return 0;
}

/* Is a FUSE mount whose server is gone at PATH? */
static bool
is_dead (const char *path)
{
  struct statfs status;

  /* Attributes of the root may be cached, these never are. */
  return statfs (path, &status) == -1 && errno == ENOTCONN;
}

errint_t
mounting_undo (struct mounting *mounting, const struct log *log)
{
  CLEANUP_FREE char *path = steal_pointer (&mounting->path);
  CLEANUP_FREE char *current = NULL;
  errint_t err;

  if (path == NULL)
    return 0;
  err = find_path (mounting->id, &current);
  if (err == -ENOENT)
    return 0;                   /* undone from outside */
  if (err < 0) {              /* not to be known: where it was made */
    current = steal_pointer (&path);
  }
  /* A connection that is gone leaves its mount dead, or the mount was undone;
   * then its ID may already be another one's, who answers. */
  if (!is_dead (current))
    return 0;

  err = unmount_path (current, true);
  if (err == 0 || err == -EINVAL)
    return 0;                   /* or somebody was faster */
  log_error (log, err, "cannot unmount", current);
  if (err == -ENOENT)
    log_hint (log, "ordinary users need fusermount3, of the package fuse3");
  return err;
}
