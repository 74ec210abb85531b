/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Opening the files of images.  O_PATH first, so that nothing is opened for
 * reading (a fifo would block, a tape would rewind) before its type is known.
 */
#include <config.h>

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "image_file.h"

/* Regular files that no image is: reading them shows the host's state. */
static bool
is_pseudo_filesystem (int fd)
{
  struct statfs filesystem;

  if (fstatfs (fd, &filesystem) != 0)
    return false;
  switch ((unsigned long) filesystem.f_type) {
  case PROC_SUPER_MAGIC:
  case SYSFS_MAGIC:
  case DEBUGFS_MAGIC:
  case TRACEFS_MAGIC:
  case SECURITYFS_MAGIC:
  case CGROUP_SUPER_MAGIC:
  case CGROUP2_SUPER_MAGIC:
  case EFIVARFS_MAGIC:
  case BPF_FS_MAGIC:
    return true;
  default:
    return false;
  }
}

const char image_file_is_device[] =
  "not allowed: it is a block device, and a name inside an image must be that "
  "of a regular file";

static errint_t
check_type (int fd, const struct stat *status, enum image_file_kinds kinds,
            const char **reason)
{
  if (S_ISREG (status->st_mode)) {
    if (!is_pseudo_filesystem (fd))
      return 0;
    *reason = "a file of the running kernel, not an image";
    return -EACCES;
  }
  if (S_ISBLK (status->st_mode) && kinds == IMAGE_FILE_OR_DEVICE)
    return 0;
  if (S_ISBLK (status->st_mode))
    *reason = image_file_is_device;
  else if (S_ISDIR (status->st_mode))
    *reason = "is a directory";
  else if (S_ISLNK (status->st_mode))
    *reason = "is a symbolic link";
  else
    *reason = kinds == IMAGE_FILE_REGULAR
      ? "is not a regular file"
      : "is neither a regular file nor a block device";
  return -EINVAL;
}

static errint_t
failed (const char **reason)
{
  int error = errno;

  *reason = strerror (error);
  return -error;
}

errint_t
image_file_open (int directory, const char *path, const char *name,
                 enum image_file_kinds kinds, int flags,
                 const char **reason, struct image_file **result)
{
  CLEANUP (image_file_close) struct image_file *file = NULL;
  CLEANUP_CLOSE int handle = -1;
  struct stat status;
  char self[64];
  errint_t error;

  handle = openat (directory, path, O_PATH | O_CLOEXEC | flags);
  if (handle < 0)
    return failed (reason);
  if (fstat (handle, &status) != 0)
    return failed (reason);
  error = check_type (handle, &status, kinds, reason);
  if (error != 0)
    return error;

  file = calloc (1, sizeof *file);
  if (file == NULL)
    return failed (reason);
  file->fd = -1;
  file->name = strdup (name);
  if (file->name == NULL)
    return failed (reason);
  snprintf (self, sizeof self, "/proc/self/fd/%d", handle);
  file->fd = open (self, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (file->fd < 0)
    return failed (reason);
  file->device = S_ISBLK (status.st_mode);
  file->device_number = file->device ? status.st_rdev : status.st_dev;
  file->inode = file->device ? 0 : status.st_ino;
  *result = steal_pointer (&file);
  return 0;
}

errint_t
image_file_open_uri (const char *uri, struct image_file **result)
{
  CLEANUP (image_file_close) struct image_file *file = NULL;

  file = calloc (1, sizeof *file);
  if (file == NULL)
    return -ENOMEM;
  file->fd = -1;
  file->name = strdup (uri);
  if (file->name == NULL)
    return -ENOMEM;
  *result = steal_pointer (&file);
  return 0;
}

void
image_file_close (struct image_file *file)
{
  if (file == NULL)
    return;
  if (file->fd >= 0)
    close (file->fd);
  image_file_close (file->start);
  free (file->name);
  free (file);
}

bool
image_file_same (const struct image_file *a, const struct image_file *b)
{
  return a->fd >= 0 && b->fd >= 0 && a->device == b->device
    && a->device_number == b->device_number && a->inode == b->inode;
}

errint_t
image_file_size (const struct image_file *file, uint64_t *size)
{
  off_t end = lseek (file->fd, 0, SEEK_END);

  if (end < 0)
    return -errno;
  *size = (uint64_t) end;
  return 0;
}

errint_t
image_file_read (const struct image_file *file, void *buffer,
                 size_t length, uint64_t offset, size_t *got)
{
  unsigned char *bytes = buffer;

  *got = 0;
  if (offset > INT64_MAX || length > INT64_MAX - offset)
    return 0;
  while (*got < length) {
    ssize_t count = pread (file->fd, bytes + *got, length - *got,
                           (off_t) (offset + *got));

    if (count < 0) {
      if (errno == EINTR)
        continue;
      return -errno;
    }
    if (count == 0)
      break;
    *got += (size_t) count;
  }
  return 0;
}

errint_t
image_file_splice (const struct image_file *file, int pipe,
                   size_t length, uint64_t offset)
{
  off64_t position = (off64_t) offset;

  if (offset > INT64_MAX || length > INT64_MAX - offset)
    return -ENOTSUP;
  while (length > 0) {
    ssize_t count = splice (file->fd, &position, pipe, NULL, length,
                            SPLICE_F_NONBLOCK);

    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return count < 0 && errno != EAGAIN ? -errno : -ENOTSUP;
    length -= (size_t) count;
  }
  return 0;
}
