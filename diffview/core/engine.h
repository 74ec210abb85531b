/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The interface that every engine serves: one instance for one filesystem
 * of the guest, as it is on both sides (or on one: then everything is added
 * or deleted).  An engine opens itself with a function of its own room; what
 * it knows of images or virtual machines stays there.
 *
 * Guest paths that an engine gets and gives are relative to the root of its
 * filesystem ("/" is that root).  Every byte that it reads is the guest's:
 * whatever is there, it ends, in bounded memory, with a result.
 */
#ifndef DELTAFS_ENGINE_H
#define DELTAFS_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "entry.h"
#include "errint.h"

struct delta;
struct delta_entry;
struct memory_budget;
struct progress;

/* What a computation has to look at. */
struct compare_rules {
  bool verify;                  /* compare the bytes of every file */
  bool times;                   /* an mtime difference is a change */
  bool retry;                   /* the images are being written, and what
                                 * cannot be read may be so for the moment
                                 * only: -EAGAIN in its place, not reported,
                                 * where an engine can tell */
  /* Directories of the overlay and, after each, the one of the base that it is
   * to be compared with, in the place of what the base has at the same path:
   * subvolumes of a btrfs of which one is mounted where the other one was.
   * NULL-terminated, or NULL.  Borrowed.  For engines that read btrfs. */
  char *const *pairs;
  /* fnmatch patterns of xattr names that do not count; NULL-terminated, or
   * NULL.  Borrowed. */
  char *const *ignore_xattrs;
  /* Where the computation tells how far it is, or NULL.  Borrowed. */
  const struct progress *progress;
  /* What all computations of a run share, or NULL.  Borrowed. */
  struct memory_budget *memory;
};

struct engine {
  const struct engine_operations *operations;
  /* The engine's own structure follows. */
};

struct engine_operations {
  /* "guestfs", "direct", "memory": static, as the user knows it. */
  const char *name;

  /* Finds all changes of the filesystem and adds them to DELTA (with
   * delta_add; scaffold directories included, in any order), which was made
   * with this engine as one of its filesystems, number FILESYSTEM.  What
   * cannot be judged is added as unreadable and reported to the log of the
   * engine: that is no failure.  A failure leaves DELTA with what was added
   * so far, was reported, and is a negative errno: -ENOTSUP means that another
   * engine could do it, -EAGAIN what the rules say of retry.  Called once, by
   * one thread. */
  errint_t (*compute) (struct engine *engine,
                       const struct compare_rules *rules,
                       struct delta *delta, unsigned filesystem);

  /* Reads the content of a regular file: up to LENGTH bytes at OFFSET of
   * ENTRY as it is on SIDE (which it must have).  *GOT is less than LENGTH
   * only at the end of the file (st_size of that side's entry); every other
   * failure to read is a negative errno, mostly -EIO, reported once for each
   * entry, never short data and never zeros in its place.  Any thread, also
   * several at once, after compute. */
  errint_t (*pread) (struct engine *engine, enum side side,
                     const struct delta_entry *entry,
                     void *buffer, size_t length, uint64_t offset,
                     size_t *got);

  /* Moves exactly LENGTH bytes, which the file has at OFFSET, into PIPE, without
   * copying them: what is in the pipe are pages of an image file, so whoever
   * takes them out does it at once.  PIPE does not block.  -ENOTSUP where the
   * bytes do not lie plainly in image files, or the pipe has no room for them:
   * pread is to be used then.  Any other failure as with pread.  After a
   * failure something may be left in the pipe.  Any thread, after compute.
   * NULL in an engine that never can. */
  errint_t (*splice) (struct engine *engine, enum side side,
                      const struct delta_entry *entry, int pipe,
                      size_t length, uint64_t offset);

  /* Finds the next piece of a regular file that may be something else than
   * zeros: it begins at *START, at or behind OFFSET (which is within the
   * file), and has *LENGTH bytes; 0 when there is nothing but a hole up to the
   * end.  -ENOTSUP where holes are not known, -EIO where they cannot be told from
   * what is damaged, -ENOMEM (not reported).  Any thread, after compute.  NULL in
   * an engine that never knows holes. */
  errint_t (*next_data) (struct engine *engine, enum side side,
                         const struct delta_entry *entry, uint64_t offset,
                         uint64_t *start, uint64_t *length);

  /* Metadata of the inode at PATH (symlinks are not followed, neither at the
   * end nor on the way) into *ENTRY, xattrs included; what it points to lives
   * as long as the engine.  -ENOENT when there is none or the side has no
   * filesystem, -ENOTDIR, -EIO (not reported).  Any thread, also before
   * compute. */
  errint_t (*stat) (struct engine *engine, enum side side,
                    const char *path, struct entry *entry);

  /* Reads a small file whole, for finding out about the guest (/etc/fstab,
   * /etc/os-release).  Symlinks on the way are followed within the
   * filesystem, at most 40.  *CONTENT is a new string of *LENGTH bytes and a
   * NUL, to be freed.  -ENOENT as above, -EFBIG beyond LIMIT bytes, -EISDIR
   * or -EINVAL for what is no file, -EIO (not reported).  Any thread, also
   * before compute. */
  errint_t (*read_path) (struct engine *engine, enum side side,
                         const char *path, size_t limit,
                         char **content, size_t *length);

  /* Frees the engine.  No call may be running. */
  void (*close) (struct engine *engine);
};

static inline void
engine_close (struct engine *engine)
{
  engine->operations->close (engine);
}

DEFINE_CLEANUP (struct engine *, engine_close)

#endif
