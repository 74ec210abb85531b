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
  /* The value of the unlisted xattr "user.deltafs.session" of the root, by
   * which umount finds the processes of the mount; NULL for none. */
  const char *session;
};

struct serve;

/* Checks what can be known before there is anything to mount: /dev/fuse, and
 * whether allow_other is allowed.  The same errors as serve_mount, reported. */
errint_t serve_check (const char *mount_point,
                      const struct serve_options *options,
                      const struct log *log);

/* Mounts a filesystem that is not served yet at MOUNT_POINT, always read-only,
 * nosuid, nodev, with the subtype "deltafs".  Everything that can fail is
 * reported: no /dev/fuse, no permission, allow_other not allowed.  LOG is kept
 * (borrowed) until serve_free.  *SERVE is to be freed with serve_free.
 * Requests wait until serve_run: do not touch the mount point before. */
errint_t serve_mount (const char *mount_point,
                      const struct serve_options *options,
                      const struct log *log, struct serve **serve);

/* Answers requests with VIEW (borrowed) until the mount is undone (of one that
 * was detached lazily: until its last file is closed) or serve_stop is called.
 * READY is called once with OPAQUE, by this thread, when the tree answers; it
 * is not called if the mount ends before.  Several threads serve; they take
 * no signals, this one does.  Reads under way are waited for.  Returns 0, or a
 * negative errno (reported).  Unmounts before it returns, but only this
 * mount, wherever it is by then. */
errint_t serve_run (struct serve *serve, const struct view *view,
                    void (*ready) (void *opaque), void *opaque);

/* Makes serve_run end, or not begin to serve.  Async-signal-safe, any thread,
 * until serve_free. */
void serve_stop (struct serve *serve);

/* Unmounts if it is mounted and frees everything. */
void serve_free (struct serve *serve);
DEFINE_CLEANUP (struct serve *, serve_free)

#endif
