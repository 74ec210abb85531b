/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Claims blocks, see xfs/claim.h: headers, b-trees and the log by their places, then
 * what inodes refer to.
 */
#include <config.h>

#include <errno.h>

#include "account_claims.h"
#include "bytes.h"
#include "xfs/claim.h"
#include "xfs/extent_list.h"
#include "xfs/group_tree.h"
#include "xfs/scan.h"
#include "xfs/xfs_private.h"

struct claiming {
  const struct xfs_reader *xfs;
  const struct xfs_reader *base;        /* or NULL */
  struct account_claims *claims;
};

static void
claim_blocks (const struct claiming *claiming, uint64_t block,
              uint64_t count, enum account_class which)
{
  unsigned shift = claiming->xfs->fs.block_log;

  account_claim (claiming->claims, block << shift, count << shift, which);
}

static errint_t
claim_tree_block (void *opaque, uint64_t block, const uint8_t *records,
                  uint32_t count)
{
  (void) records;
  (void) count;
  claim_blocks (opaque, block, 1, ACCOUNT_BITMAP);
  return 0;
}

/* A tree whose root and height are in a header at these offsets. */
struct tree {
  const struct xfs_tree_kind *kind;
  enum xfs_group_header header;
  uint16_t root, levels;
  uint32_t feature;             /* of the superblock's ro_compat, or 0 */
};

static errint_t
claim_group (struct claiming *claiming, uint32_t group)
{
  static const struct tree trees[] = {
    { &xfs_tree_free_by_block, XFS_GROUP_SPACE, 16, 28, 0 },
    { &xfs_tree_free_by_size, XFS_GROUP_SPACE, 20, 32, 0 },
    { &xfs_tree_rmap, XFS_GROUP_SPACE, 24, 36, 1 << 1 },
    { &xfs_tree_refcount, XFS_GROUP_SPACE, 88, 92, 1 << 2 },
    { &xfs_tree_inodes, XFS_GROUP_INODES, 20, 24, 0 },
    { &xfs_tree_free_inodes, XFS_GROUP_INODES, 328, 332, 1 << 0 },
  };
  const struct xfs_filesystem *fs = &claiming->xfs->fs;
  uint8_t sector[XFS_SECTOR_MAX];
  bool damaged = false;
  errint_t err = 0;

  account_claim (claiming->claims,
                 (uint64_t) group * fs->group_blocks << fs->block_log,
                 4 * (uint64_t) fs->sector_size, ACCOUNT_SUPERBLOCK);
  for (size_t i = 0; i < sizeof trees / sizeof trees[0] && err == 0; ++i) {
    const struct tree *tree = &trees[i];

    if (tree->feature != 0 && (fs->ro_compat & tree->feature) == 0)
      continue;
    err = xfs_group_read (fs, group, tree->header, sector);
    if (err == 0)
      err = xfs_tree_walk (fs, group, tree->kind,
                           bytes_be32 (sector + tree->root),
                           bytes_be32 (sector + tree->levels),
                           claim_tree_block, claiming, &damaged);
    if (err == -EIO) {
      damaged = true;
      err = 0;
    }
  }
  claiming->claims->damaged |= damaged;
  return err;
}

static void
claim_chunks (const struct claiming *claiming)
{
  const struct xfs_filesystem *fs = &claiming->xfs->fs;
  const struct xfs_chunks *chunks = &claiming->xfs->chunks;

  for (size_t i = 0; i < chunks->count; ++i)
    for (unsigned j = 0; j < XFS_CHUNK_INODES; ++j)
      if (chunks->list[i].present >> j & 1)
        account_claim (claiming->claims,
                       xfs_inode_position (fs, chunks->list[i].first + j),
                       fs->inode_size, ACCOUNT_INODE_TABLE);
}

/* Does the base have a file of that number, and the same one? */
static bool
is_known (const struct claiming *claiming, const struct xfs_inode *inode)
{
  struct xfs_inode known;

  return claiming->base != NULL
    && xfs_inode_read (&claiming->base->fs, inode->number, &known) == 0
    && xfs_inode_mode (&known) != 0
    && bytes_be32 (known.raw + 92) == bytes_be32 (inode->raw + 92);
}

static enum account_class
class_of (const struct claiming *claiming, const struct xfs_inode *inode)
{
  const struct xfs_filesystem *fs = &claiming->xfs->fs;

  for (int i = 0; i < 3; ++i)
    if (fs->quota[i] == inode->number)
      return ACCOUNT_RESERVED;
  if (xfs_inode_type (inode) == ENTRY_DIRECTORY)
    return ACCOUNT_DIRECTORY;
  return is_known (claiming, inode) ? ACCOUNT_FILE_MODIFIED
    : ACCOUNT_FILE_ADDED;
}

static errint_t
claim_fork (struct claiming *claiming, const struct xfs_inode *inode,
            enum xfs_fork fork, enum account_class which)
{
  CLEANUP_XFS_EXTENTS struct xfs_extents list = { .list = NULL };
  errint_t err = xfs_extents_read (&claiming->xfs->fs, inode, fork, &list);

  if (err == -EIO) {
    claiming->claims->damaged = true;
    err = 0;
  }
  for (size_t i = 0; i < list.tree_count && err == 0; ++i)
    claim_blocks (claiming, list.tree[i], 1, ACCOUNT_BLOCK_LIST);
  for (size_t i = 0; i < list.count && err == 0; ++i)
    claim_blocks (claiming, list.list[i].block, list.list[i].count, which);
  return err;
}

static errint_t
claim_inode (void *opaque, const struct xfs_inode *inode)
{
  struct claiming *claiming = opaque;
  errint_t err = claim_fork (claiming, inode, XFS_FORK_ATTRIBUTES,
                             ACCOUNT_XATTR);

  return err < 0 ? err : claim_fork (claiming, inode, XFS_FORK_DATA,
                                     class_of (claiming, inode));
}

errint_t
xfs_claim (const struct reader *reader, const struct reader *base,
           struct account_claims *claims)
{
  struct claiming claiming = {
    .xfs = (const struct xfs_reader *) reader,
    .base = (const struct xfs_reader *) base,
    .claims = claims,
  };
  const struct xfs_filesystem *fs = &claiming.xfs->fs;
  bool incomplete = claiming.xfs->chunks.incomplete;
  errint_t err = 0;

  claim_blocks (&claiming, fs->log_block, fs->log_blocks, ACCOUNT_JOURNAL);
  for (uint32_t group = 0; group < fs->group_count && err == 0; ++group)
    err = claim_group (&claiming, group);
  claim_chunks (&claiming);
  if (err == 0)
    err = xfs_scan_inodes (fs, &claiming.xfs->chunks, claim_inode, &claiming,
                           &incomplete);
  claims->damaged |= incomplete;
  return err;
}
