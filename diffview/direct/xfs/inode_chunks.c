/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reads the b-trees of inodes, see xfs/inode_chunks.h (xfs_inobt_rec of
 * xfs_format.h).
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "bytes.h"
#include "xfs/group_tree.h"
#include "xfs/inode_chunks.h"

#define RECORD 16
#define HOLE_INODES 4           /* inodes for each bit of a hole mask */

void
xfs_chunks_clear (struct xfs_chunks *chunks)
{
  free (chunks->list);
  *chunks = (struct xfs_chunks) { .list = NULL };
}

static errint_t
add_chunk (struct xfs_chunks *chunks, const struct xfs_chunk *chunk)
{
  if (chunks->count > 0
      && chunks->list[chunks->count - 1].first + XFS_CHUNK_INODES
         > chunk->first)
    return -EIO;
  if (chunks->count == chunks->capacity) {
    size_t capacity = chunks->capacity == 0 ? 64 : chunks->capacity * 2;
    struct xfs_chunk *list
      = reallocarray (chunks->list, capacity, sizeof *list);

    if (list == NULL)
      return -ENOMEM;
    chunks->list = list;
    chunks->capacity = capacity;
  }
  chunks->list[chunks->count++] = *chunk;
  return 0;
}

/* Which inodes of a chunk are on the disk. */
static uint64_t
present_inodes (const struct xfs_filesystem *fs, const uint8_t *record)
{
  uint32_t holes = fs->incompat & XFS_INCOMPAT_SPARSE_INODES
    ? bytes_be16 (record + 4) : 0;
  uint64_t present = UINT64_MAX;

  for (unsigned i = 0; i < 16; ++i)
    if (holes & (1U << i))
      present &= ~(UINT64_C (0xf) << (i * HOLE_INODES));
  return present;
}

static errint_t
add_record (const struct xfs_filesystem *fs, uint32_t group,
            const uint8_t *record, struct xfs_chunks *chunks)
{
  unsigned shift = fs->group_block_log + fs->inodes_per_block_log;
  uint32_t first = bytes_be32 (record);
  uint64_t blocks = (first >> fs->inodes_per_block_log)
    + (XFS_CHUNK_INODES >> fs->inodes_per_block_log);
  struct xfs_chunk chunk = {
    .first = (uint64_t) group << shift | first,
    .present = present_inodes (fs, record),
  };

  chunk.used = ~bytes_be64 (record + 8) & chunk.present;
  /* A chunk at the end of a group may be there in part. */
  if (first >> shift != 0
      || (chunk.present == UINT64_MAX
          && blocks > xfs_group_length (fs, group)))
    return -EIO;
  return add_chunk (chunks, &chunk);
}

struct reading {
  const struct xfs_filesystem *fs;
  uint32_t group;
  struct xfs_chunks *chunks;
};

static errint_t
take_records (void *opaque, uint64_t block, const uint8_t *records,
              uint32_t count)
{
  struct reading *reading = opaque;
  errint_t err = 0;

  (void) block;
  for (uint32_t i = 0; i < count && err == 0; ++i) {
    err = add_record (reading->fs, reading->group,
                      records + (size_t) i * RECORD, reading->chunks);
    if (err == -EIO) {
      reading->chunks->incomplete = true;
      err = 0;
    }
  }
  return err;
}

errint_t
xfs_chunks_read (const struct xfs_filesystem *fs, struct xfs_chunks *chunks)
{
  struct reading reading = { .fs = fs, .chunks = chunks };
  uint8_t sector[XFS_SECTOR_MAX];
  errint_t err = 0;

  for (; reading.group < fs->group_count && err == 0; ++reading.group) {
    err = xfs_group_read (fs, reading.group, XFS_GROUP_INODES, sector);
    if (err == 0)
      err = xfs_tree_walk (fs, reading.group, &xfs_tree_inodes,
                           bytes_be32 (sector + 20),
                           bytes_be32 (sector + 24), take_records, &reading,
                           &chunks->incomplete);
    else if (err == -EIO) {
      chunks->incomplete = true;
      err = 0;
    }
  }
  return err;
}
