/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Patterns that can never match.  Only what precedes the first special character
 * is looked at closely: when in doubt, a pattern may match.
 */
#include <config.h>

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "pattern.h"

#define SPECIAL "*?[\\"

/* fnmatch never matches a pattern with nothing to escape at its end. */
static bool
ends_in_backslash (const char *pattern)
{
  size_t count = 0;

  for (size_t i = strlen (pattern); i > 0 && pattern[i - 1] == '\\'; --i)
    ++count;
  return count % 2 == 1;
}

/* Can the first character of what it matches be a slash? */
static bool
may_begin_with_slash (const char *pattern)
{
  switch (pattern[0]) {
  case '/':
  case '*':
  case '?':
    return true;
  case '\\':
    return pattern[1] == '/';
  case '[':
    return strchr (pattern, ']') != NULL;
  default:
    return false;
  }
}

/* Is one of the parts that are spelt out "", "." or ".."? */
static bool
has_empty_part (const char *pattern)
{
  const char *end = pattern + strcspn (pattern, SPECIAL);
  const char *part = pattern;

  while ((part = memchr (part, '/', (size_t) (end - part))) != NULL) {
    const char *next = ++part;
    size_t length;

    while (next < end && *next != '/')
      ++next;
    length = (size_t) (next - part);
    if (*next != '/' && *next != '\0')
      return false;             /* it goes on with something special */
    if ((length == 0 && *next == '/')
        || (length > 0 && length < 3 && strspn (part, ".") >= length))
      return true;
  }
  return false;
}

const char *
pattern_never_a_path (const char *pattern)
{
  size_t length = strlen (pattern);

  if (!may_begin_with_slash (pattern))
    return "must begin with / or *, for whole paths are matched";
  if (length > 1 && pattern[length - 1] == '/')
    return "must not end with /, a directory covers what is in it";
  if (ends_in_backslash (pattern))
    return "must not end with a single \\, which escapes what follows";
  if (has_empty_part (pattern))
    return "must not have //, /. or /.., no path has them";
  return NULL;
}

/* The namespaces of Linux' filesystems; a name has something after the dot. */
static bool
may_begin_with_namespace (const char *pattern)
{
  static const char *const namespaces[] = {
    "user.", "trusted.", "security.", "system.", "btrfs.", "gnu.", "os2.",
    "osx.",
  };
  size_t fixed = strcspn (pattern, SPECIAL);

  for (size_t i = 0; i < sizeof namespaces / sizeof namespaces[0]; ++i) {
    size_t length = strlen (namespaces[i]);

    if (pattern[fixed] == '\0' && fixed <= length)
      continue;
    if (strncmp (pattern, namespaces[i], fixed < length ? fixed : length) == 0)
      return true;
  }
  return false;
}

const char *
pattern_never_an_xattr (const char *pattern)
{
  if (!may_begin_with_namespace (pattern))
    return "must begin with *, or with a namespace: user., trusted., "
      "security., system. or btrfs.";
  if (ends_in_backslash (pattern))
    return "must not end with a single \\, which escapes what follows";
  return NULL;
}
