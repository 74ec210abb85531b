/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Finding inodes and their fields (Documentation/filesystems/ext4 of Linux,
 * inodes.rst).
 */
#include <config.h>

#include <string.h>
#include <sys/stat.h>

#include <ext2fs/ext2fs.h>

#include "entry.h"
#include "ext/checksum.h"
#include "ext/inode.h"
#include "ext/ondisk.h"

#define SMALL_INODE 128

#define INODE16(inode, member)                                  \
  ONDISK_LE16 ((inode)->raw, struct ext2_inode_large, member)
#define INODE32(inode, member)                                  \
  ONDISK_LE32 ((inode)->raw, struct ext2_inode_large, member)

bool
ext_inode_number_valid (const struct ext_filesystem *fs, uint64_t number)
{
  return number == INODE_ROOT ||
    (number >= fs->first_inode && number <= fs->inode_count);
}

uint64_t
ext_inode_position (const struct ext_filesystem *fs, uint32_t number)
{
  uint32_t group = (number - 1) / fs->inodes_per_group;
  uint32_t index = (number - 1) % fs->inodes_per_group;

  return fs->inode_table[group] * fs->reader.block_size +
    (uint64_t) index * fs->inode_size;
}

errint_t
ext_inode_read_raw (const struct ext_filesystem *fs, uint32_t number,
                    struct ext_inode *inode)
{
  if (number == 0 || number > fs->inode_count)
    return -EINVAL;
  inode->number = number;
  inode->length = fs->inode_size;
  return blocks_read (fs->reader.blocks, fs->reader.side, inode->raw,
                      fs->inode_size,
                      ext_inode_position (fs, number));
}

errint_t
ext_inode_read (const struct ext_filesystem *fs, uint32_t number,
                struct ext_inode *inode)
{
  errint_t err = ext_inode_read_raw (fs, number, inode);

  return err == 0 && !ext_checksum_inode_valid (fs, inode) ? -EIO : err;
}

uint16_t
ext_inode_mode (const struct ext_inode *inode)
{
  return INODE16 (inode, i_mode);
}

uint32_t
ext_inode_flags (const struct ext_inode *inode)
{
  return INODE32 (inode, i_flags);
}

bool
ext_inode_in_use (const struct ext_inode *inode)
{
  return INODE16 (inode, i_links_count) != 0 &&
    entry_type_of_mode (ext_inode_mode (inode)) != ENTRY_UNKNOWN;
}

uint64_t
ext_inode_size (const struct ext_filesystem *fs, const struct ext_inode *inode)
{
  uint64_t size = INODE32 (inode, i_size);
  bool large = S_ISREG (ext_inode_mode (inode)) ||
    (S_ISDIR (ext_inode_mode (inode)) &&
     ext_filesystem_has_incompat (fs, EXT4_FEATURE_INCOMPAT_LARGEDIR));

  if (large)
    size |= (uint64_t) INODE32 (inode, i_size_high) << 32;
  return size;
}

uint64_t
ext_inode_xattr_block (const struct ext_filesystem *fs,
                       const struct ext_inode *inode)
{
  uint64_t block = INODE32 (inode, i_file_acl);

  if (ext_filesystem_has_incompat (fs, EXT4_FEATURE_INCOMPAT_64BIT))
    block |= (uint64_t) INODE16 (inode, osd2.linux2.l_i_file_acl_high) << 32;
  return block;
}

const uint8_t *
ext_inode_block_bytes (const struct ext_inode *inode)
{
  return inode->raw + offsetof (struct ext2_inode_large, i_block);
}

int
ext_inode_extra_end (const struct ext_inode *inode)
{
  uint32_t extra;

  if (inode->length <= SMALL_INODE)
    return SMALL_INODE;
  extra = INODE16 (inode, i_extra_isize);
  if (extra > inode->length - SMALL_INODE || extra % 4 != 0)
    return -EIO;
  return (int) (SMALL_INODE + extra);
}

/* Sets to zero what does not count. */
static void
clear_unimportant (uint8_t *raw, uint32_t length)
{
  uint32_t end = SMALL_INODE;

  memset (raw + offsetof (struct ext2_inode_large, i_atime), 0, 4);
  memset (raw + offsetof (struct ext2_inode_large,
                          osd2.linux2.l_i_checksum_lo), 0, 2);
  if (length > SMALL_INODE)
    end += ONDISK_LE16 (raw, struct ext2_inode_large, i_extra_isize);
  if (end <= length &&
      end >= offsetof (struct ext2_inode_large, i_atime_extra) + 4) {
    memset (raw + offsetof (struct ext2_inode_large, i_atime_extra), 0, 4);
    memset (raw + offsetof (struct ext2_inode_large, i_checksum_hi), 0, 2);
  }
}

bool
ext_inode_raw_equal (const uint8_t *a, const uint8_t *b, uint32_t length)
{
  uint8_t x[FILESYSTEM_INODE_MAX], y[FILESYSTEM_INODE_MAX];

  if (memcmp (a, b, length) == 0)
    return true;
  memcpy (x, a, length);
  memcpy (y, b, length);
  clear_unimportant (x, length);
  clear_unimportant (y, length);
  return memcmp (x, y, length) == 0;
}
