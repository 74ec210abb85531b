/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Places and checksums of ext2/3/4 (Documentation/filesystems/ext4 of Linux,
 * "Checksums" above all).
 */
#include <config.h>

#include <string.h>

#include "ext/ondisk.h"
#include "ext_bytes.h"

#define SUPERBLOCK 1024
#define DIRECTORY_MAX 64        /* blocks of a directory that are repaired */

enum {
  S_INODES = 0, S_FIRST_BLOCK = 20, S_LOG_BLOCK = 24, S_BLOCKS_PER_GROUP = 32,
  S_INODES_PER_GROUP = 40, S_MAGIC = 56, S_REVISION = 76, S_INODE_SIZE = 88,
  S_INCOMPAT = 96, S_RO_COMPAT = 100, S_UUID = 104, S_DESCRIPTOR_SIZE = 254,
  S_SEED = 624, S_CHECKSUM = 1020,
};

enum {
  I_MODE = 0, I_FLAGS = 32, I_BLOCK = 40, I_GENERATION = 100,
  I_XATTR_BLOCK = 104, I_CHECKSUM_LOW = 124, I_EXTRA = 128,
  I_CHECKSUM_HIGH = 130,
};

#define FLAG_EXTENTS 0x80000u
#define FLAG_INLINE 0x10000000u
#define EXTENT_MAGIC 0xf30a
#define XATTR_MAGIC 0xea020000u

static uint32_t
crc32c (uint32_t crc, const void *bytes, size_t length)
{
  const uint8_t *byte = bytes;

  for (; length > 0; --length) {
    crc ^= *byte++;
    for (int bit = 0; bit < 8; ++bit)
      crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
  }
  return crc;
}

static uint16_t
crc16 (uint16_t crc, const uint8_t *byte, size_t length)
{
  for (; length > 0; --length) {
    crc ^= *byte++;
    for (int bit = 0; bit < 8; ++bit)
      crc = (uint16_t) (crc >> 1 ^ (crc & 1 ? 0xa001u : 0));
  }
  return crc;
}

static uint32_t
crc32c_number (uint32_t crc, uint32_t number)
{
  uint8_t bytes[4];

  ondisk_put_le32 (bytes, number);
  return crc32c (crc, bytes, sizeof bytes);
}

bool
ext_bytes_open (struct ext_bytes *ext, uint8_t *bytes, size_t size)
{
  const uint8_t *super = bytes + SUPERBLOCK;
  uint32_t incompat, ro_compat;

  *ext = (struct ext_bytes) { .bytes = bytes, .size = size };
  if (size < 2 * SUPERBLOCK || ondisk_le16 (super + S_MAGIC) != 0xef53 ||
      ondisk_le32 (super + S_LOG_BLOCK) > 6)
    return false;
  incompat = ondisk_le32 (super + S_INCOMPAT);
  ro_compat = ondisk_le32 (super + S_RO_COMPAT);
  ext->block_size = 1024u << ondisk_le32 (super + S_LOG_BLOCK);
  ext->first_data_block = ondisk_le32 (super + S_FIRST_BLOCK);
  ext->blocks_per_group = ondisk_le32 (super + S_BLOCKS_PER_GROUP);
  ext->inodes_per_group = ondisk_le32 (super + S_INODES_PER_GROUP);
  ext->inode_count = ondisk_le32 (super + S_INODES);
  ext->inode_size = ondisk_le32 (super + S_REVISION) == 0 ? 128 :
    ondisk_le16 (super + S_INODE_SIZE);
  ext->wide = (incompat & 0x80) != 0;
  ext->descriptor_size = ext->wide ?
    ondisk_le16 (super + S_DESCRIPTOR_SIZE) : 32;
  ext->sums = (ro_compat & 0x400) != 0;
  ext->group_sums = (ro_compat & 0x10) != 0;
  ext->seed = incompat & 0x2000 ? ondisk_le32 (super + S_SEED) :
    crc32c (~0u, super + S_UUID, 16);
  if (ext->blocks_per_group == 0 || ext->inodes_per_group == 0 ||
      ext->inode_size < 128 || ext->inode_size > ext->block_size ||
      ext->descriptor_size < 32 || ext->descriptor_size > 1024)
    return false;
  ext->group_count = (uint32_t) (size / ext->block_size) /
    ext->blocks_per_group + 1;
  return true;
}

uint8_t *
ext_bytes_block (const struct ext_bytes *ext, uint64_t block)
{
  return block >= ext->size / ext->block_size ? NULL :
    ext->bytes + block * ext->block_size;
}

/* The descriptors that follow the superblock. */
static uint8_t *
descriptor (const struct ext_bytes *ext, uint32_t group)
{
  uint64_t at = (uint64_t) (SUPERBLOCK / ext->block_size + 1) *
    ext->block_size + (uint64_t) group * ext->descriptor_size;

  return at + ext->descriptor_size > ext->size ? NULL : ext->bytes + at;
}

uint8_t *
ext_bytes_inode (const struct ext_bytes *ext, uint32_t number)
{
  uint32_t group = (number - 1) / ext->inodes_per_group;
  uint32_t index = (number - 1) % ext->inodes_per_group;
  const uint8_t *raw;
  uint64_t at;

  if (number == 0 || group >= ext->group_count ||
      (raw = descriptor (ext, group)) == NULL)
    return NULL;
  at = (uint64_t) ondisk_le32 (raw + 8) * ext->block_size +
    (uint64_t) index * ext->inode_size;
  return at > ext->size || ext->inode_size > ext->size - at ? NULL :
    ext->bytes + at;
}

/* In a node of an extent tree, one level down. */
static uint64_t
map_node (const struct ext_bytes *ext, const uint8_t *node, size_t length,
          uint32_t logical, unsigned levels)
{
  unsigned entries = ondisk_le16 (node + 2);
  unsigned depth = ondisk_le16 (node + 6);
  const uint8_t *found = NULL, *child;

  if (ondisk_le16 (node) != EXTENT_MAGIC || depth != levels ||
      entries > (length - 12) / 12)
    return 0;
  for (unsigned i = 1; i <= entries; ++i)
    if (ondisk_le32 (node + 12 * (size_t) i) <= logical)
      found = node + 12 * (size_t) i;
  if (found == NULL)
    return 0;
  if (depth == 0)
    return logical - ondisk_le32 (found) < (ondisk_le16 (found + 4) & 0x7fff) ?
      ondisk_le32 (found + 8) + (logical - ondisk_le32 (found)) : 0;
  child = ext_bytes_block (ext, ondisk_le32 (found + 4));
  /* One step: the tree is not deeper here. */
  return child == NULL || depth != 1 ? 0 :
    map_node (ext, child, ext->block_size, logical, 0);
}

uint64_t
ext_bytes_map (const struct ext_bytes *ext, const uint8_t *inode,
               uint32_t logical)
{
  uint32_t flags = ondisk_le32 (inode + I_FLAGS);

  if (flags & FLAG_INLINE)
    return 0;
  if (flags & FLAG_EXTENTS)
    return map_node (ext, inode + I_BLOCK, 60, logical,
                     ondisk_le16 (inode + I_BLOCK + 6) > 0);
  return logical < 12 ? ondisk_le32 (inode + I_BLOCK + 4 * logical) : 0;
}

static void
repair_directory_block (const struct ext_bytes *ext, uint8_t *block,
                        uint32_t seed)
{
  uint32_t size = ext->block_size;
  uint8_t *tail = block + size - 12;
  bool root = ondisk_le16 (block + 4) == 12 &&
    ondisk_le16 (block + 16) == size - 12 && block[29] == 8;
  bool node = ondisk_le32 (block) == 0 && ondisk_le16 (block + 4) == size;

  if (tail[7] == 0xde && ondisk_le16 (tail + 4) == 12)
    ondisk_put_le32 (tail + 8, crc32c (seed, block, size - 12));
  else if (root || node) {
    size_t start = root ? 32 : 8;
    size_t limit = ondisk_le16 (block + start);
    size_t count = ondisk_le16 (block + start + 2);
    uint32_t sum;

    if (count > limit || start + 8 * limit + 8 > size)
      return;
    sum = crc32c (seed, block, start + 8 * count);
    sum = crc32c (sum, block + start + 8 * limit, 4);
    ondisk_put_le32 (block + start + 8 * limit + 4, crc32c_number (sum, 0));
  }
}

/* The extent blocks of an inode, one level down. */
static void
repair_extents (const struct ext_bytes *ext, const uint8_t *inode,
                uint32_t seed)
{
  const uint8_t *root = inode + I_BLOCK;
  unsigned entries = ondisk_le16 (root + 2);

  if (!(ondisk_le32 (inode + I_FLAGS) & FLAG_EXTENTS) ||
      ondisk_le16 (root) != EXTENT_MAGIC || ondisk_le16 (root + 6) == 0)
    return;
  for (unsigned i = 1; i <= entries && i <= 4; ++i) {
    uint8_t *block = ext_bytes_block (ext, ondisk_le32 (root + 12 * i + 4));
    size_t end = block == NULL ? 0 :
      12 + 12 * (size_t) ondisk_le16 (block + 4);

    if (end > 0 && end + 4 <= ext->block_size)
      ondisk_put_le32 (block + end, crc32c (seed, block, end));
  }
}

static void
repair_xattrs (const struct ext_bytes *ext, const uint8_t *inode)
{
  uint32_t number = ondisk_le32 (inode + I_XATTR_BLOCK);
  uint8_t *block = number == 0 ? NULL : ext_bytes_block (ext, number);
  uint32_t sum;

  if (block == NULL || ondisk_le32 (block) != XATTR_MAGIC)
    return;
  ondisk_put_le32 (block + 16, 0);
  sum = crc32c_number (crc32c_number (ext->seed, number), 0);
  ondisk_put_le32 (block + 16, crc32c (sum, block, ext->block_size));
}

static void
repair_inode (const struct ext_bytes *ext, uint32_t number, uint8_t *inode)
{
  uint32_t seed = crc32c (crc32c_number (ext->seed, number),
                          inode + I_GENERATION, 4);
  bool high = ext->inode_size > 128 && ondisk_le16 (inode + I_EXTRA) >= 4;
  uint32_t sum;

  if ((ondisk_le16 (inode + I_MODE) & 0xf000) == 0x4000)
    for (uint32_t i = 0; i < DIRECTORY_MAX; ++i) {
      uint64_t number_of = ext_bytes_map (ext, inode, i);
      uint8_t *block = number_of == 0 ? NULL :
        ext_bytes_block (ext, number_of);

      if (block == NULL)
        break;
      repair_directory_block (ext, block, seed);
    }
  repair_extents (ext, inode, seed);
  repair_xattrs (ext, inode);
  ondisk_put_le16 (inode + I_CHECKSUM_LOW, 0);
  if (high)
    ondisk_put_le16 (inode + I_CHECKSUM_HIGH, 0);
  sum = crc32c (seed, inode, ext->inode_size);
  ondisk_put_le16 (inode + I_CHECKSUM_LOW, (uint16_t) sum);
  if (high)
    ondisk_put_le16 (inode + I_CHECKSUM_HIGH, (uint16_t) (sum >> 16));
}

static void
repair_descriptor (const struct ext_bytes *ext, uint32_t group)
{
  uint8_t *raw = descriptor (ext, group);
  uint8_t number[4];
  uint32_t sum;

  if (raw == NULL)
    return;
  ondisk_put_le32 (number, group);
  ondisk_put_le16 (raw + 30, 0);
  if (ext->sums)
    sum = crc32c (crc32c (ext->seed, number, 4), raw, ext->descriptor_size);
  else {
    sum = crc16 (0xffff, ext->bytes + SUPERBLOCK + S_UUID, 16);
    sum = crc16 ((uint16_t) sum, number, 4);
    sum = crc16 ((uint16_t) sum, raw, 30);
    if (ext->descriptor_size > 32)
      sum = crc16 ((uint16_t) sum, raw + 32, ext->descriptor_size - 32);
  }
  ondisk_put_le16 (raw + 30, (uint16_t) sum);
}

void
ext_bytes_repair (struct ext_bytes *ext)
{
  uint8_t *super = ext->bytes + SUPERBLOCK;

  if (!ext->sums && !ext->group_sums)
    return;
  if (ext->sums)
    for (uint32_t i = 1; i <= ext->inode_count && i <= 4096; ++i) {
      uint8_t *inode = ext_bytes_inode (ext, i);

      if (inode != NULL && ondisk_le16 (inode + I_MODE) != 0)
        repair_inode (ext, i, inode);
    }
  for (uint32_t i = 0; i < ext->group_count; ++i)
    repair_descriptor (ext, i);
  if (ext->sums)
    ondisk_put_le32 (super + S_CHECKSUM, crc32c (~0u, super, S_CHECKSUM));
}
