/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reads directories, see xfs/directory.h (xfs_da_format.h).
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "xfs/directory.h"

#define MAGIC_BLOCK UINT32_C (0x58444233)       /* "XDB3": the only block */
#define MAGIC_DATA UINT32_C (0x58444433)        /* "XDD3": one of many */
#define HEADER 64               /* of either */
#define TAIL 8                  /* of the only block: two counts */
#define LEAF_ENTRY 8            /* before the tail */
#define FREE_TAG 0xffff
#define UNUSED_MIN 8            /* bytes of the smallest unused piece */
#define ENTRY_MIN 16            /* and of the smallest entry */

/* The names are in the first 32 GiB; behind them come hashes. */
#define NAMES_END (UINT64_C (1) << 35)

static bool
is_dot (const uint8_t *name, size_t length)
{
  return name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.'));
}

/* xfs_dir2_sf_hdr and its entries. */
int
xfs_directory_visit_short (const uint8_t *bytes, size_t length,
                           xfs_directory_visit *visit, void *opaque,
                           bool *incomplete)
{
  size_t number_size, at;
  int result = 0;

  if (length < 2 || length < 2 + (bytes[1] == 0 ? 4U : 8U)) {
    *incomplete = true;
    return 0;
  }
  number_size = bytes[1] == 0 ? 4 : 8;
  at = 2 + number_size;
  for (unsigned i = 0; i < bytes[0] && result == 0; ++i) {
    const uint8_t *entry = bytes + at;
    /* Length, a number for readdir, name, type, inode. */
    size_t size = length - at < 1 ? SIZE_MAX
      : (size_t) 3 + entry[0] + 1 + number_size;

    if (size > length - at || entry[0] == 0) {
      *incomplete = true;
      return 0;
    }
    result = visit (opaque, (const char *) entry + 3, entry[0],
                    number_size == 4 ? bytes_be32 (entry + 4 + entry[0])
                    : bytes_be64 (entry + 4 + entry[0]));
    at += size;
  }
  if (result == 0 && at != length)
    *incomplete = true;
  return result;
}

/* Where the names end in the only block of a directory; 0 when that cannot
 * be. */
static size_t
end_of_names (const uint8_t *block, size_t length)
{
  uint64_t leaves = bytes_be32 (block + length - TAIL);

  return leaves > (length - HEADER - TAIL) / LEAF_ENTRY ? 0
    : length - TAIL - (size_t) leaves * LEAF_ENTRY;
}

int
xfs_directory_visit_block (const uint8_t *block, size_t length,
                           xfs_directory_visit *visit, void *opaque,
                           bool *incomplete)
{
  size_t at = HEADER;
  size_t end = bytes_be32 (block) == MAGIC_BLOCK
    ? end_of_names (block, length) : length;
  int result = 0;

  while (at < end && result == 0) {
    const uint8_t *entry = block + at;
    size_t size;

    if (end - at < UNUSED_MIN)
      break;
    if (bytes_be16 (entry) == FREE_TAG) {
      /* Length, and in the last two bytes the offset of the piece itself. */
      size = bytes_be16 (entry + 2);
      if (size == 0 || size % 8 != 0 || size > end - at
          || bytes_be16 (entry + size - 2) != at)
        break;
    } else {
      if (end - at < ENTRY_MIN)
        break;
      /* Inode, length, name, type, and the offset of the entry itself. */
      size = ((size_t) 8 + 1 + entry[8] + 1 + 2 + 7) / 8 * 8;
      if (entry[8] == 0 || size > end - at
          || bytes_be16 (entry + size - 2) != at)
        break;
      if (!is_dot (entry + 9, entry[8]))
        result = visit (opaque, (const char *) entry + 9, entry[8],
                        bytes_be64 (entry));
    }
    at += size;
  }
  if (result == 0 && at != end)
    *incomplete = true;
  return result;
}

/* Reads one directory block, which may consist of blocks in several places. */
static errint_t
read_block (const struct xfs_filesystem *fs, const struct xfs_inode *inode,
            const struct xfs_extents *extents, uint64_t offset,
            uint8_t *buffer)
{
  uint32_t count = fs->directory_block_size >> fs->block_log;
  uint64_t first = xfs_extents_block (extents, offset);
  uint32_t magic;
  errint_t err = 0;

  for (uint32_t i = 0; i < count && err == 0; ++i) {
    uint64_t block = xfs_extents_block (extents, offset + i);

    err = block == UINT64_MAX ? -EIO
      : blocks_read (fs->blocks, fs->side,
                     buffer + ((size_t) i << fs->block_log), fs->block_size,
                     block << fs->block_log);
  }
  if (err < 0)
    return err;
  magic = bytes_be32 (buffer);
  return (magic == MAGIC_BLOCK || magic == MAGIC_DATA)
    && xfs_header_matches (fs, buffer, fs->directory_block_size,
                           &xfs_header_data, first, inode->number)
    ? 0 : -EIO;
}

static int
iterate_blocks (const struct xfs_filesystem *fs,
                const struct xfs_inode *inode,
                const struct xfs_extents *extents, uint8_t *buffer,
                xfs_directory_visit *visit, void *opaque, bool *incomplete)
{
  uint64_t step = fs->directory_block_size >> fs->block_log;
  uint64_t end = NAMES_END >> fs->block_log;
  uint64_t next = 0;            /* block of the fork that was not read yet */

  for (size_t i = 0; i < extents->count; ++i) {
    const struct xfs_extent *extent = &extents->list[i];
    uint64_t last = extent->offset + extent->count;

    if (next < extent->offset / step * step)
      next = extent->offset / step * step;
    for (; next < last && next < end; next += step) {
      int result;

      if (!xfs_draw_directory (fs)) {
        *incomplete = true;
        return 0;
      }
      result = read_block (fs, inode, extents, next, buffer);

      if (result == -EIO) {
        *incomplete = true;
        continue;
      }
      if (result == 0)
        result = xfs_directory_visit_block (buffer, fs->directory_block_size,
                                            visit, opaque, incomplete);
      if (result != 0)
        return result;
    }
  }
  return 0;
}

int
xfs_directory_iterate (const struct xfs_filesystem *fs,
                       const struct xfs_inode *inode,
                       xfs_directory_visit *visit, void *opaque,
                       bool *incomplete)
{
  CLEANUP_XFS_EXTENTS struct xfs_extents extents = { .list = NULL };
  CLEANUP_FREE_BYTES uint8_t *buffer = NULL;
  struct xfs_fork_bytes fork = xfs_inode_fork (fs, inode, XFS_FORK_DATA);
  errint_t err;

  if (xfs_inode_type (inode) != ENTRY_DIRECTORY)
    return -EIO;
  if (fork.format == XFS_FORK_LOCAL)
    return xfs_directory_visit_short
      (fork.bytes, xfs_inode_size (inode) < fork.length
       ? (size_t) xfs_inode_size (inode) : fork.length, visit, opaque,
       incomplete);
  err = xfs_extents_read (fs, inode, XFS_FORK_DATA, &extents);
  if (err == -EIO)
    *incomplete = true;
  else if (err < 0)
    return err;
  buffer = malloc (fs->directory_block_size);
  if (buffer == NULL)
    return -ENOMEM;
  return iterate_blocks (fs, inode, &extents, buffer, visit, opaque,
                         incomplete);
}
