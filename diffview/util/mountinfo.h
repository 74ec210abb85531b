/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The kernel's table of mounts (/proc/self/mountinfo, proc(5)).  It tells of
 * a dead or hanging mount, too, where every other call would fail or wait.
 */
#ifndef DELTAFS_MOUNTINFO_H
#define DELTAFS_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cleanup.h"
#include "errint.h"

struct mount_row {
  int id, parent;
  unsigned major, minor;        /* the device of its files */
  char *point;                  /* absolute, escapes undone */
  char *type;                   /* "fuse.deltafs" */
  char *options;                /* of the filesystem: "ro,user_id=0,…" */
};

struct mounts {
  struct mount_row *list;       /* in the kernel's order; owned */
  size_t count;
};

/* The table as it is now; to be freed with mounts_free.  Negative errno. */
errint_t mounts_read (struct mounts **mounts);

/* The same from any FILE in that format; lines that are not are left out. */
errint_t mounts_parse (FILE *file, struct mounts **mounts);

void mounts_free (struct mounts *mounts);
DEFINE_CLEANUP (struct mounts *, mounts_free)

/* The mount that one sees at POINT: of several, the one on top; NULL where
 * nothing is mounted. */
const struct mount_row *mounts_find (const struct mounts *mounts,
                                     const char *point);

/* A mount below POINT other than POINT itself, or NULL. */
const struct mount_row *mounts_below (const struct mounts *mounts,
                                      const char *point);

/* The mount with that number, or NULL. */
const struct mount_row *mounts_with_id (const struct mounts *mounts, int id);

/* The number of the mount that an open file is on (proc(5), fdinfo: mnt_id), or
 * -1 when it cannot be known.  Sends no request to the filesystem. */
int mount_of_descriptor (int fd);

/* Is it one of ours? */
bool mount_is_deltafs (const struct mount_row *row);

/* The user who mounted it (the option user_id of FUSE), or -1. */
long mount_owner (const struct mount_row *row);

#endif
