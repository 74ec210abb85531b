/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Looks through /proc.  Nothing here asks the mount itself, which may hang.
 */
#include <config.h>

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "holders.h"

/* More are counted, not named. */
#define NAMED_LIMIT 8

struct search {
  const char *point;
  int id;
  unsigned major, minor;
  unsigned found;
  FILE *text;
};

/* Does the link NAME in DIRECTORY lead into the mount?  A path alone does not
 * say so: the supervisor has the directory open that is under the mount. */
static bool
leads_there (const struct search *search, int directory, const char *name)
{
  char target[PATH_MAX];
  size_t length = strlen (search->point);
  ssize_t got = readlinkat (directory, name, target, sizeof target - 1);
  CLEANUP_CLOSE int fd = -1;

  if (got < 0)
    return false;
  target[got] = '\0';
  if (strncmp (target, search->point, length) != 0
      || (target[length] != '/' && target[length] != '\0'))
    return false;
  fd = openat (directory, name, O_PATH | O_CLOEXEC);
  return fd >= 0 && mount_of_descriptor (fd) == search->id;
}

static bool
has_open_file (const struct search *search, int process)
{
  int fd = openat (process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  CLEANUP_CLOSEDIR DIR *stream = NULL;
  const struct dirent *member;

  if (fd < 0)
    return false;
  stream = fdopendir (fd);
  if (stream == NULL) {
    close (fd);
    return false;
  }
  while ((member = readdir (stream)) != NULL)
    if (member->d_name[0] != '.'
        && leads_there (search, dirfd (stream), member->d_name))
      return true;
  return false;
}

/* A line of maps: ADDRESSES PERMISSIONS OFFSET MAJOR:MINOR INODE PATH. */
static bool
has_mapping (const struct search *search, int process)
{
  int fd = openat (process, "maps", O_RDONLY | O_CLOEXEC);
  CLEANUP_FCLOSE FILE *file = NULL;
  CLEANUP_FREE char *line = NULL;
  size_t size = 0;

  if (fd < 0)
    return false;
  file = fdopen (fd, "r");
  if (file == NULL) {
    close (fd);
    return false;
  }
  while (getline (&line, &size, file) >= 0) {
    unsigned major, minor;

    if (sscanf (line, "%*s %*s %*s %x:%x", &major, &minor) == 2
        && major == search->major && minor == search->minor)
      return true;
  }
  return false;
}

static const char *
reason_of_process (const struct search *search, int process)
{
  if (leads_there (search, process, "cwd"))
    return "working directory";
  if (leads_there (search, process, "root"))
    return "root directory";
  if (has_open_file (search, process))
    return "open file";
  if (has_mapping (search, process))
    return "mapped file";
  return NULL;
}

static void
name_process (struct search *search, int process, const char *pid,
              const char *reason)
{
  CLEANUP_CLOSE int fd = openat (process, "comm", O_RDONLY | O_CLOEXEC);
  char name[32];
  ssize_t length = fd < 0 ? -1 : read (fd, name, sizeof name - 1);

  if (search->found++ >= NAMED_LIMIT)
    return;
  name[length < 0 ? 0 : length] = '\0';
  name[strcspn (name, "\n")] = '\0';
  fprintf (search->text, "%s%s (process %s, %s)",
           search->found > 1 ? ", " : "", name, pid, reason);
}

static void
look_through_processes (struct search *search)
{
  CLEANUP_CLOSEDIR DIR *proc = opendir ("/proc");
  const struct dirent *member;

  if (proc == NULL)
    return;
  while ((member = readdir (proc)) != NULL) {
    CLEANUP_CLOSE int process = -1;
    const char *reason;

    if (!isdigit ((unsigned char) member->d_name[0]))
      continue;
    process = openat (dirfd (proc), member->d_name,
                      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (process < 0)
      continue;
    reason = reason_of_process (search, process);
    if (reason != NULL)
      name_process (search, process, member->d_name, reason);
  }
}

char *
holders_text (const struct mounts *mounts, const struct mount_row *row)
{
  const struct mount_row *below = mounts_below (mounts, row->point);
  struct search search = {
    .point = row->point, .id = row->id,
    .major = row->major, .minor = row->minor,
  };
  char *text = NULL;
  size_t size;

  search.text = open_memstream (&text, &size);
  if (search.text == NULL)
    return NULL;
  if (below != NULL) {
    fprintf (search.text, "the mount at %s", below->point);
    search.found = 1;
  }
  look_through_processes (&search);
  if (search.found > NAMED_LIMIT)
    fprintf (search.text, " and %u more", search.found - NAMED_LIMIT);
  if (fclose (search.text) != 0) {
    free (text);
    return NULL;
  }
  return text;
}
