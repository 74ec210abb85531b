/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Walks b-trees with pointers of 32 bits, see xfs/group_tree.h (struct
 * xfs_btree_block of xfs_format.h).
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "xfs/group_tree.h"

#define HEADER 56
#define LEFT_SIBLING 8          /* offset */
#define NO_SIBLING UINT32_MAX
#define POINTER 4
#define LEVELS_MAX 10           /* of any of these trees, XFS_BTREE_MAXLEVELS */

#define SPACE_MAGIC UINT32_C (0x58414746)       /* "XAGF" */
#define INODES_MAGIC UINT32_C (0x58414749)      /* "XAGI" */

const struct xfs_tree_kind xfs_tree_inodes = { 0x49414233, 16, 4 };
const struct xfs_tree_kind xfs_tree_free_inodes = { 0x46494233, 16, 4 };
const struct xfs_tree_kind xfs_tree_free_by_block = { 0x41423342, 8, 8 };
const struct xfs_tree_kind xfs_tree_free_by_size = { 0x41423343, 8, 8 };
const struct xfs_tree_kind xfs_tree_rmap = { 0x524d4233, 24, 40 };
const struct xfs_tree_kind xfs_tree_refcount = { 0x52334643, 12, 4 };

struct walk {
  const struct xfs_filesystem *fs;
  uint32_t group;
  const struct xfs_tree_kind *kind;
  uint32_t blocks_left;         /* a tree with more goes in circles */
  uint8_t *block[LEVELS_MAX];   /* owned: the way down */
  uint32_t next[LEVELS_MAX], count[LEVELS_MAX];
  uint32_t left[LEVELS_MAX];    /* the block before the next one of a level */
  xfs_tree_visit *visit;
  void *opaque;
};

/* Reads a block of LEVEL and visits it; -EIO where it is none. */
static errint_t
enter (struct walk *walk, unsigned level, uint32_t pointer)
{
  const struct xfs_filesystem *fs = walk->fs;
  uint32_t record
    = level == 0 ? walk->kind->record : walk->kind->key + POINTER;
  uint64_t block = (uint64_t) walk->group * fs->group_blocks + pointer;
  uint32_t left = walk->left[level], count;
  uint8_t *bytes;
  errint_t err;

  walk->left[level] = pointer;
  walk->next[level] = walk->count[level] = 0;
  if (pointer >= xfs_group_length (fs, walk->group)
      || walk->blocks_left == 0)
    return -EIO;
  --walk->blocks_left;
  if (walk->block[level] == NULL)
    walk->block[level] = malloc (fs->block_size);
  bytes = walk->block[level];
  if (bytes == NULL)
    return -ENOMEM;
  err = xfs_read_metadata (fs, block, &xfs_header_short_btree, walk->group,
                           bytes, fs->block_size);
  if (err < 0)
    return err;
  count = bytes_be16 (bytes + 6);
  /* A block that names the one before it comes once, however many point to it. */
  if (bytes_be32 (bytes) != walk->kind->magic
      || bytes_be16 (bytes + 4) != level
      || bytes_be32 (bytes + LEFT_SIBLING) != left
      || count > (fs->block_size - HEADER) / record)
    return -EIO;
  if (level > 0)
    walk->count[level] = count;
  return walk->visit (walk->opaque, block, bytes + HEADER,
                      level == 0 ? count : 0);
}

static errint_t
walk_down (struct walk *walk, unsigned top, uint32_t root, bool *damaged)
{
  uint32_t most
    = (walk->fs->block_size - HEADER) / (walk->kind->key + POINTER);
  size_t pointers = HEADER + (size_t) most * walk->kind->key;
  unsigned level = top;
  errint_t err = enter (walk, top, root);

  while (level <= top && (err == 0 || err == -EIO)) {
    if (err == -EIO)
      *damaged = true;
    err = 0;
    if (walk->next[level] >= walk->count[level]) {
      ++level;
      continue;
    }
    err = enter (walk, level - 1,
                 bytes_be32 (walk->block[level] + pointers
                             + (size_t) walk->next[level] * POINTER));
    ++walk->next[level--];
  }
  return err;
}

errint_t
xfs_tree_walk (const struct xfs_filesystem *fs, uint32_t group,
               const struct xfs_tree_kind *kind, uint32_t root,
               uint32_t levels, xfs_tree_visit *visit, void *opaque,
               bool *damaged)
{
  struct walk walk = {
    .fs = fs, .group = group, .kind = kind, .visit = visit,
    .opaque = opaque, .blocks_left = xfs_group_length (fs, group),
  };
  errint_t err;

  if (levels == 0 || levels > LEVELS_MAX) {
    *damaged = true;
    return 0;
  }
  for (int i = 0; i < LEVELS_MAX; ++i)
    walk.left[i] = NO_SIBLING;
  err = walk_down (&walk, levels - 1, root, damaged);
  for (int i = 0; i < LEVELS_MAX; ++i)
    free (walk.block[i]);
  return err;
}

errint_t
xfs_group_read (const struct xfs_filesystem *fs, uint32_t group,
                enum xfs_group_header header, uint8_t sector[XFS_SECTOR_MAX])
{
  bool space = header == XFS_GROUP_SPACE;
  errint_t err
    = blocks_read (fs->blocks, fs->side, sector, fs->sector_size,
                   ((uint64_t) group * fs->group_blocks << fs->block_log)
                   + (uint64_t) header * fs->sector_size);

  if (err < 0)
    return err;
  return bytes_be32 (sector) == (space ? SPACE_MAGIC : INODES_MAGIC)
    && bytes_be32 (sector + 8) == group
    && xfs_checksum_valid (sector, fs->sector_size, space ? 216 : 312)
    && memcmp (sector + (space ? 64 : 296), fs->uuid, XFS_UUID_SIZE) == 0
    ? 0 : -EIO;
}
