/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Symlinks on a path of a guest's tree: see symlinks.h.
 */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "symlinks.h"

#define SYMLINKS_MAX 40

/* A path that is being walked. */
struct steps {
  char done[PATH_MAX];          /* free of symlinks; "" is the root */
  char rest[PATH_MAX];          /* what follows */
  unsigned symlinks;
};

static void
go_up (struct steps *steps)
{
  char *slash = strrchr (steps->done, '/');

  if (slash != NULL)
    *slash = '\0';
}

/* Puts TARGET in front of what is to come, in place of the last name that was
 * walked. */
static errint_t
enter_target (struct steps *steps, const char *target)
{
  size_t length = strlen (target), rest = strlen (steps->rest);

  if (++steps->symlinks > SYMLINKS_MAX)
    return -ELOOP;
  if (length + rest + 2 > sizeof steps->rest)
    return -ENAMETOOLONG;
  memmove (steps->rest + length + 1, steps->rest, rest + 1);
  memcpy (steps->rest, target, length);
  steps->rest[length] = '/';
  if (*target == '/')
    steps->done[0] = '\0';
  else
    go_up (steps);
  return 0;
}

/* One name further: NAME of LENGTH bytes, which is not empty. */
static errint_t
step (const struct symlinks_tree *tree, struct steps *steps,
      const char *name, size_t length)
{
  size_t done = strlen (steps->done);
  const char *target;
  errint_t error = 0;

  if (length == 1 && name[0] == '.')
    return 0;
  if (length == 2 && name[0] == '.' && name[1] == '.') {
    go_up (steps);
    return 0;
  }
  if (length > NAME_MAX || done + length + 2 > sizeof steps->done)
    return -ENAMETOOLONG;
  steps->done[done] = '/';
  memcpy (steps->done + done + 1, name, length);
  steps->done[done + 1 + length] = '\0';
  target = tree->target (tree->opaque, steps->done, &error);
  return target != NULL ? enter_target (steps, target) : error;
}

errint_t
symlinks_follow (const struct symlinks_tree *tree, const char *path,
                 char **place)
{
  struct steps steps = { .symlinks = 0 };
  char name[NAME_MAX];
  errint_t error = 0;

  if (strlen (path) >= sizeof steps.rest)
    return -ENAMETOOLONG;
  strcpy (steps.rest, path);
  while (error == 0) {
    char *start = steps.rest + strspn (steps.rest, "/");
    size_t length = strcspn (start, "/");

    if (length == 0)
      break;
    if (length > NAME_MAX)
      return -ENAMETOOLONG;
    memcpy (name, start, length);
    memmove (steps.rest, start + length, strlen (start + length) + 1);
    error = step (tree, &steps, name, length);
  }
  if (error != 0)
    return error;
  *place = strdup (steps.done[0] != '\0' ? steps.done : "/");
  return *place != NULL ? 0 : -ENOMEM;
}
