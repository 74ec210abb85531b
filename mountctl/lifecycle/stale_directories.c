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
#include "private_directory.h"
#include "stale_directories.h"

/* What a supervisor started ends within five seconds after it. */
#define ORPHAN_ROUNDS 100
#define ORPHAN_MILLISECONDS 50

static void
visit_parent (const char *parent,
              void (*visit) (void *opaque, const char *path, int parent_fd,
                             const char *name),
              void *opaque)
{
  CLEANUP_CLOSEDIR DIR *stream = opendir (parent);
  const struct dirent *member;

  while (stream != NULL && (member = readdir (stream)) != NULL)
    if (strncmp (member->d_name, PRIVATE_DIRECTORY_PREFIX,
                 strlen (PRIVATE_DIRECTORY_PREFIX)) == 0)
      visit (opaque, parent, dirfd (stream), member->d_name);
}

/* Calls VISIT for each name that may be a private directory's. */
static void
visit_all (void (*visit) (void *opaque, const char *path, int parent_fd,
                          const char *name),
           void *opaque)
{
  const char *parent = private_directory_parent ();

  visit_parent (parent, visit, opaque);
  if (strcmp (parent, "/tmp") != 0)
    visit_parent ("/tmp", visit, opaque);
}

static void
remove_dead (void *opaque, const char *parent, int parent_fd,
             const char *name)
{
  const struct log *log = opaque;

  if (private_directory_remove_dead (parent_fd, name) == 0)
    log_detail (log, "removed what a dead run left: %s/%s", parent, name);
}

static void
await_orphaned (void *opaque, const char *parent, int parent_fd,
                const char *name)
{
  unsigned *rounds = opaque;

  (void) parent;
  while (*rounds > 0 && private_directory_is_orphaned (parent_fd, name)) {
    poll (NULL, 0, ORPHAN_MILLISECONDS);
    --*rounds;
  }
}

void
stale_directories_await (void)
{
  unsigned rounds = ORPHAN_ROUNDS;

  visit_all (await_orphaned, &rounds);
}

void
stale_directories_clear (const struct log *log)
{
  struct log copy = *log;

  visit_all (remove_dead, &copy);
}
