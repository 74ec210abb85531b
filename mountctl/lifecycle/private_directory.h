/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The private directory of one run: sockets, scratch files and what
 * libguestfs puts aside are there.  A file "lock" in it is locked as long as
 * the run lives, so that the directory of a run that died can be told from one
 * in use.
 */
#ifndef DELTAFS_PRIVATE_DIRECTORY_H
#define DELTAFS_PRIVATE_DIRECTORY_H

#include <stdbool.h>

#include "cleanup.h"
#include "errint.h"
#include "log.h"

/* A private directory is called so, and six random characters. */
#define PRIVATE_DIRECTORY_PREFIX "deltafs-"

struct private_directory {
  char *path;
  int lock;                     /* the locked file */
};

/* The directory in which private ones are made: $TMPDIR, unless that is
 * unset, relative, or too long for the path of a socket below it; then
 * "/tmp".  Static, or of the environment. */
const char *private_directory_parent (void);

/* Makes one for this process, mode 0700.  Reported errors: -ENOENT, -EACCES,
 * -ENOSPC, …  To be freed with one of the two functions below. */
errint_t private_directory_make (const struct log *log,
                                 struct private_directory **directory);

/* Deletes it with all that is in it, never following a symlink, and what else
 * its run left (stale_sockets.h). */
void private_directory_remove (struct private_directory *directory);
DEFINE_CLEANUP (struct private_directory *, private_directory_remove)

/* The same in a child of the process that made it, after that one has died:
 * waits until the other children that it had are gone, at most five seconds.
 * DIRECTORY's lock was closed. */
void private_directory_reclaim (struct private_directory *directory);

/* Is there a directory NAME in PARENT (an open directory) that is this user's,
 * and in use although the process that made it has ended?  What that one
 * started is about to end then. */
bool private_directory_is_orphaned (int parent, const char *name);

/* Deletes the directory NAME in PARENT, and what else its run left, if it is
 * one of ours in every respect: the name, this user's, the mode, the lock file
 * and what that says; and its run is dead.  -EBUSY, -EPERM, -ENOENT. */
errint_t private_directory_remove_dead (int parent, const char *name);

#endif
