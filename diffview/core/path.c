/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Guest paths as bytes.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "path.h"

/* Where a byte stands in the order: the end, then '/', then the rest. */
static int
rank (char byte)
{
  if (byte == '\0')
    return 0;
  return byte == '/' ? 1 : (unsigned char) byte + 1;
}

int
path_compare (const char *a, const char *b)
{
  while (*a == *b && *a != '\0') {
    a++;
    b++;
  }
  return rank (*a) - rank (*b);
}

bool
path_within (const char *path, const char *directory)
{
  size_t length = strlen (directory);

  if (length == 1)
    return true;
  return strncmp (path, directory, length) == 0
    && (path[length] == '\0' || path[length] == '/');
}

bool
path_valid_name (const char *name, size_t length)
{
  if (length == 0 || (length == 1 && name[0] == '.')
      || (length == 2 && name[0] == '.' && name[1] == '.'))
    return false;
  return memchr (name, '/', length) == NULL
    && memchr (name, '\0', length) == NULL;
}

bool
path_valid (const char *path)
{
  const char *at = path;

  if (strcmp (path, "/") == 0)
    return true;
  while (*at == '/') {
    size_t length = strcspn (++at, "/");

    if (!path_valid_name (at, length))
      return false;
    at += length;
  }
  return at != path && *at == '\0';
}

char *
path_join (const char *parent, const char *name)
{
  size_t parent_length = strcmp (parent, "/") == 0 ? 0 : strlen (parent);
  size_t name_length = strlen (name);
  char *path = malloc (parent_length + name_length + 2);

  if (path == NULL)
    return NULL;
  memcpy (path, parent, parent_length);
  path[parent_length] = '/';
  memcpy (path + parent_length + 1, name, name_length + 1);
  return path;
}
