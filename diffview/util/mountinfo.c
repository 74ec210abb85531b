/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Parsing of mountinfo.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "mountinfo.h"

/* Undoes \OOO in place. */
static void
unescape (char *text)
{
  char *to = text;

  for (const char *from = text; *from != '\0'; ++to)
    if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3'
        && from[2] >= '0' && from[2] <= '7'
        && from[3] >= '0' && from[3] <= '7') {
      *to = (char) ((from[1] - '0') * 64 + (from[2] - '0') * 8
                    + (from[3] - '0'));
      from += 4;
    }
    else
      *to = *from++;
  *to = '\0';
}

static void
clear_row (struct mount_row *row)
{
  free (row->point);
  free (row->type);
  free (row->options);
}

/* ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [FIELD]... - TYPE SOURCE OPTIONS:
 * spaces within a field are escaped.  -EINVAL, -ENOMEM. */
static errint_t
parse_line (char *line, struct mount_row *row)
{
  char *rest = strstr (line, " - ");
  char *field, *position = line;
  unsigned i;

  *row = (struct mount_row) { .id = 0 };
  line[strcspn (line, "\n")] = '\0';
  if (rest == NULL
      || sscanf (line, "%d %d %u:%u ", &row->id, &row->parent,
                 &row->major, &row->minor) != 4)
    return -EINVAL;
  *rest = '\0';
  rest += 3;
  for (i = 0; i < 5; ++i) {
    field = strsep (&position, " ");
    if (field == NULL)
      return -EINVAL;
  }
  row->point = strdup (field);
  field = strsep (&rest, " ");
  row->type = strdup (field);
  strsep (&rest, " ");
  row->options = strdup (rest != NULL ? rest : "");
  if (row->point == NULL || row->type == NULL || row->options == NULL) {
    clear_row (row);
    return -ENOMEM;
  }
  unescape (row->point);
  return 0;
}

static errint_t
add_row (struct mounts *mounts, char *line)
{
  struct mount_row *list = reallocarray (mounts->list, mounts->count + 1,
                                         sizeof *list);
  errint_t error;

  if (list == NULL)
    return -ENOMEM;
  mounts->list = list;
  error = parse_line (line, &list[mounts->count]);
  if (error == 0)
    ++mounts->count;
  return error == -EINVAL ? 0 : error;
}

errint_t
mounts_parse (FILE *file, struct mounts **result)
{
  CLEANUP (mounts_free) struct mounts *mounts = calloc (1, sizeof *mounts);
  CLEANUP_FREE char *line = NULL;
  size_t size = 0;

  if (mounts == NULL)
    return -ENOMEM;
  while (getline (&line, &size, file) >= 0) {
    errint_t error = add_row (mounts, line);

    if (error < 0)
      return error;
  }
  if (ferror (file))
    return -EIO;
  *result = steal_pointer (&mounts);
  return 0;
}

errint_t
mounts_read (struct mounts **mounts)
{
  CLEANUP_FCLOSE FILE *file = fopen ("/proc/self/mountinfo", "re");

  if (file == NULL)
    return -errno;
  return mounts_parse (file, mounts);
}

void
mounts_free (struct mounts *mounts)
{
  for (size_t i = 0; i < mounts->count; ++i)
    clear_row (&mounts->list[i]);
  free (mounts->list);
  free (mounts);
}

/* Is another mount at the same place on top of it? */
static bool
is_covered (const struct mounts *mounts, const struct mount_row *row)
{
  for (size_t i = 0; i < mounts->count; ++i)
    if (mounts->list[i].parent == row->id && &mounts->list[i] != row
        && strcmp (mounts->list[i].point, row->point) == 0)
      return true;
  return false;
}

const struct mount_row *
mounts_find (const struct mounts *mounts, const char *point)
{
  for (size_t i = mounts->count; i-- > 0; )
    if (strcmp (mounts->list[i].point, point) == 0
        && !is_covered (mounts, &mounts->list[i]))
      return &mounts->list[i];
  return NULL;
}

const struct mount_row *
mounts_below (const struct mounts *mounts, const char *point)
{
  size_t length = strlen (point);

  for (size_t i = 0; i < mounts->count; ++i)
    if (strncmp (mounts->list[i].point, point, length) == 0
        && mounts->list[i].point[length] == '/')
      return &mounts->list[i];
  return NULL;
}

const struct mount_row *
mounts_with_id (const struct mounts *mounts, int id)
{
  for (size_t i = 0; i < mounts->count; ++i)
    if (mounts->list[i].id == id)
      return &mounts->list[i];
  return NULL;
}

int
mount_of_descriptor (int fd)
{
  char path[64], line[128];
  CLEANUP_FCLOSE FILE *file = NULL;
  int id;

  snprintf (path, sizeof path, "/proc/self/fdinfo/%d", fd);
  file = fopen (path, "re");
  while (file != NULL && fgets (line, sizeof line, file) != NULL)
    if (sscanf (line, "mnt_id: %d", &id) == 1)
      return id;
  return -1;
}

bool
mount_is_deltafs (const struct mount_row *row)
{
  return strcmp (row->type, "fuse.deltafs") == 0;
}

long
mount_owner (const struct mount_row *row)
{
  static const char name[] = "user_id=";
  const char *option = row->options;

  while (option != NULL) {
    if (strncmp (option, name, sizeof name - 1) == 0)
      return strtol (option + sizeof name - 1, NULL, 10);
    option = strchr (option, ',');
    if (option != NULL)
      ++option;
  }
  return -1;
}
