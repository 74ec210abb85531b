/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reading /proc/self/mountinfo and fdinfo: formats in proc(5).
 */
#include <config.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "mount_table.h"

int
mount_table_id (const char *path)
{
  CLEANUP_CLOSE int fd = open (path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  CLEANUP_FCLOSE FILE *file = NULL;
  char name[40], line[128];
  int id;

  if (fd == -1)
    return -1;
  snprintf (name, sizeof name, "/proc/self/fdinfo/%d", fd);
  file = fopen (name, "re");
  if (file == NULL)
    return -1;
  while (fgets (line, sizeof line, file) != NULL)
    if (sscanf (line, "mnt_id: %d", &id) == 1)
      return id;
  return -1;
}

/* Undoes the kernel's escapes (backslash and three octal digits) in place. */
static void
unescape (char *text)
{
  char *out = text;

  for (const char *in = text; *in != '\0'; ++in, ++out) {
    if (in[0] == '\\' && in[1] >= '0' && in[1] <= '3' &&
        in[2] >= '0' && in[2] <= '7' && in[3] >= '0' && in[3] <= '7') {
      *out = (char) ((in[1] - '0') << 6 | (in[2] - '0') << 3 | (in[3] - '0'));
      in += 3;
    }
    else
      *out = *in;
  }
  *out = '\0';
}

/* If LINE is about the deltafs mount ID, its mount point within LINE. */
static char *
mount_point_of (char *line, int id)
{
  int line_id, start = 0, end = 0;
  const char *type;

  /* ID, parent, major:minor, root, mount point */
  if (sscanf (line, "%d %*d %*s %*s %n%*s%n", &line_id, &start, &end) != 1 ||
      line_id != id || end <= start)
    return NULL;
  type = strstr (line + end, " - ");
  if (type == NULL || strncmp (type + 3, "fuse.deltafs ", 13) != 0)
    return NULL;
  line[end] = '\0';
  return line + start;
}

errint_t
mount_table_find (int id, char **path)
{
  CLEANUP_FCLOSE FILE *file = NULL;
  CLEANUP_FREE char *line = NULL;
  size_t size = 0;

  if (id < 0)
    return -EINVAL;
  file = fopen ("/proc/self/mountinfo", "re");
  if (file == NULL)
    return -errno;
  while (getline (&line, &size, file) != -1) {
    char *found = mount_point_of (line, id);

    if (found != NULL) {
      unescape (found);
      *path = strdup (found);
      return *path == NULL ? -ENOMEM : 0;
    }
  }
  return ferror (file) ? -EIO : -ENOENT;
}
