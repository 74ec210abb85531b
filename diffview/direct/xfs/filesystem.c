/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reads the superblock, see xfs/filesystem.h.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "crc32c.h"
#include "xfs/filesystem.h"

#define MAGIC UINT32_C (0x58465342)     /* "XFSB" */
#define SUPERBLOCK_SIZE 512
#define SUPERBLOCK_CRC 224
#define NO_INODE UINT64_MAX

/* With the smallest groups that mkfs.xfs makes, 16 MiB, these are 2 TiB. */
#define GROUPS_MAX (1 << 17)

#define KNOWN_INCOMPAT                                                  \
  (XFS_INCOMPAT_FTYPE | XFS_INCOMPAT_SPARSE_INODES                      \
   | XFS_INCOMPAT_META_UUID | XFS_INCOMPAT_BIGTIME                      \
   | XFS_INCOMPAT_NEEDS_REPAIR | XFS_INCOMPAT_LARGE_EXTENT_COUNTS       \
   | XFS_INCOMPAT_EXCHANGE_RANGE | XFS_INCOMPAT_PARENT)
/* Free inode b-tree, reverse map, shared extents, block counts of inode
 * b-trees. */
#define KNOWN_RO_COMPAT 0xf

const struct xfs_header xfs_header_short_btree = {
  .crc = 52, .uuid = 32, .address = 16, .owner = 48, .short_owner = true,
};
const struct xfs_header xfs_header_long_btree = {
  .crc = 64, .uuid = 40, .address = 24, .owner = 56,
};
/* Blocks of directories that hold names. */
const struct xfs_header xfs_header_data = {
  .crc = 4, .uuid = 24, .address = 8, .owner = 40,
};
/* Nodes and leaves of directories and attributes. */
const struct xfs_header xfs_header_leaf = {
  .crc = 12, .uuid = 32, .address = 16, .owner = 48,
};
const struct xfs_header xfs_header_remote = {
  .crc = 12, .uuid = 16, .address = 40, .owner = 32,
};
const struct xfs_header xfs_header_symlink = {
  .crc = 12, .uuid = 16, .address = 40, .owner = 32,
};

bool
xfs_checksum_valid (const uint8_t *bytes, size_t length, size_t crc)
{
  static const uint8_t zeros[4];
  uint32_t sum = crc32c (UINT32_MAX, bytes, crc);

  sum = crc32c (sum, zeros, sizeof zeros);
  sum = crc32c (sum, bytes + crc + 4, length - crc - 4);
  return ~sum == bytes_le32 (bytes + crc);
}

uint32_t
xfs_group_length (const struct xfs_filesystem *fs, uint32_t group)
{
  return group + 1 < fs->group_count ? fs->group_blocks
    : (uint32_t) (fs->block_count - (uint64_t) group * fs->group_blocks);
}

uint64_t
xfs_linear_block (const struct xfs_filesystem *fs, uint64_t block,
                  uint64_t count)
{
  uint64_t group = block >> fs->group_block_log;
  uint64_t within = block & ((UINT64_C (1) << fs->group_block_log) - 1);

  if (group >= fs->group_count
      || within >= xfs_group_length (fs, (uint32_t) group)
      || count > xfs_group_length (fs, (uint32_t) group) - within)
    return UINT64_MAX;
  return group * fs->group_blocks + within;
}

bool
xfs_draw_list (const struct xfs_filesystem *fs)
{
  return fs->budget == NULL || budget_draw (&fs->budget->list_blocks, 1);
}

bool
xfs_draw_directory (const struct xfs_filesystem *fs)
{
  return fs->budget == NULL
    || budget_draw (&fs->budget->directory_blocks,
                    fs->directory_block_size >> fs->block_log);
}

bool
xfs_draw_xattr (const struct xfs_filesystem *fs, size_t bytes)
{
  return fs->budget == NULL || budget_draw (&fs->budget->xattr_bytes, bytes);
}

bool
xfs_header_matches (const struct xfs_filesystem *fs, const uint8_t *bytes,
                    size_t length, const struct xfs_header *header,
                    uint64_t block, uint64_t owner)
{
  uint64_t found = header->short_owner ? bytes_be32 (bytes + header->owner)
    : bytes_be64 (bytes + header->owner);

  /* Addresses are in sectors of 512 bytes. */
  return xfs_checksum_valid (bytes, length, header->crc)
    && memcmp (bytes + header->uuid, fs->uuid, XFS_UUID_SIZE) == 0
    && bytes_be64 (bytes + header->address) == block << (fs->block_log - 9)
    && found == owner;
}

errint_t
xfs_read_metadata (const struct xfs_filesystem *fs, uint64_t block,
                   const struct xfs_header *header, uint64_t owner,
                   void *buffer, size_t length)
{
  errint_t err = blocks_read (fs->blocks, fs->side, buffer, length,
                              block << fs->block_log);

  if (err < 0)
    return err;
  return xfs_header_matches (fs, buffer, length, header, block, owner)
    ? 0 : -EIO;
}

static const char *
check_features (const uint8_t *bytes, struct xfs_filesystem *fs)
{
  fs->ro_compat = bytes_be32 (bytes + 212);
  fs->incompat = bytes_be32 (bytes + 216);
  if ((bytes_be16 (bytes + 100) & 0xf) != 5)
    return "it is of a version of XFS before 5";
  if (fs->incompat & XFS_INCOMPAT_NEEDS_REPAIR)
    return "it is marked as in need of repair";
  if ((fs->incompat & ~(uint32_t) KNOWN_INCOMPAT) != 0
      || (fs->ro_compat & ~(uint32_t) KNOWN_RO_COMPAT) != 0)
    return "it has features of XFS that are not known here";
  if (!(fs->incompat & XFS_INCOMPAT_FTYPE))
    return "its directories do not hold types";
  if (bytes_be32 (bytes + 220) & ~UINT32_C (1))
    return "its log has features that are not known here";
  if (bytes_be64 (bytes + 16) != 0)
    return "it has a realtime device";
  return NULL;
}

/* Sizes and counts, which everything else is computed with. */
static const char *
check_geometry (const uint8_t *bytes, struct xfs_filesystem *fs)
{
  unsigned sector_log = bytes[121], inode_log = bytes[122];
  unsigned directory_log = bytes[192];

  fs->block_size = bytes_be32 (bytes + 4);
  fs->block_count = bytes_be64 (bytes + 8);
  fs->group_blocks = bytes_be32 (bytes + 84);
  fs->group_count = bytes_be32 (bytes + 88);
  fs->log_blocks = bytes_be32 (bytes + 96);
  fs->sector_size = bytes_be16 (bytes + 102);
  fs->inode_size = bytes_be16 (bytes + 104);
  fs->block_log = bytes[120];
  fs->inodes_per_block_log = bytes[123];
  fs->group_block_log = bytes[124];
  if (fs->block_log < 9 || fs->block_log > 16
      || fs->block_size != UINT32_C (1) << fs->block_log
      || sector_log < 9 || sector_log > 15 || sector_log > fs->block_log
      || fs->sector_size != UINT32_C (1) << sector_log
      || inode_log < 8 || inode_log > 11 || inode_log > fs->block_log
      || fs->inode_size != UINT32_C (1) << inode_log
      || fs->inodes_per_block_log != fs->block_log - inode_log
      || fs->inode_size < 512)
    return "the sizes in its superblock make no sense";
  if (directory_log > 16 || fs->block_log + directory_log > 16)
    return "its directory blocks are larger than 64 KiB";
  fs->directory_block_size = fs->block_size << directory_log;
  /* The smallest group that Linux knows has 64 blocks. */
  if (fs->group_blocks < 64 || fs->group_count == 0
      || fs->group_block_log > 31
      || fs->group_blocks > UINT32_C (1) << fs->group_block_log
      || (fs->group_block_log > 0
          && fs->group_blocks <= UINT32_C (1) << (fs->group_block_log - 1))
      || fs->block_count > (uint64_t) INT64_MAX >> fs->block_log
      || fs->block_count
         > (uint64_t) fs->group_count * fs->group_blocks
      || fs->block_count
         <= (uint64_t) (fs->group_count - 1) * fs->group_blocks)
    return "the counts in its superblock make no sense";
  if (fs->group_count > GROUPS_MAX)
    return "it has more allocation groups than are read here";
  if (fs->block_count << fs->block_log > blocks_length (fs->blocks, fs->side))
    return "it is larger than its volume";
  return NULL;
}

static const char *
check_log (const uint8_t *bytes, struct xfs_filesystem *fs)
{
  uint64_t start = bytes_be64 (bytes + 48);
  unsigned sector_log = bytes[193];

  fs->log_sector_size = sector_log == 0 ? 512 : bytes_be16 (bytes + 194);
  if (start == 0)
    return "its log is on another device";
  fs->log_block = xfs_linear_block (fs, start, fs->log_blocks);
  if (fs->log_block == UINT64_MAX || fs->log_blocks == 0
      || fs->log_sector_size < 512 || fs->log_sector_size > XFS_SECTOR_MAX
      || (fs->log_sector_size & (fs->log_sector_size - 1)) != 0)
    return "its log is not where it can be";
  return NULL;
}

static const char *
parse (const uint8_t *bytes, struct xfs_filesystem *fs)
{
  const char *reason = check_features (bytes, fs);

  if (reason == NULL)
    reason = check_geometry (bytes, fs);
  if (reason == NULL)
    reason = check_log (bytes, fs);
  memcpy (fs->uuid, bytes + (fs->incompat & XFS_INCOMPAT_META_UUID
                             ? 248 : 32), XFS_UUID_SIZE);
  memcpy (fs->user_uuid, bytes + 32, XFS_UUID_SIZE);
  fs->inode_alignment = bytes_be32 (bytes + 180);
  fs->root = bytes_be64 (bytes + 56);
  fs->quota[0] = bytes_be64 (bytes + 160);
  fs->quota[1] = bytes_be64 (bytes + 168);
  fs->quota[2] = bytes_be64 (bytes + 232);
  for (int i = 0; i < 3; ++i)
    if (fs->quota[i] == NO_INODE)
      fs->quota[i] = 0;
  return reason;
}

errint_t
xfs_filesystem_open (struct blocks *blocks, enum side side,
                     struct xfs_filesystem *fs, const char **reason)
{
  uint8_t bytes[XFS_SECTOR_MAX];
  uint32_t sector_size;
  errint_t err = blocks_read (blocks, side, bytes, SUPERBLOCK_SIZE, 0);

  if (err < 0)
    return err;
  *fs = (struct xfs_filesystem) { .blocks = blocks, .side = side };
  *reason = bytes_be32 (bytes) == MAGIC ? parse (bytes, fs)
    : "it has no superblock of XFS";
  if (*reason != NULL)
    return -ENOTSUP;
  sector_size = fs->sector_size;
  err = blocks_read (blocks, side, bytes, sector_size, 0);
  if (err == 0 && !xfs_checksum_valid (bytes, sector_size, SUPERBLOCK_CRC)) {
    *reason = "the checksum of its superblock is wrong";
    err = -ENOTSUP;
  }
  return err;
}
