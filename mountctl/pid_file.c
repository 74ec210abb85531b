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
