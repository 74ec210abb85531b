/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Holes: SEEK_DATA and SEEK_HOLE.  The kernel asks for nothing else, as it
 * knows the size.
 *
 * Where the engine does not know the holes, or cannot tell them from what is
 * damaged, the file is data to its end: whoever reads it gets the zeros, or
 * the error.  The answer is never ENOSYS, after which the kernel would not ask
 * again for any file of the mount.
 */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "operations.h"
#include "reply.h"

/* A part of a file, END behind its last byte. */
struct part {
  uint64_t start, end;
};

/* The next data at or behind OFFSET; none: at the file's end. */
static errint_t
find_data (const struct view *view, view_node node, uint64_t offset,
           uint64_t size, struct part *data)
{
  uint64_t start = 0, length = 0;
  errint_t err = view_next_data (view, node, offset, &start, &length);

  if (err == -ENOTSUP || err == -EIO) {
    *data = (struct part) { offset, size };
    return 0;
  }
  if (err < 0)
    return err;
  *data = length == 0 ? (struct part) { size, size }
    : (struct part) { start, start + length };
  return 0;
}

/* The next hole at or behind OFFSET; none: at the file's end, where there is
 * always one.  Data comes in pieces that may touch. */
static errint_t
find_hole (const struct view *view, view_node node, uint64_t offset,
           uint64_t size, uint64_t *hole)
{
  *hole = offset;
  while (*hole < size) {
    struct part data = { 0 };
    errint_t err = find_data (view, node, *hole, size, &data);

    if (err < 0)
      return err;
    if (data.start > *hole || data.end <= *hole)
      break;
    *hole = data.end;
  }
  return 0;
}

void
seek_content (fuse_req_t request, fuse_ino_t number, off_t offset,
              int whence, struct fuse_file_info *file)
{
  const struct view *view = serve_of (request)->view;
  view_node node = reply_node (number);
  struct part data = { 0 };
  uint64_t result = 0, size;
  struct stat stat;
  errint_t err;

  (void) file;
  memset (&stat, 0, sizeof stat);
  view_stat (view, node, &stat);
  size = (uint64_t) stat.st_size;
  if (offset < 0 || offset >= stat.st_size)
    err = -ENXIO;
  else if (whence == SEEK_DATA) {
    err = find_data (view, node, (uint64_t) offset, size, &data);
    result = data.start;
    if (err == 0 && result >= size)
      err = -ENXIO;
  }
  else if (whence == SEEK_HOLE)
    err = find_hole (view, node, (uint64_t) offset, size, &result);
  else
    err = -EINVAL;
  if (err < 0)
    reply_error (request, err);
  else
    fuse_reply_lseek (request, (off_t) result);
}
