/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whose is each block: one scan of the inode tables.  Bitmaps are not asked:
 * a block that no inode refers to is free.
 */
#include <config.h>

#include <ext2fs/ext2fs.h>

#include "account_claims.h"
#include "ext/account_places.h"
#include "ext/inode_tables.h"
#include "ext/mapping.h"
#include "ext/ondisk.h"
#include "ext/superblock.h"

struct inode_claims {
  struct account_claims *side;
  const struct ext_filesystem *fs;
  const struct ext_filesystem *base;
  uint32_t orphan_file, project_quota;  /* inodes; 0: none */
  /* Blocks of block lists that may still be read: an honest filesystem has
   * not more of them than blocks. */
  uint64_t list_budget;
};

/* When the inode was made; 0 where it has no place for that. */
static uint64_t
made_at (const struct ext_inode *inode)
{
  int end = ext_inode_extra_end (inode);
  const int place = offsetof (struct ext2_inode_large, i_crtime);
  uint64_t seconds;

  if (end < place + 8)
    return 0;
  seconds = ONDISK_LE32 (inode->raw, struct ext2_inode_large, i_crtime);
  return seconds << 32 |
    ONDISK_LE32 (inode->raw, struct ext2_inode_large, i_crtime_extra);
}

/* Has the base the same inode, not only the same number? */
static bool
base_has (const struct inode_claims *claims, const struct ext_inode *inode)
{
  const struct ext_filesystem *base = claims->base;
  struct ext_inode other;

  if (base == NULL || ext_inode_read_raw (base, inode->number, &other) < 0 ||
      !ext_inode_in_use (&other))
    return false;
  return entry_type_of_mode (ext_inode_mode (&other)) ==
    entry_type_of_mode (ext_inode_mode (inode)) &&
    ONDISK_LE32 (other.raw, struct ext2_inode_large, i_generation) ==
    ONDISK_LE32 (inode->raw, struct ext2_inode_large, i_generation) &&
    made_at (&other) == made_at (inode);
}

static enum account_class
class_of (const struct inode_claims *claims, const struct ext_inode *inode)
{
  uint32_t number = inode->number;

  if (number == claims->fs->journal_inode)
    return ACCOUNT_JOURNAL;
  if (number == EXT2_RESIZE_INO)
    return ACCOUNT_SUPERBLOCK;
  if (!ext_inode_number_valid (claims->fs, number) ||
      number == claims->orphan_file || number == claims->project_quota)
    return ACCOUNT_RESERVED;
  if (ext_inode_flags (inode) & EXT4_EA_INODE_FL)
    return ACCOUNT_XATTR;
  if (entry_type_of_mode (ext_inode_mode (inode)) == ENTRY_DIRECTORY)
    return ACCOUNT_DIRECTORY;
  return base_has (claims, inode) ? ACCOUNT_FILE_MODIFIED :
    ACCOUNT_FILE_ADDED;
}

static void
claim_mapping (struct inode_claims *claims, const struct ext_inode *inode,
               const struct ext_mapping *mapping)
{
  struct account_claims *side = claims->side;
  const uint32_t size = claims->fs->reader.block_size;
  enum account_class which = ACCOUNT_CLASSES;   /* not known yet */

  for (size_t i = 0; i < mapping->tree_count; ++i)
    account_claim (side, mapping->tree[i] * size, size,
                   inode->number == EXT2_RESIZE_INO ? ACCOUNT_SUPERBLOCK :
                   ACCOUNT_BLOCK_LIST);
  for (size_t i = 0; i < mapping->runs.count; ++i) {
    const struct run *run = &mapping->runs.list[i];

    if (!account_concerns (side, run->position, run->length))
      continue;
    if (which == ACCOUNT_CLASSES)
      which = class_of (claims, inode);
    account_claim (side, run->position, run->length, which);
  }
}

static errint_t
claim_inode (void *opaque, const struct ext_inode *inode)
{
  struct inode_claims *claims = opaque;
  CLEANUP_MAPPING struct ext_mapping mapping = { .tree = NULL };
  uint64_t xattrs;
  errint_t err;

  if (!ext_inode_in_use (inode) || claims->list_budget == 0)
    return 0;
  xattrs = ext_inode_xattr_block (claims->fs, inode);
  if (xattrs != 0 && ext_filesystem_has_blocks (claims->fs, xattrs, 1))
    account_claim (claims->side, xattrs * claims->fs->reader.block_size,
                   claims->fs->reader.block_size, ACCOUNT_XATTR);
  else if (xattrs != 0)
    claims->side->damaged = true;
  if (!ext_mapping_applies (inode))
    return 0;
  err = ext_mapping_read (claims->fs, inode, &mapping);
  if (err == -ENOMEM)
    return err;
  if (err < 0)
    claims->side->damaged = true;
  claim_mapping (claims, inode, &mapping);
  if (mapping.tree_count < claims->list_budget)
    claims->list_budget -= mapping.tree_count;
  else {
    claims->list_budget = 0;
    claims->side->damaged = true;
  }
  return 0;
}

/* Can the tables all have blocks of their own? */
static bool
tables_are_possible (const struct ext_filesystem *fs)
{
  uint64_t blocks = ((uint64_t) fs->inodes_per_group * fs->inode_size +
                     fs->reader.block_size - 1) / fs->reader.block_size;

  return blocks * fs->group_count <= fs->reader.block_count;
}

errint_t
ext_account_claim_inodes (const struct ext_filesystem *fs,
                          const struct ext_filesystem *base,
                          struct account_claims *side)
{
  struct inode_claims claims = {
    .side = side, .fs = fs, .base = base, .list_budget = fs->reader.block_count,
  };
  uint8_t raw[SUPERBLOCK_SIZE];
  errint_t err = blocks_read (fs->reader.blocks, fs->reader.side, raw,
                              sizeof raw,
                              SUPERBLOCK_OFFSET);

  if (err == -ENOMEM)
    return err;
  if (err < 0 || !tables_are_possible (fs)) {
    side->damaged = true;
    return 0;
  }
  if (fs->compat & EXT4_FEATURE_COMPAT_ORPHAN_FILE)
    claims.orphan_file =
      ONDISK_LE32 (raw, struct ext2_super_block, s_orphan_file_inum);
  if (fs->ro_compat & EXT4_FEATURE_RO_COMPAT_PROJECT)
    claims.project_quota =
      ONDISK_LE32 (raw, struct ext2_super_block, s_prj_quota_inum);
  return ext_inode_tables_visit (fs, claim_inode, &claims, &side->damaged);
}
