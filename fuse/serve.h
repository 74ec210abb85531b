/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Serving a view as a FUSE filesystem: the only header of this room that
 * others see.  Knows views, not images.
 */
#ifndef DELTAFS_SERVE_H
#define DELTAFS_SERVE_H

#include <stdbool.h>
#include <stddef.h>

#include "errint.h"
#include "log.h"
#include "view.h"

/* What -o and the command line ask for; every field has a meaning at 0. */
struct serve_options {
  bool allow_other;             /* other users too; the kernel checks modes */
  bool all_readable;            /* with allow_other: no mode checks */
  bool no_exec;                 /* programs of the tree cannot be run */
  const char *source;           /* what the mount table shows as the device:
                                 * the overlay's name; borrowed */
};

/* Mounting and serving may be done by different processes: the first one may
 * open files and needs not know what is served, the second one reads what a
 * guest wrote and need not be able to open anything. */

/* A mount, as the process that made it knows it. */
struct serve_mount;

/* Checks what can be known before there is anything to mount: /dev/fuse, and
 * whether allow_other is allowed.  The same errors as serve_mount, reported. */
errint_t serve_check (const char *mount_point,
                      const struct serve_options *options,
                      const struct log *log);

/* Mounts a filesystem that is not served yet at MOUNT_POINT, always read-only,
 * nosuid, nodev, with the subtype "deltafs".  Everything that can fail is
 * reported: no /dev/fuse, no permission, allow_other not allowed.  LOG is kept
 * (borrowed) until serve_unmount, for *MOUNT.  *DEVICE, to be closed, is what
 * requests are read from.  As long as any process has it open, they wait for an
 * answer: do not touch the mount point before serve_run; a process that
 * hands it on closes its own at once. */
errint_t serve_mount (const char *mount_point,
                      const struct serve_options *options,
                      const struct log *log,
                      struct serve_mount **mount, int *device);

/* Undoes the mount wherever it is by now, lazily where it is busy, and frees
 * MOUNT.  Every process has closed the device before.  Nothing is done when it
 * is not there any more, even if another one took its place.  0, or a negative
 * errno (reported). */
errint_t serve_unmount (struct serve_mount *mount);

struct serve;

/* Prepares serving on DEVICE, which is taken over, whatever happens.  LOG is
 * kept (borrowed) until serve_free.  *SERVE is to be freed with serve_free.
 * Failures are reported. */
errint_t serve_open (int device, const struct serve_options *options,
                     const struct log *log, struct serve **serve);

/* Answers requests with VIEW (borrowed) until the mount is undone (of one that
 * was detached lazily: until its last file is closed) or serve_stop is called.
 * READY is called once with OPAQUE, by this thread, when the tree answers; it
 * is not called if the mount ends before.  Several threads serve; they take
 * no signals, this one does.  Reads under way are waited for.  Closes the
 * device before it returns, so that whoever waits for an answer gets ENOTCONN.
 * Returns 0, or a negative errno (reported).  Opens nothing. */
errint_t serve_run (struct serve *serve, const struct view *view,
                    void (*ready) (void *opaque), void *opaque);

/* Makes serve_run end, or not begin to serve.  Async-signal-safe, any thread,
 * until serve_free. */
void serve_stop (struct serve *serve);

/* Closes the device if it is open and frees everything. */
void serve_free (struct serve *serve);
DEFINE_CLEANUP (struct serve *, serve_free)

#endif
