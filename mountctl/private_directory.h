/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The private directory of one run: sockets, scratch files and what
 * libguestfs puts aside are there.  A file "session" in it says whose it is;
 * it stays locked as long as the run lives, so that the directory of a run
 * that died can be told from one in use.
 */
#ifndef DELTAFS_PRIVATE_DIRECTORY_H
#define DELTAFS_PRIVATE_DIRECTORY_H

#include <stdbool.h>

#include "cleanup.h"
#include "errint.h"
#include "log.h"
#include "process_identity.h"

#define PRIVATE_DIRECTORY_PREFIX "deltafs-"

/* What "session" tells. */
struct session {
  struct process_identity supervisor;
  char *mount_point;            /* absolute; "" for none; owned */
};

struct private_directory {
  char *path;
  int lock;                     /* the locked file */
};

/* The directory in which private ones are made: $TMPDIR, unless that is
 * unset, relative, or too long for the path of a socket below it; then
 * "/tmp".  Static, or of the environment. */
const char *private_directory_parent (void);

/* Makes one for this process, mode 0700.  MOUNT_POINT may be NULL.  Reported
 * errors: -ENOENT, -EACCES, -ENOSPC, …  To be freed with one of the two
 * functions below. */
errint_t private_directory_make (const char *mount_point,
                                 const struct log *log,
                                 struct private_directory **directory);

/* Deletes it with all that is in it, never following a symlink, and what else
 * remains of its run (remains.h). */
void private_directory_remove (struct private_directory *directory);
DEFINE_CLEANUP (struct private_directory *, private_directory_remove)

/* The same in a child of the process that made it, after that one has died:
 * waits until the other children that it had are gone, at most five seconds.
 * DIRECTORY's lock was closed. */
void private_directory_reclaim (struct private_directory *directory);

/* Reads the session of a directory in PARENT (an open directory) called NAME,
 * if it belongs to this user (or to anybody, for root).  *IN_USE tells whether
 * its run lives.  -ENOENT when it is no private directory; to be freed with
 * session_clear. */
errint_t session_read (int parent, const char *name,
                       struct session *session, bool *in_use);
void session_clear (struct session *session);

/* Deletes the directory NAME in PARENT if it belongs to this user and its run
 * is dead, and what else remains of that.  -EBUSY, -EPERM, -ENOENT. */
errint_t private_directory_remove_dead (int parent, const char *name);

#endif
