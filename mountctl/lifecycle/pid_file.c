/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The pid file.
 */
#include <config.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pid_file.h"

struct pid_file {
  char *path;                   /* absolute */
  bool written;
};

static const char what[] = "cannot write the pid file";

/* The directory of PATH, resolved, and its last name. */
static char *
make_absolute (const char *path)
{
  const char *slash = strrchr (path, '/');
  const char *name = slash != NULL ? slash + 1 : path;
  CLEANUP_FREE char *parent = NULL;
  CLEANUP_FREE char *resolved = NULL;
  char *absolute = NULL;

  parent = slash == NULL ? strdup (".")
    : strndup (path, slash == path ? 1 : (size_t) (slash - path));
  if (parent == NULL)
    return NULL;
  resolved = realpath (parent, NULL);
  if (resolved == NULL
      || asprintf (&absolute, "%s/%s", resolved, name) < 0)
    return NULL;
  return absolute;
}

/* Is there a file with something else than a number in it, such as an image that
 * was named by mistake?  The file is deleted at the end. */
static bool
is_something_else (const char *path)
{
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW
                               | O_NOCTTY | O_CLOEXEC);
  char text[32] = "";
  struct stat status;

  return fd >= 0 && fstat (fd, &status) == 0 && S_ISREG (status.st_mode)
    && (status.st_size >= (off_t) sizeof text
        || read (fd, text, sizeof text - 1) < 0
        || strspn (text, "0123456789 \n") != (size_t) status.st_size);
}

errint_t
pid_file_new (const char *path, const struct log *log,
              struct pid_file **result)
{
  CLEANUP (pid_file_free) struct pid_file *pid_file
    = calloc (1, sizeof *pid_file);

  if (pid_file == NULL)
    return log_error (log, -ENOMEM, what, path);
  pid_file->path = make_absolute (path);
  if (pid_file->path == NULL)
    return log_error (log, -errno, what, path);
  if (is_something_else (pid_file->path)) {
    log_report (log, LOG_LEVEL_ERROR, what, path,
                "the file exists and is not a pid file");
    log_hint (log, "remove it, or choose another name");
    return -EEXIST;
  }
  *result = steal_pointer (&pid_file);
  return 0;
}

void
pid_file_free (struct pid_file *pid_file)
{
  free (pid_file->path);
  free (pid_file);
}

errint_t
pid_file_write (struct pid_file *pid_file, const struct log *log)
{
  CLEANUP_CLOSE int fd = open (pid_file->path, O_WRONLY | O_CREAT | O_TRUNC
                               | O_NOFOLLOW | O_CLOEXEC, 0666);

  if (fd < 0)
    return log_error (log, -errno, what, pid_file->path);
  pid_file->written = true;
  if (dprintf (fd, "%d\n", (int) getpid ()) < 0)
    return log_error (log, -errno, what, pid_file->path);
  return 0;
}

void
pid_file_remove (struct pid_file *pid_file)
{
  if (pid_file->written)
    unlink (pid_file->path);
  pid_file->written = false;
}
