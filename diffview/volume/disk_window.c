/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The window: a sparse file in memory, and lists of what was copied and of
 * what of it is not zero.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "disk_window.h"

#define BLOCK 4096
#define PIECE (256 * 1024)

struct disk_window {
  struct device *device;
  const struct log *log;
  int fd;
  uint64_t size;
  struct extents copied;        /* in whole blocks */
  struct extents filled;        /* the blocks that are not all zero */
  unsigned char piece[PIECE];
};

static errint_t
failed (const struct disk_window *window, errint_t error)
{
  if (error == -EREMOTEIO)
    return error;               /* device_read has reported that */
  return log_error (window->log, error, "cannot read the disk",
                    window->device->side == SIDE_BASE ? "base" : "overlay");
}

errint_t
disk_window_open (struct device *device, const struct log *log,
                  struct disk_window **result)
{
  CLEANUP (disk_window_close) struct disk_window *window = NULL;

  window = calloc (1, sizeof *window);
  if (window == NULL)
    return log_error (log, -ENOMEM, "cannot read the disk", NULL);
  window->device = device;
  window->log = log;
  window->size = device->size;
  window->fd = memfd_create ("disk", MFD_CLOEXEC);
  if (window->fd < 0
      || ftruncate (window->fd, (off_t) window->size) != 0)
    return failed (window, -errno);
  *result = steal_pointer (&window);
  return 0;
}

void
disk_window_close (struct disk_window *window)
{
  if (window == NULL)
    return;
  if (window->fd >= 0)
    close (window->fd);
  extents_clear (&window->copied);
  extents_clear (&window->filled);
  free (window);
}

int
disk_window_file (const struct disk_window *window)
{
  return window->fd;
}

uint64_t
disk_window_size (const struct disk_window *window)
{
  return window->size;
}

/* Writes all of it. */
static errint_t
write_whole (const struct disk_window *window, const unsigned char *bytes,
             size_t length, uint64_t offset)
{
  while (length > 0) {
    const ssize_t count = pwrite (window->fd, bytes, length, (off_t) offset);

    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return count < 0 ? -errno : -EIO;
    bytes += count;
    offset += (uint64_t) count;
    length -= (size_t) count;
  }
  return 0;
}

static bool
is_zero (const unsigned char *bytes, size_t length)
{
  return length == 0
    || (bytes[0] == 0 && memcmp (bytes, bytes + 1, length - 1) == 0);
}

/* LENGTH bytes, at most a piece, from the disk; blocks of zeros stay holes. */
static errint_t
copy_piece (struct disk_window *window, uint64_t offset, size_t length)
{
  errint_t error = device_read (window->device, window->piece, length,
                                offset);

  for (size_t done = 0; error == 0 && done < length; done += BLOCK) {
    const size_t block = length - done < BLOCK ? length - done : BLOCK;

    if (is_zero (window->piece + done, block))
      continue;
    error = write_whole (window, window->piece + done, block, offset + done);
    if (error == 0)
      error = extents_add (&window->filled, offset + done, block);
  }
  return error;
}

errint_t
disk_window_copy (struct disk_window *window,
                  uint64_t offset, uint64_t length)
{
  uint64_t start, end, position;
  errint_t error = 0;

  if (length == 0 || offset >= window->size)
    return 0;
  start = offset & ~(uint64_t) (BLOCK - 1);
  end = length > window->size - offset ? window->size : offset + length;
  /* A disk ends far below 2^64. */
  end = (end + BLOCK - 1) & ~(uint64_t) (BLOCK - 1);
  if (end > window->size)
    end = window->size;
  for (position = start; error == 0 && position < end;) {
    const size_t index = extents_find (&window->copied, position);
    uint64_t gap_end = end;

    if (index < window->copied.count) {
      const struct extent *next = &window->copied.list[index];

      if (next->offset <= position) {
        position = next->offset + next->length;
        continue;
      }
      if (next->offset < end)
        gap_end = next->offset;
    }
    if (gap_end - position > PIECE)
      gap_end = position + PIECE;
    error = copy_piece (window, position, (size_t) (gap_end - position));
    position = gap_end;
  }
  if (error == 0)
    error = extents_add (&window->copied, start, end - start);
  return error == 0 ? 0 : failed (window, error);
}

errint_t
disk_window_read (struct disk_window *window, void *buffer,
                  size_t length, uint64_t offset)
{
  unsigned char *bytes = buffer;
  errint_t error = disk_window_copy (window, offset, length);

  memset (bytes, 0, length);
  while (error == 0 && length > 0 && offset < window->size) {
    const ssize_t count = pread (window->fd, bytes, length, (off_t) offset);

    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return failed (window, -errno);
    if (count == 0)
      break;
    bytes += count;
    length -= (size_t) count;
    offset += (uint64_t) count;
  }
  return error;
}

errint_t
disk_window_patch (struct disk_window *window, const void *bytes,
                   size_t length, uint64_t offset)
{
  errint_t error = write_whole (window, bytes, length, offset);

  return error == 0 ? 0 : failed (window, error);
}

bool
disk_window_is_blank (const struct disk_window *window,
                      uint64_t offset, uint64_t length)
{
  return !extents_touches (&window->filled, offset, length);
}
