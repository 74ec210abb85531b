/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Going through the directories of $PATH, see program_path.h.
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program_path.h"

/* What execvp(3) takes without $PATH. */
#define DEFAULT_PATH "/bin:/usr/bin"

static bool
is_program (const char *path)
{
  struct stat stat_buffer;

  return stat (path, &stat_buffer) == 0 && S_ISREG (stat_buffer.st_mode)
    && access (path, X_OK) == 0;
}

bool
program_find_in (const char *directories, const char *name,
                 char path[PATH_MAX])
{
  for (;;) {
    size_t length = strcspn (directories, ":");
    int written = length == 0 ? snprintf (path, PATH_MAX, "./%s", name)
      : snprintf (path, PATH_MAX, "%.*s/%s", (int) length, directories, name);

    if (written < PATH_MAX && is_program (path))
      return true;
    if (directories[length] == '\0')
      return false;
    directories += length + 1;
  }
}

bool
program_find (const char *name, char path[PATH_MAX])
{
  const char *directories = getenv ("PATH");

  return program_find_in (directories != NULL ? directories : DEFAULT_PATH,
                          name, path);
}
