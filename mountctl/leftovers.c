/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Looks through the directories where private directories are made.
 */
#include <config.h>

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "leftovers.h"

/* What a supervisor started ends within five seconds after it. */
#define DYING_ROUNDS 100
#define DYING_MILLISECONDS 50

/* Calls VISIT for each name that may be a private directory, until it returns
 * other than 0; that, or 0. */
static int
visit_parent (const char *parent,
              int (*visit) (void *opaque, const char *path, int parent_fd,
                            const char *name),
              void *opaque)
{
  CLEANUP_CLOSEDIR DIR *stream = opendir (parent);
  struct dirent *member;
  int result = 0;

  if (stream == NULL)
    return 0;
  while (result == 0 && (member = readdir (stream)) != NULL)
    if (strncmp (member->d_name, PRIVATE_DIRECTORY_PREFIX,
                 strlen (PRIVATE_DIRECTORY_PREFIX)) == 0)
      result = visit (opaque, parent, dirfd (stream), member->d_name);
  return result;
}

static int
visit_all (int (*visit) (void *opaque, const char *path, int parent_fd,
                         const char *name),
           void *opaque)
{
  const char *parent = private_directory_parent ();
  int result = visit_parent (parent, visit, opaque);

  if (result == 0 && strcmp (parent, "/tmp") != 0)
    result = visit_parent ("/tmp", visit, opaque);
  return result;
}

static int
remove_dead (void *opaque, const char *parent, int parent_fd,
             const char *name)
{
  const struct log *log = opaque;

  if (private_directory_remove_dead (parent_fd, name) == 0)
    log_detail (log, "removed what a dead run left: %s/%s", parent, name);
  return 0;
}

/* Has the supervisor been killed, and what it started is about to end? */
static bool
is_dying (int parent_fd, const char *name)
{
  struct session session = { .mount_point = NULL };
  bool in_use, dying;

  if (session_read (parent_fd, name, &session, &in_use) < 0)
    return false;
  dying = in_use && !process_is_alive (&session.supervisor);
  session_clear (&session);
  return dying;
}

static int
await_dying (void *opaque, const char *parent, int parent_fd,
             const char *name)
{
  unsigned *rounds = opaque;

  (void) parent;
  while (*rounds > 0 && is_dying (parent_fd, name)) {
    poll (NULL, 0, DYING_MILLISECONDS);
    --*rounds;
  }
  return 0;
}

void
leftovers_await (void)
{
  unsigned rounds = DYING_ROUNDS;

  visit_all (await_dying, &rounds);
}

void
leftovers_clear (const struct log *log)
{
  struct log copy = *log;

  visit_all (remove_dead, &copy);
}

struct search {
  const char *mount_point;
  struct process_identity *supervisor;
  char **directory;
};

static int
match (void *opaque, const char *parent, int parent_fd, const char *name)
{
  const struct search *search = opaque;
  struct session session = { .mount_point = NULL };
  bool in_use;
  int result = 0;

  if (session_read (parent_fd, name, &session, &in_use) < 0)
    return 0;
  if (in_use && strcmp (session.mount_point, search->mount_point) == 0) {
    *search->supervisor = session.supervisor;
    result = asprintf (search->directory, "%s/%s", parent, name) < 0
      ? -ENOMEM : 1;
  }
  session_clear (&session);
  return result;
}

errint_t
leftovers_find (const char *mount_point, struct process_identity *supervisor,
                char **directory)
{
  struct search search = {
    .mount_point = mount_point,
    .supervisor = supervisor,
    .directory = directory,
  };
  int result = visit_all (match, &search);

  if (result == 0)
    return -ENOENT;
  return result < 0 ? result : 0;
}
