/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One file of an image (or a remote one, by its URI), opened for reading
 * without blocking and without side effects.  Whether a name may be opened
 * is not decided here but in policy.h.
 */
#ifndef DELTAFS_IMAGE_FILE_H
#define DELTAFS_IMAGE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cleanup.h"
#include "errint.h"

struct image_file {
  char *name;                   /* path or URI, for messages and for names
                                 * that are relative to this one */
  int fd;                       /* O_RDONLY; -1 for a URI */
  struct image_file *start;     /* of a URI: a local copy of its first bytes,
                                 * once somebody wanted it (remote.h) */
  bool device;                  /* a block device */
  dev_t device_number;          /* where the file is, or the device itself */
  ino_t inode;                  /* 0 for a block device */
};

/* What may be opened. */
enum image_file_kinds {
  IMAGE_FILE_REGULAR,           /* regular files that are on a disk */
  IMAGE_FILE_OR_DEVICE,         /* these and block devices */
};

/* The reason why a block device is not opened as the former. */
extern const char image_file_is_device[];

/* Opens PATH relative to DIRECTORY (an open directory or AT_FDCWD).  NAME is
 * what messages call it.  A fifo, socket, directory or character device is
 * refused without being opened; so are the files of /proc and the like.  FLAGS
 * are O_NOFOLLOW or 0.  Nothing is reported: *REASON (static, or strerror of
 * this thread) says what is wrong.  *FILE is to be freed with
 * image_file_close.  -ENOENT, -EACCES, -EINVAL, -ELOOP, -ENOMEM, … */
errint_t image_file_open (int directory, const char *path, const char *name,
                          enum image_file_kinds kinds, int flags,
                          const char **reason, struct image_file **file);

/* A file that is only a URI.  -ENOMEM. */
errint_t image_file_open_uri (const char *uri, struct image_file **file);

/* NULL is allowed. */
void image_file_close (struct image_file *file);
DEFINE_CLEANUP (struct image_file *, image_file_close)

/* Are both the same file: device and inode?  Never for URIs. */
bool image_file_same (const struct image_file *a, const struct image_file *b);

/* Length in bytes, now. */
errint_t image_file_size (const struct image_file *file, uint64_t *size);

/* Reads up to LENGTH bytes at OFFSET; *GOT is less only at the end. */
errint_t image_file_read (const struct image_file *file, void *buffer,
                          size_t length, uint64_t offset, size_t *got);

/* Moves exactly LENGTH bytes at OFFSET into PIPE, which does not block.
 * -ENOTSUP where the file ends before or the pipe has no room, which leaves a
 * part of them in the pipe; what splice(2) says. */
errint_t image_file_splice (const struct image_file *file, int pipe,
                            size_t length, uint64_t offset);

#endif
