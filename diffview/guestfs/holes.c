/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where a large file has data: a sparse file of terabytes is common
 * (/var/log/lastlog) and would take hours to read.  libguestfs has no call
 * for it, so filefrag is run in the appliance.
 *
 * Its output (misc/filefrag.c of e2fsprogs, with -v):
 *    ext:  logical_offset:    physical_offset: length:  expected: flags:
 *      0:     0..   16383:  32770..     49153:  16384:       unwritten
 *   …
 *   /dev/fd/3: 5 extents found
 */
#include <config.h>

#include "holes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNIT 512
#define EXTENTS_MAX 10000

/* 'PATH' for a shell; a new string, NULL without memory. */
static char *
quote_for_shell (const char *path)
{
  char *quoted = malloc (4 * strlen (path) + 3);
  char *to = quoted;

  if (quoted == NULL)
    return NULL;
  *to++ = '\'';
  for (; *path != '\0'; ++path) {
    if (*path == '\'')
      to = stpcpy (to, "'\\''");
    else
      *to++ = *path;
  }
  strcpy (to, "'");
  return quoted;
}

/* The file is handed over as a descriptor: its name must not get into the
 * output. */
static errint_t
run_filefrag (struct appliance *appliance, const char *path, char **output)
{
  CLEANUP_FREE char *quoted = quote_for_shell (path);
  CLEANUP_FREE char *command = NULL;
  char *arguments[2] = { NULL, NULL };
  APPLIANCE_LOCK (appliance);

  if (quoted == NULL
      || asprintf (&command, "timeout 60 filefrag -v -b%d /dev/fd/3"
                   " 3< /sysroot%s", UNIT, quoted) < 0) {
    command = NULL;
    return -ENOMEM;
  }
  arguments[0] = command;
  *output = guestfs_debug (appliance->g, "sh", arguments);
  if (*output != NULL)
    return 0;
  return appliance_error (appliance) == -ENOTCONN ? -ENOTCONN : -ENOTSUP;
}

static errint_t
read_line (const char *line, struct extents *data)
{
  uint64_t first, last;

  if (sscanf (line, " %*u: %" SCNu64 ".. %" SCNu64 ":", &first, &last) != 2)
    return 0;
  if (strstr (line, "unwritten") != NULL
      && strstr (line, "delalloc") == NULL)
    return 0;
  if (last < first || last >= INT64_MAX / UNIT
      || data->count >= EXTENTS_MAX)
    return -ENOTSUP;
  return extents_add (data, first * UNIT, (last - first + 1) * UNIT);
}

errint_t
holes_add_data (struct appliance *appliance, const char *path,
                struct extents *data)
{
  CLEANUP_FREE char *output = NULL;
  char *saved = NULL;
  errint_t r = run_filefrag (appliance, path, &output);

  if (r < 0)
    return r;
  if (strstr (output, " found") == NULL)
    return -ENOTSUP;
  for (char *line = strtok_r (output, "\n", &saved); r == 0 && line != NULL;
       line = strtok_r (NULL, "\n", &saved))
    r = read_line (line, data);
  return r;
}
