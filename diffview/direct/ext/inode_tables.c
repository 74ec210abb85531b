/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reading the inode tables in large pieces.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <ext2fs/ext2fs.h>

#include "ext/inode_tables.h"
#include "ext/ondisk.h"

#define PIECE ((size_t) 1024 * 1024)

struct visiting {
  const struct ext_filesystem *fs;
  ext_inode_visit *visit;
  void *opaque;
  uint8_t *bytes;               /* owned: PIECE */
  bool incomplete;
};

/* Visits COUNT inodes from FIRST on, which lie together. */
static errint_t
visit_piece (struct visiting *visiting, uint32_t first, uint32_t count)
{
  const struct ext_filesystem *fs = visiting->fs;
  struct ext_inode inode;
  errint_t err = blocks_read_bulk (fs->reader.blocks, fs->reader.side,
                                   visiting->bytes,
                                   (size_t) count * fs->inode_size,
                                   ext_inode_position (fs, first));

  /* One bad block of the table is not the end of the others. */
  if (err == -EIO && count > 1) {
    for (uint32_t i = 0; i < count; ++i) {
      err = visit_piece (visiting, first + i, 1);
      if (err < 0)
        return err;
    }
    return 0;
  }
  if (err == -EIO) {
    visiting->incomplete = true;
    return 0;
  }
  if (err < 0)
    return err;
  inode.length = fs->inode_size;
  for (uint32_t i = 0; i < count && err == 0; ++i) {
    const uint8_t *raw = visiting->bytes + (size_t) i * fs->inode_size;

    if (ONDISK_LE16 (raw, struct ext2_inode_large, i_mode) == 0)
      continue;
    inode.number = first + i;
    memcpy (inode.raw, raw, fs->inode_size);
    err = visiting->visit (visiting->opaque, &inode);
  }
  return err;
}

errint_t
ext_inode_tables_visit (const struct ext_filesystem *fs,
                        ext_inode_visit *visit,
                        void *opaque, bool *incomplete)
{
  CLEANUP_FREE_BYTES uint8_t *bytes = malloc (PIECE);
  struct visiting visiting = {
    .fs = fs, .visit = visit, .opaque = opaque, .bytes = bytes,
  };
  uint32_t at_once = (uint32_t) (PIECE / fs->inode_size);
  errint_t err = 0;

  if (bytes == NULL)
    return -ENOMEM;
  for (uint32_t group = 0; group < fs->group_count && err == 0; ++group) {
    uint64_t first = (uint64_t) group * fs->inodes_per_group + 1;
    uint64_t end = first + fs->inodes_initialized[group];

    if (end > (uint64_t) fs->inode_count + 1)
      end = (uint64_t) fs->inode_count + 1;
    while (first < end && err == 0) {
      uint32_t count = end - first < at_once ?
        (uint32_t) (end - first) : at_once;

      err = visit_piece (&visiting, (uint32_t) first, count);
      first += count;
    }
  }
  if (visiting.incomplete)
    *incomplete = true;
  return err;
}
