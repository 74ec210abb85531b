/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reading files: the bytes that were asked for, or an error, never less.
 */
#include <config.h>

#include <fcntl.h>
#include <string.h>

#include "operations.h"
#include "reply.h"
#include "splice.h"

void
read_open (fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file)
{
  (void) number;
  if ((file->flags & O_ACCMODE) != O_RDONLY) {
    reply_error (request, -EROFS);
    return;
  }
  if (serve_of (request)->no_open) {
    /* Not an error: never ask again, and keep what you know. */
    reply_error (request, -ENOSYS);
    return;
  }
  file->keep_cache = 1;
  fuse_reply_open (request, file);
}

/* Reads LENGTH bytes, which the file has at OFFSET. */
static errint_t
read_all (const struct view *view, view_node node, char *buffer,
          size_t length, uint64_t offset)
{
  size_t done = 0, got;
  errint_t err;

  while (done < length) {
    got = 0;
    err = view_read (view, node, buffer + done, length - done,
                     offset + done, &got);
    if (err < 0)
      return err;
    /* The file ends before its size: the kernel would fill up with zeros. */
    if (got == 0 || got > length - done)
      return -EIO;
    done += got;
  }
  return 0;
}

void
read_content (fuse_req_t request, fuse_ino_t number, size_t size,
              off_t offset, struct fuse_file_info *file)
{
  const struct view *view = serve_of (request)->view;
  view_node node = reply_node (number);
  struct stat stat;
  errint_t err;
  char *buffer;

  (void) file;
  memset (&stat, 0, sizeof stat);
  view_stat (view, node, &stat);
  if (offset < 0 || offset >= stat.st_size)
    size = 0;
  else if ((uint64_t) (stat.st_size - offset) < size)
    size = (size_t) (stat.st_size - offset);
  if (size > REPLY_MAX)
    size = REPLY_MAX;

  if (splice_content (request, node, size, (uint64_t) offset))
    return;
  buffer = reply_buffer (size);
  err = buffer == NULL ? -ENOMEM :
    read_all (view, node, buffer, size, (uint64_t) offset);
  if (err < 0)
    reply_error (request, err);
  else
    fuse_reply_buf (request, buffer, size);
}
