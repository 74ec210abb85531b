/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reads extent lists and their b-trees, see xfs/extent_list.h (xfs_bmbt_rec,
 * xfs_bmdr_block and xfs_btree_block of xfs_format.h).
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "bytes.h"
#include "xfs/edits.h"
#include "xfs/extent_list.h"

#define MAGIC UINT32_C (0x424d4133)     /* "BMA3" */
#define HEADER 72               /* of a block of the tree */
#define LEFT_SIBLING 8          /* offset */
#define ROOT_HEADER 4           /* of its root in the inode */
#define RECORD 16
#define LEVELS_MAX 9            /* XFS_BM_MAXLEVELS of any geometry */

void
xfs_extents_clear (struct xfs_extents *extents)
{
  free (extents->list);
  free (extents->tree);
  *extents = (struct xfs_extents) { .list = NULL };
}

size_t
xfs_extents_find (const struct xfs_extents *extents, uint64_t offset)
{
  size_t low = 0, high = extents->count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (extents->list[middle].offset + extents->list[middle].count <= offset)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

uint64_t
xfs_extents_block (const struct xfs_extents *extents, uint64_t offset)
{
  size_t index = xfs_extents_find (extents, offset);

  if (index == extents->count || offset < extents->list[index].offset)
    return UINT64_MAX;
  return extents->list[index].block + (offset - extents->list[index].offset);
}

errint_t
xfs_extents_add (struct xfs_extents *extents, const struct xfs_extent *extent)
{
  struct xfs_extent *last
    = extents->count == 0 ? NULL : &extents->list[extents->count - 1];

  if (last != NULL && last->offset + last->count > extent->offset)
    return -EIO;
  if (last != NULL && last->offset + last->count == extent->offset
      && last->block + last->count == extent->block
      && last->unwritten == extent->unwritten) {
    last->count += extent->count;
    return 0;
  }
  if (extents->count == extents->capacity) {
    size_t capacity = extents->capacity == 0 ? 4 : extents->capacity * 2;
    struct xfs_extent *list
      = reallocarray (extents->list, capacity, sizeof *list);

    if (list == NULL)
      return -ENOMEM;
    extents->list = list;
    extents->capacity = capacity;
  }
  extents->list[extents->count++] = *extent;
  return 0;
}

static errint_t
add_tree_block (struct xfs_extents *extents, uint64_t block)
{
  if (extents->tree_count == extents->tree_capacity) {
    size_t capacity
      = extents->tree_capacity == 0 ? 8 : extents->tree_capacity * 2;
    uint64_t *tree = reallocarray (extents->tree, capacity, sizeof *tree);

    if (tree == NULL)
      return -ENOMEM;
    extents->tree = tree;
    extents->tree_capacity = capacity;
  }
  extents->tree[extents->tree_count++] = block;
  return 0;
}

/* COUNT records, one behind the other (xfs_bmbt_disk_get_all). */
static errint_t
add_records (const struct xfs_filesystem *fs, const uint8_t *bytes,
             uint64_t count, struct xfs_extents *extents)
{
  errint_t err = 0;

  for (uint64_t i = 0; i < count && err == 0; ++i) {
    uint64_t high = bytes_be64 (bytes + i * RECORD);
    uint64_t low = bytes_be64 (bytes + i * RECORD + 8);
    struct xfs_extent extent = {
      .offset = (high & INT64_MAX) >> 9,
      .block = (high & 0x1ff) << 43 | low >> 21,
      .count = low & 0x1fffff,
      .unwritten = high >> 63 != 0,
    };

    ++extents->records;
    extent.block = xfs_linear_block (fs, extent.block, extent.count);
    err = extent.count == 0 || extent.block == UINT64_MAX ? -EIO
      : xfs_extents_add (extents, &extent);
  }
  return err;
}

/* A way down the tree: a block of each level, and the pointer that is next. */
struct level {
  uint8_t *block;               /* owned */
  uint32_t next, count;
  uint64_t left;                /* the block before the next one of this level */
};

struct descent {
  const struct xfs_filesystem *fs;
  uint64_t inode;
  struct level levels[LEVELS_MAX];      /* [0]: the leaves */
  uint64_t blocks_left;         /* of the tree, or it goes in circles */
  struct xfs_extents *extents;
};

/* Reads the block of LEVEL; a leaf's records are taken at once. */
static errint_t
enter (struct descent *descent, unsigned level, uint64_t pointer)
{
  const struct xfs_filesystem *fs = descent->fs;
  struct level *here = &descent->levels[level];
  uint64_t block = xfs_linear_block (fs, pointer, 1);
  uint32_t most = (fs->block_size - HEADER) / RECORD;
  uint64_t left = here->left;
  errint_t err;

  here->left = pointer;
  here->count = here->next = 0;
  if (block == UINT64_MAX || descent->blocks_left == 0
      || !xfs_draw_list (fs))
    return -EIO;
  --descent->blocks_left;
  if (here->block == NULL)
    here->block = malloc (fs->block_size);
  if (here->block == NULL)
    return -ENOMEM;
  err = xfs_read_metadata (fs, block, &xfs_header_long_btree, descent->inode,
                           here->block, fs->block_size);
  if (err == 0)
    err = add_tree_block (descent->extents, block);
  if (err < 0)
    return err;
  here->count = bytes_be16 (here->block + 6);
  /* A block that names the one before it comes once, however many point to it. */
  if (bytes_be32 (here->block) != MAGIC
      || bytes_be64 (here->block + LEFT_SIBLING) != left
      || bytes_be16 (here->block + 4) != level || here->count > most) {
    here->count = 0;
    return -EIO;
  }
  if (level > 0)
    return 0;
  most = here->count;
  here->count = 0;
  return add_records (fs, here->block + HEADER, most, descent->extents);
}

/* Pointer number INDEX of the block of LEVEL. */
static uint64_t
pointer_at (const struct descent *descent, unsigned level, uint32_t index)
{
  uint32_t most = (descent->fs->block_size - HEADER) / RECORD;

  return bytes_be64 (descent->levels[level].block + HEADER
                     + (size_t) most * 8 + (size_t) index * 8);
}

/* Everything below a block of LEVEL; what is damaged is left out. */
static errint_t
descend (struct descent *descent, unsigned top, uint64_t pointer)
{
  unsigned level = top;
  errint_t err = enter (descent, top, pointer);
  bool damaged = err == -EIO;

  if (err < 0 && !damaged)
    return err;
  while (level <= top) {
    struct level *here = &descent->levels[level];

    if (here->next == here->count) {
      ++level;
      continue;
    }
    err = enter (descent, level - 1, pointer_at (descent, level,
                                                 here->next++));
    if (err == -EIO)
      damaged = true;
    else if (err < 0)
      return err;
    else if (level > 1)
      --level;
  }
  return damaged ? -EIO : 0;
}

static errint_t
read_tree (const struct xfs_filesystem *fs, const struct xfs_inode *inode,
           const struct xfs_fork_bytes *fork, struct xfs_extents *extents)
{
  struct descent descent = {
    .fs = fs, .inode = inode->number, .extents = extents,
    /* Two records in a leaf and two pointers in a node at the least. */
    .blocks_left = fork->extents < UINT64_MAX / 4 ? fork->extents + 16 : 0,
  };
  unsigned level = bytes_be16 (fork->bytes);
  uint32_t count = bytes_be16 (fork->bytes + 2);
  uint32_t most = (fork->length - ROOT_HEADER) / RECORD;
  bool damaged = false;
  errint_t err = 0;

  if (level == 0 || level > LEVELS_MAX || count > most)
    return -EIO;
  if (descent.blocks_left > fs->block_count)
    descent.blocks_left = fs->block_count;
  for (int i = 0; i < LEVELS_MAX; ++i)
    descent.levels[i].left = UINT64_MAX;
  for (uint32_t i = 0; i < count && (err == 0 || err == -EIO); ++i) {
    err = descend (&descent, level - 1,
                   bytes_be64 (fork->bytes + ROOT_HEADER
                               + (size_t) most * 8 + (size_t) i * 8));
    damaged |= err == -EIO;
  }
  for (int i = 0; i < LEVELS_MAX; ++i)
    free (descent.levels[i].block);
  return err == 0 && (damaged || extents->records != fork->extents)
    ? -EIO : err;
}

static errint_t
read_fork (const struct xfs_filesystem *fs, const struct xfs_inode *inode,
           enum xfs_fork which, struct xfs_extents *extents)
{
  struct xfs_fork_bytes fork = xfs_inode_fork (fs, inode, which);

  if (fork.length == 0)
    return 0;
  switch (fork.format) {
  case XFS_FORK_EXTENTS:
    return fork.extents > fork.length / RECORD ? -EIO
      : add_records (fs, fork.bytes, fork.extents, extents);
  case XFS_FORK_BTREE:
    return read_tree (fs, inode, &fork, extents);
  default:
    return 0;
  }
}

errint_t
xfs_extents_read (const struct xfs_filesystem *fs,
                  const struct xfs_inode *inode, enum xfs_fork which,
                  struct xfs_extents *extents)
{
  errint_t err = read_fork (fs, inode, which, extents);

  return err < 0 || which != XFS_FORK_DATA ? err
    : xfs_edits_apply (fs->edits, inode->number, extents);
}
