/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two raw files as a pair of disks, see flat_pair.h.
 */
#include <config.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flat_pair.h"

struct image_pair {
  int fd[SIDES];
  uint64_t size[SIDES];
  bool known, is_written;
  struct extents written;
};

static errint_t
read_at (const struct image_pair *pair, enum side side, void *buffer,
         size_t length, uint64_t offset)
{
  char *bytes = buffer;

  while (length > 0) {
    ssize_t got = pread (pair->fd[side], bytes, length, (off_t) offset);

    if (got <= 0)
      return -EIO;
    bytes += got;
    offset += (uint64_t) got;
    length -= (size_t) got;
  }
  return 0;
}

static errint_t
find_written (struct image_pair *pair, uint32_t cluster, unsigned spread)
{
  CLEANUP_FREE char *a = malloc (cluster);
  CLEANUP_FREE char *b = malloc (cluster);
  uint64_t end = pair->size[SIDE_OVERLAY];
  errint_t err = a == NULL || b == NULL ? -ENOMEM : 0;

  for (uint64_t offset = 0; offset < end && err == 0; offset += cluster) {
    size_t length = end - offset < cluster ? (size_t) (end - offset) : cluster;
    bool differs = offset + length > pair->size[SIDE_BASE];

    if (!differs) {
      err = read_at (pair, SIDE_BASE, a, length, offset);
      if (err == 0)
        err = read_at (pair, SIDE_OVERLAY, b, length, offset);
      differs = err == 0 && memcmp (a, b, length) != 0;
    }
    if (spread > 0 && offset / cluster % spread == 0)
      differs = true;
    if (err == 0 && differs)
      err = extents_append (&pair->written, offset, length);
  }
  return err;
}

errint_t
flat_pair_open (const char *base, const char *overlay, uint32_t cluster,
                unsigned spread, struct image_pair **result)
{
  const char *path[SIDES] = { base, overlay };
  CLEANUP (pair_close) struct image_pair *pair = calloc (1, sizeof *pair);
  errint_t err = 0;

  if (pair == NULL)
    return -ENOMEM;
  pair->fd[SIDE_BASE] = pair->fd[SIDE_OVERLAY] = -1;
  for (int side = 0; side < SIDES; ++side) {
    struct stat stat;

    pair->fd[side] = open (path[side], O_RDONLY | O_CLOEXEC);
    if (pair->fd[side] < 0 || fstat (pair->fd[side], &stat) < 0)
      return -errno;
    pair->size[side] = (uint64_t) stat.st_size;
  }
  pair->known = cluster > 0;
  if (pair->known)
    err = find_written (pair, cluster, spread);
  if (err == 0)
    *result = steal_pointer (&pair);
  return err;
}

void
flat_pair_say_written (struct image_pair *pair)
{
  pair->is_written = true;
}

bool
pair_is_written (const struct image_pair *pair)
{
  return pair->is_written;
}

void
pair_close (struct image_pair *pair)
{
  for (int side = 0; side < SIDES; ++side)
    if (pair->fd[side] >= 0)
      close (pair->fd[side]);
  extents_clear (&pair->written);
  free (pair);
}

uint64_t
pair_size (const struct image_pair *pair, enum side side)
{
  return pair->size[side];
}

bool
pair_is_distant (const struct image_pair *pair, enum side side)
{
  (void) pair;
  (void) side;
  return false;
}

const struct extents *
pair_written (const struct image_pair *pair)
{
  return pair->known ? &pair->written : NULL;
}

errint_t
pair_splice (struct image_pair *pair, enum side side, int pipe,
             size_t length, uint64_t offset)
{
  off64_t position = (off64_t) offset;

  return splice (pair->fd[side], &position, pipe, NULL, length, 0)
    == (ssize_t) length ? 0 : -ENOTSUP;
}

errint_t
pair_read (struct image_pair *pair, enum side side, void *buffer,
           size_t length, uint64_t offset)
{
  if (offset > pair->size[side] || length > pair->size[side] - offset)
    return -EINVAL;
  return read_at (pair, side, buffer, length, offset);
}
