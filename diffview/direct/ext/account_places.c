/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The blocks whose place the superblock and the group descriptors state
 * (Documentation/filesystems/ext4 of Linux, blockgroup.rst and special_inodes
 * .rst; ext2fs_super_and_bgd_loc2 of libext2fs).
 */
#include <config.h>

#include <stdlib.h>

#include <ext2fs/ext2fs.h>

#include "account_claims.h"
#include "ext/account_places.h"
#include "ext/ondisk.h"
#include "ext/superblock.h"

struct places {
  struct account_claims *side;
  const struct ext_filesystem *fs;
  uint8_t raw[SUPERBLOCK_SIZE];
  uint32_t in_block;            /* descriptors in a block */
  uint64_t table_blocks;        /* of an inode table */
};

#define SB16(places, member)                                    \
  ONDISK_LE16 ((places)->raw, struct ext2_super_block, member)
#define SB32(places, member)                                    \
  ONDISK_LE32 ((places)->raw, struct ext2_super_block, member)
#define GROUP32(raw, member) ONDISK_LE32 (raw, struct ext4_group_desc, member)

static void
claim (const struct places *places, uint64_t block, uint64_t count,
       enum account_class which)
{
  const uint32_t size = places->fs->reader.block_size;

  account_claim (places->side, block * size, count * size, which);
}

/* The same for a number that the disk states. */
static void
claim_stated (const struct places *places, uint64_t block, uint64_t count,
              enum account_class which)
{
  if (ext_filesystem_has_blocks (places->fs, block, count))
    claim (places, block, count, which);
  else
    places->side->damaged = true;
}

/* As much of COUNT blocks as there is. */
static void
claim_part (const struct places *places, uint64_t block, uint64_t count)
{
  const struct ext_filesystem *fs = places->fs;

  if (block >= fs->reader.block_count)
    return;
  if (count > fs->reader.block_count - block)
    count = fs->reader.block_count - block;
  claim (places, block, count, ACCOUNT_SUPERBLOCK);
}

/* A group's copies of the superblock and the descriptors. */
static void
claim_copies (const struct places *places, uint32_t group)
{
  const struct ext_filesystem *fs = places->fs;
  bool meta = ext_filesystem_has_incompat (fs, EXT2_FEATURE_INCOMPAT_META_BG);
  bool copy = ext_superblock_has_backup (fs, places->raw, group);
  uint64_t start = group == 0 ? SUPERBLOCK_OFFSET / fs->reader.block_size :
    fs->first_data_block + (uint64_t) group * fs->blocks_per_group;
  uint32_t index = group / places->in_block;
  uint32_t place = group % places->in_block;

  if (copy)
    claim_part (places, start, 1);
  if (meta && index >= SB32 (places, s_first_meta_bg)) {
    if (place <= 1 || place == places->in_block - 1)
      claim_part (places, start + copy, 1);
  } else if (copy) {
    uint64_t count = meta ? SB32 (places, s_first_meta_bg) :
      fs->group_count / places->in_block +
      (fs->group_count % places->in_block != 0) +
      SB16 (places, s_reserved_gdt_blocks);

    claim_part (places, start + 1, count);
  }
}

static void
claim_group (const struct places *places, uint32_t group, const uint8_t *raw)
{
  const struct ext_filesystem *fs = places->fs;
  uint64_t block_bitmap = GROUP32 (raw, bg_block_bitmap);
  uint64_t inode_bitmap = GROUP32 (raw, bg_inode_bitmap);

  if (fs->descriptor_size >= 64) {
    block_bitmap |= (uint64_t) GROUP32 (raw, bg_block_bitmap_hi) << 32;
    inode_bitmap |= (uint64_t) GROUP32 (raw, bg_inode_bitmap_hi) << 32;
  }
  claim_copies (places, group);
  claim_stated (places, block_bitmap, 1, ACCOUNT_BITMAP);
  claim_stated (places, inode_bitmap, 1, ACCOUNT_BITMAP);
  claim_stated (places, fs->inode_table[group], places->table_blocks,
                ACCOUNT_INODE_TABLE);
}

static errint_t
claim_groups (const struct places *places)
{
  const struct ext_filesystem *fs = places->fs;
  CLEANUP_FREE_BYTES uint8_t *block = malloc (fs->reader.block_size);

  if (block == NULL)
    return -ENOMEM;
  for (uint32_t group = 0; group < fs->group_count; ++group) {
    if (group % places->in_block == 0) {
      uint64_t number = ext_superblock_descriptor_block
        (fs, places->raw, group / places->in_block);
      errint_t err = ext_filesystem_read_block (fs, number, block);

      if (err == -ENOMEM)
        return err;
      if (err < 0) {
        places->side->damaged = true;
        return 0;
      }
    }
    claim_group (places, group,
                 block + group % places->in_block * fs->descriptor_size);
  }
  return 0;
}

errint_t
ext_account_claim_places (const struct ext_filesystem *fs,
                          struct account_claims *side)
{
  struct places places = {
    .side = side,
    .fs = fs,
    .in_block = fs->reader.block_size / fs->descriptor_size,
    .table_blocks = ((uint64_t) fs->inodes_per_group * fs->inode_size +
                     fs->reader.block_size - 1) / fs->reader.block_size,
  };
  errint_t err = blocks_read (fs->reader.blocks, fs->reader.side, places.raw,
                              sizeof places.raw, SUPERBLOCK_OFFSET);

  if (err == -ENOMEM)
    return err;
  if (err < 0) {
    side->damaged = true;
    return 0;
  }
  err = claim_groups (&places);
  if (ext_filesystem_has_incompat (fs, EXT4_FEATURE_INCOMPAT_MMP))
    claim_stated (&places, SB32 (&places, s_mmp_block), 1,
                  ACCOUNT_SUPERBLOCK);
  return err;
}
