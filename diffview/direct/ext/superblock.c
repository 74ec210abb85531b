/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Superblock and group descriptors, every number checked before it is used
 * (format: Documentation/filesystems/ext4 of Linux, super.rst and
 * group_descr.rst).
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <ext2fs/ext2fs.h>

#include "ext/checksum.h"
#include "ext/ondisk.h"
#include "ext/superblock.h"

/* Descriptors of more groups than this (128 TiB in blocks of 4 KiB) are not
 * kept in memory. */
#define GROUPS_MAX (1u << 20)

#define COMPAT_KNOWN                                                    \
  (EXT2_FEATURE_COMPAT_DIR_PREALLOC | EXT2_FEATURE_COMPAT_IMAGIC_INODES | \
   EXT3_FEATURE_COMPAT_HAS_JOURNAL | EXT2_FEATURE_COMPAT_EXT_ATTR |     \
   EXT2_FEATURE_COMPAT_RESIZE_INODE | EXT2_FEATURE_COMPAT_DIR_INDEX |   \
   EXT2_FEATURE_COMPAT_LAZY_BG | EXT4_FEATURE_COMPAT_SPARSE_SUPER2 |    \
   EXT4_FEATURE_COMPAT_FAST_COMMIT | EXT4_FEATURE_COMPAT_STABLE_INODES | \
   EXT4_FEATURE_COMPAT_ORPHAN_FILE)

#define INCOMPAT_KNOWN                                                  \
  (EXT2_FEATURE_INCOMPAT_FILETYPE | EXT3_FEATURE_INCOMPAT_RECOVER |     \
   EXT2_FEATURE_INCOMPAT_META_BG | EXT3_FEATURE_INCOMPAT_EXTENTS |      \
   EXT4_FEATURE_INCOMPAT_64BIT | EXT4_FEATURE_INCOMPAT_MMP |            \
   EXT4_FEATURE_INCOMPAT_FLEX_BG | EXT4_FEATURE_INCOMPAT_EA_INODE |     \
   EXT4_FEATURE_INCOMPAT_CSUM_SEED | EXT4_FEATURE_INCOMPAT_LARGEDIR |   \
   EXT4_FEATURE_INCOMPAT_INLINE_DATA | EXT4_FEATURE_INCOMPAT_CASEFOLD)

#define RO_COMPAT_KNOWN                                                 \
  (EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER |                                \
   EXT2_FEATURE_RO_COMPAT_LARGE_FILE |                                  \
   0x0004 /* hashed directories of old, never used */ |                 \
   EXT4_FEATURE_RO_COMPAT_HUGE_FILE | EXT4_FEATURE_RO_COMPAT_GDT_CSUM | \
   EXT4_FEATURE_RO_COMPAT_DIR_NLINK |                                   \
   EXT4_FEATURE_RO_COMPAT_EXTRA_ISIZE | EXT4_FEATURE_RO_COMPAT_QUOTA |  \
   EXT4_FEATURE_RO_COMPAT_BIGALLOC |                                    \
   EXT4_FEATURE_RO_COMPAT_METADATA_CSUM |                               \
   EXT4_FEATURE_RO_COMPAT_READONLY | EXT4_FEATURE_RO_COMPAT_PROJECT |   \
   EXT4_FEATURE_RO_COMPAT_SHARED_BLOCKS |                               \
   EXT4_FEATURE_RO_COMPAT_VERITY |                                      \
   EXT4_FEATURE_RO_COMPAT_ORPHAN_PRESENT)

#define SB16(member) ONDISK_LE16 (raw, struct ext2_super_block, member)
#define SB32(member) ONDISK_LE32 (raw, struct ext2_super_block, member)

static errint_t
refuse (const char **reason, const char *why)
{
  *reason = why;
  return -ENOTSUP;
}

static errint_t
check_features (struct ext_filesystem *fs, const uint8_t *raw,
                const char **reason)
{
  if (SB32 (s_rev_level) == EXT2_GOOD_OLD_REV) {
    fs->compat = fs->incompat = fs->ro_compat = 0;
    return 0;
  }
  fs->compat = SB32 (s_feature_compat);
  fs->incompat = SB32 (s_feature_incompat);
  fs->ro_compat = SB32 (s_feature_ro_compat);
  if (fs->incompat & EXT4_FEATURE_INCOMPAT_ENCRYPT)
    return refuse (reason, "it can hold encrypted directories");
  if (fs->incompat & EXT3_FEATURE_INCOMPAT_JOURNAL_DEV)
    return refuse (reason, "it is an external journal");
  if ((fs->compat & ~COMPAT_KNOWN) || (fs->incompat & ~INCOMPAT_KNOWN) ||
      (fs->ro_compat & ~RO_COMPAT_KNOWN))
    return refuse (reason, "it has features that are not known here");
  return 0;
}

/* Sizes of blocks, clusters, inodes and descriptors. */
static errint_t
read_sizes (struct ext_filesystem *fs, const uint8_t *raw, const char **reason)
{
  uint32_t log_block = SB32 (s_log_block_size);
  uint32_t log_cluster = SB32 (s_log_cluster_size);

  if (log_block > 6)
    return refuse (reason, "its block size is out of range");
  fs->reader.block_size = 1024u << log_block;
  fs->cluster_blocks = 1;
  if (ext_filesystem_has_ro_compat (fs, EXT4_FEATURE_RO_COMPAT_BIGALLOC)) {
    if (log_cluster < log_block || log_cluster - log_block > 16)
      return refuse (reason, "its cluster size is out of range");
    fs->cluster_blocks = 1u << (log_cluster - log_block);
  }
  fs->inode_size = 128;
  fs->first_inode = EXT2_GOOD_OLD_FIRST_INO;
  if (SB32 (s_rev_level) != EXT2_GOOD_OLD_REV) {
    fs->inode_size = SB16 (s_inode_size);
    fs->first_inode = SB32 (s_first_ino);
  }
  if (fs->inode_size < 128 || fs->inode_size > FILESYSTEM_INODE_MAX ||
      fs->inode_size > fs->reader.block_size ||
      (fs->inode_size & (fs->inode_size - 1)) != 0)
    return refuse (reason, "its inode size is out of range");
  fs->descriptor_size = 32;
  if (ext_filesystem_has_incompat (fs, EXT4_FEATURE_INCOMPAT_64BIT)) {
    fs->descriptor_size = SB16 (s_desc_size);
    if (fs->descriptor_size < 64 || fs->descriptor_size > 1024 ||
        (fs->descriptor_size & (fs->descriptor_size - 1)) != 0)
      return refuse (reason, "its descriptor size is out of range");
  }
  return 0;
}

static errint_t
read_counts (struct ext_filesystem *fs, const uint8_t *raw,
             const char **reason)
{
  uint64_t groups;

  fs->reader.block_count = SB32 (s_blocks_count);
  if (ext_filesystem_has_incompat (fs, EXT4_FEATURE_INCOMPAT_64BIT))
    fs->reader.block_count |= (uint64_t) SB32 (s_blocks_count_hi) << 32;
  fs->first_data_block = SB32 (s_first_data_block);
  fs->blocks_per_group = SB32 (s_blocks_per_group);
  fs->inode_count = SB32 (s_inodes_count);
  fs->inodes_per_group = SB32 (s_inodes_per_group);
  if (fs->first_data_block >= fs->reader.block_count ||
      fs->first_data_block > 1 ||
      fs->reader.block_count > UINT64_MAX / FILESYSTEM_BLOCK_MAX)
    return refuse (reason, "its number of blocks is out of range");
  if (fs->reader.block_count * fs->reader.block_size >
      blocks_length (fs->reader.blocks, fs->reader.side))
    return refuse (reason, "it is larger than its partition");
  if (fs->blocks_per_group == 0 ||
      fs->blocks_per_group > (uint64_t) fs->reader.block_size * 8 *
      fs->cluster_blocks)
    return refuse (reason, "its group size is out of range");
  if (fs->inodes_per_group == 0 ||
      fs->inodes_per_group > fs->reader.block_size * 8)
    return refuse (reason, "its number of inodes is out of range");
  groups = (fs->reader.block_count - fs->first_data_block +
            fs->blocks_per_group - 1) / fs->blocks_per_group;
  if (groups > GROUPS_MAX)
    return refuse (reason, "it is too large");
  fs->group_count = (uint32_t) groups;
  if (fs->inode_count < EXT2_ROOT_INO ||
      fs->inode_count > groups * fs->inodes_per_group)
    return refuse (reason, "its number of inodes is out of range");
  return 0;
}

errint_t
ext_superblock_read (struct ext_filesystem *fs, const char **reason)
{
  uint8_t raw[SUPERBLOCK_SIZE];
  errint_t err = blocks_read (fs->reader.blocks, fs->reader.side, raw,
                              sizeof raw,
                              SUPERBLOCK_OFFSET);

  if (err < 0) {
    *reason = "its superblock cannot be read";
    return err;
  }
  if (SB16 (s_magic) != EXT2_SUPER_MAGIC ||
      SB32 (s_rev_level) > EXT2_DYNAMIC_REV)
    return refuse (reason, "its superblock is not one of ext2, 3 or 4");
  if (SB32 (s_creator_os) == EXT2_OS_HURD)
    return refuse (reason, "it was made for the Hurd");
  err = check_features (fs, raw, reason);
  if (err == 0 && !ext_checksum_superblock_valid (fs, raw))
    err = refuse (reason, "its superblock's checksum is wrong");
  if (err == 0)
    err = read_sizes (fs, raw, reason);
  if (err == 0)
    err = read_counts (fs, raw, reason);
  if (err < 0)
    return err;
  memcpy (fs->uuid, raw + offsetof (struct ext2_super_block, s_uuid),
          sizeof fs->uuid);
  fs->ext_checksum_seed = ext_checksum_seed (fs, raw);
  fs->made_by_linux = SB32 (s_creator_os) == EXT2_OS_LINUX;
  fs->journal_inode = 0;
  if (fs->compat & EXT3_FEATURE_COMPAT_HAS_JOURNAL)
    fs->journal_inode = SB32 (s_journal_inum);
  return 0;
}

bool
ext_superblock_has_backup (const struct ext_filesystem *fs, const uint8_t *raw,
                           uint64_t group)
{
  static const unsigned bases[] = { 3, 5, 7 };

  if (group == 0)
    return true;
  if (fs->compat & EXT4_FEATURE_COMPAT_SPARSE_SUPER2)
    return group == SB32 (s_backup_bgs[0]) || group == SB32 (s_backup_bgs[1]);
  if (group == 1 || !ext_filesystem_has_ro_compat
      (fs, EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER))
    return true;
  for (size_t i = 0; i < sizeof bases / sizeof bases[0]; ++i) {
    uint64_t power = bases[i];

    while (power < group)
      power *= bases[i];
    if (power == group)
      return true;
  }
  return false;
}

uint64_t
ext_superblock_descriptor_block (const struct ext_filesystem *fs,
                                 const uint8_t *raw,
                                 uint32_t index)
{
  uint64_t group, block;
  uint64_t first = SUPERBLOCK_OFFSET / fs->reader.block_size; /* superblock's */

  if (!ext_filesystem_has_incompat (fs, EXT2_FEATURE_INCOMPAT_META_BG) ||
      index < SB32 (s_first_meta_bg))
    return first + 1 + index;
  group = (uint64_t) index * (fs->reader.block_size / fs->descriptor_size);
  block = fs->first_data_block + group * fs->blocks_per_group;
  if (group == 0)
    return first + 1;
  return block + ext_superblock_has_backup (fs, raw, group);
}

static errint_t
read_descriptor (struct ext_filesystem *fs, uint32_t group, const uint8_t *raw,
                 const char **reason)
{
  bool large = fs->descriptor_size >= 64;
  uint64_t table = ONDISK_LE32 (raw, struct ext4_group_desc, bg_inode_table);
  uint64_t blocks = ((uint64_t) fs->inodes_per_group * fs->inode_size +
                     fs->reader.block_size - 1) / fs->reader.block_size;
  uint32_t unused =
    ONDISK_LE16 (raw, struct ext4_group_desc, bg_itable_unused);
  uint16_t flags = ONDISK_LE16 (raw, struct ext4_group_desc, bg_flags);

  if (large) {
    table |= (uint64_t) ONDISK_LE32 (raw, struct ext4_group_desc,
                                     bg_inode_table_hi) << 32;
    unused |= (uint32_t) ONDISK_LE16 (raw, struct ext4_group_desc,
                                      bg_itable_unused_hi) << 16;
  }
  if (!ext_filesystem_has_blocks (fs, table, blocks))
    return refuse (reason, "its group descriptors are damaged");
  fs->inode_table[group] = table;
  fs->inodes_initialized[group] = fs->inodes_per_group;
  if (ext_filesystem_has_ro_compat (fs, EXT4_FEATURE_RO_COMPAT_GDT_CSUM |
                                    EXT4_FEATURE_RO_COMPAT_METADATA_CSUM) &&
      ext_checksum_descriptor_valid (fs, group, raw)) {
    if (flags & EXT2_BG_INODE_UNINIT)
      fs->inodes_initialized[group] = 0;
    else if (unused <= fs->inodes_per_group)
      fs->inodes_initialized[group] -= unused;
  }
  return 0;
}

errint_t
ext_superblock_read_groups (struct ext_filesystem *fs, const char **reason)
{
  uint8_t raw[SUPERBLOCK_SIZE];
  CLEANUP_FREE_BYTES uint8_t *block = malloc (fs->reader.block_size);
  uint32_t in_block = fs->reader.block_size / fs->descriptor_size;
  errint_t err = blocks_read (fs->reader.blocks, fs->reader.side, raw,
                              sizeof raw,
                              SUPERBLOCK_OFFSET);

  free (fs->inode_table);
  free (fs->inodes_initialized);
  fs->inode_table = calloc (fs->group_count, sizeof *fs->inode_table);
  fs->inodes_initialized =
    calloc (fs->group_count, sizeof *fs->inodes_initialized);
  if (block == NULL || fs->inode_table == NULL ||
      fs->inodes_initialized == NULL)
    return -ENOMEM;
  for (uint32_t group = 0; group < fs->group_count && err == 0; ++group) {
    if (group % in_block == 0) {
      err = ext_filesystem_read_block
        (fs, ext_superblock_descriptor_block (fs, raw, group / in_block),
         block);
      if (err == -EIO)
        *reason = "its group descriptors cannot be read";
    }
    if (err == 0)
      err = read_descriptor (fs, group, block +
                             group % in_block * fs->descriptor_size, reason);
  }
  return err;
}
