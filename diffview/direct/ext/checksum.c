/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * CRC32C over each kind of metadata block, see checksum.h.  libext2fs has
 * verifiers of its own, but they want the filesystem opened by the library,
 * and read from it.
 */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <ext2fs/ext2fs.h>
#include <ext2fs/ext3_extents.h>

#include "ext/checksum.h"
#include "crc32c.h"
#include "ext/directory.h"
#include "ext/ondisk.h"
#include "number_set.h"

#define CRC32C_TYPE 1
#define SMALL_INODE 128

#define TAIL_SIZE 12            /* of a block of names: looks like an entry */
#define TAIL_MARK 0xde00        /* its name's length and type */
#define ROOT_LIMIT 32           /* where limit and count are in the root of a
                                 * hash tree, and in its other nodes */
#define NODE_LIMIT 8
#define HASH_ENTRY 8
#define HASH_TAIL 8

struct ext_checksum_failures {
  pthread_mutex_t lock;
  struct number_set inodes;
};

struct ext_checksum_failures *
ext_checksum_failures_new (void)
{
  struct ext_checksum_failures *failures = calloc (1, sizeof *failures);

  if (failures != NULL)
    pthread_mutex_init (&failures->lock, NULL);
  return failures;
}

void
ext_checksum_failures_free (struct ext_checksum_failures *failures)
{
  number_set_clear (&failures->inodes);
  pthread_mutex_destroy (&failures->lock);
  free (failures);
}

bool
ext_checksum_has_failed (const struct ext_filesystem *fs, uint64_t number)
{
  bool failed;

  pthread_mutex_lock (&fs->failures->lock);
  failed = number_set_has (&fs->failures->inodes, number);
  pthread_mutex_unlock (&fs->failures->lock);
  return failed;
}

/* Without memory a message says less, no more. */
static bool
note (const struct ext_filesystem *fs, const struct ext_inode *inode,
      bool valid)
{
  if (valid)
    return true;
  pthread_mutex_lock (&fs->failures->lock);
  number_set_add (&fs->failures->inodes, inode->number, NULL);
  pthread_mutex_unlock (&fs->failures->lock);
  return false;
}

static bool
has_checksums (const struct ext_filesystem *fs)
{
  return ext_filesystem_has_ro_compat (fs,
                                       EXT4_FEATURE_RO_COMPAT_METADATA_CSUM);
}

static uint32_t
add (uint32_t sum, const uint8_t *bytes, size_t length)
{
  return length == 0 ? sum : crc32c (sum, bytes, length);
}

/* LENGTH bytes, as if those of the checksum at PLACE were zeros. */
static uint32_t
add_around (uint32_t sum, const uint8_t *bytes, size_t length, size_t place,
            size_t size)
{
  static const uint8_t zeros[4];

  sum = add (sum, bytes, place);
  sum = add (sum, zeros, size);
  return add (sum, bytes + place + size, length - place - size);
}

static uint32_t
add_le32 (uint32_t sum, uint32_t number)
{
  uint8_t bytes[4];

  ondisk_put_le32 (bytes, number);
  return add (sum, bytes, sizeof bytes);
}

bool
ext_checksum_superblock_valid (const struct ext_filesystem *fs,
                               const uint8_t *raw)
{
  const size_t place = offsetof (struct ext2_super_block, s_checksum);

  return !has_checksums (fs) ||
    (raw[offsetof (struct ext2_super_block, s_checksum_type)] ==
     CRC32C_TYPE && add (~0U, raw, place) == ondisk_le32 (raw + place));
}

uint32_t
ext_checksum_seed (const struct ext_filesystem *fs, const uint8_t *raw)
{
  if (ext_filesystem_has_incompat (fs, EXT4_FEATURE_INCOMPAT_CSUM_SEED))
    return ONDISK_LE32 (raw, struct ext2_super_block, s_checksum_seed);
  return add (~0U, raw + offsetof (struct ext2_super_block, s_uuid), 16);
}

bool
ext_checksum_descriptor_valid (const struct ext_filesystem *fs, uint32_t group,
                               const uint8_t *raw)
{
  const size_t place = offsetof (struct ext4_group_desc, bg_checksum);
  uint32_t sum = add_le32 (fs->ext_checksum_seed, group);

  return !has_checksums (fs) ||
    (add_around (sum, raw, fs->descriptor_size, place, 2) & 0xffff) ==
    ondisk_le16 (raw + place);
}

/* What the checksums of an inode's own blocks begin with. */
static uint32_t
seed_of (const struct ext_filesystem *fs, const struct ext_inode *inode)
{
  uint32_t sum = add_le32 (fs->ext_checksum_seed, inode->number);

  return add (sum, inode->raw +
              offsetof (struct ext2_inode_large, i_generation), 4);
}

bool
ext_checksum_inode_valid (const struct ext_filesystem *fs,
                          const struct ext_inode *inode)
{
  const size_t low = offsetof (struct ext2_inode_large,
                               osd2.linux2.l_i_checksum_lo);
  const size_t high = offsetof (struct ext2_inode_large, i_checksum_hi);
  uint32_t stated = ondisk_le16 (inode->raw + low), mask = 0xffff, sum;

  /* Only Linux' inodes have them. */
  if (!has_checksums (fs) || !fs->made_by_linux)
    return true;
  sum = add_around (seed_of (fs, inode), inode->raw, SMALL_INODE, low, 2);
  if (inode->length > SMALL_INODE) {
    const uint8_t *rest = inode->raw + SMALL_INODE;
    size_t length = inode->length - SMALL_INODE;

    if (ONDISK_LE16 (inode->raw, struct ext2_inode_large, i_extra_isize) >=
        high + 2 - SMALL_INODE) {
      sum = add_around (sum, rest, length, high - SMALL_INODE, 2);
      stated |= (uint32_t) ondisk_le16 (inode->raw + high) << 16;
      mask = ~0U;
    } else
      sum = add (sum, rest, length);
  }
  return note (fs, inode, (sum & mask) == stated);
}

bool
ext_checksum_extents_valid (const struct ext_filesystem *fs,
                            const struct ext_inode *inode,
                            const uint8_t *block)
{
  size_t most = ONDISK_LE16 (block, struct ext3_extent_header, eh_max);
  size_t place = sizeof (struct ext3_extent_header) +
    most * sizeof (struct ext3_extent);

  if (!has_checksums (fs))
    return true;
  return note (fs, inode, place + 4 <= fs->reader.block_size &&
               add (seed_of (fs, inode), block, place) ==
               ondisk_le32 (block + place));
}

/* The tail of a block of names. */
static bool
names_valid (const struct ext_filesystem *fs, const struct ext_inode *inode,
             const uint8_t *block)
{
  size_t length = fs->reader.block_size - TAIL_SIZE;
  const uint8_t *tail = block + length;

  return ondisk_le32 (tail) == 0 && ondisk_le16 (tail + 4) == TAIL_SIZE &&
    ondisk_le16 (tail + 6) == TAIL_MARK &&
    add (seed_of (fs, inode), block, length) == ondisk_le32 (tail + 8);
}

/* A node of a hash tree has room for LIMIT entries, then a tail. */
static bool
node_valid (const struct ext_filesystem *fs, const struct ext_inode *inode,
            const uint8_t *block, size_t place)
{
  size_t limit = ondisk_le16 (block + place);
  size_t count = ondisk_le16 (block + place + 2);
  size_t tail = place + limit * HASH_ENTRY;
  uint32_t sum;

  if (tail + HASH_TAIL > fs->reader.block_size || count > limit)
    return false;
  sum = add (seed_of (fs, inode), block, place + count * HASH_ENTRY);
  sum = add_around (sum, block + tail, HASH_TAIL, HASH_TAIL - 4, 4);
  return sum == ondisk_le32 (block + tail + HASH_TAIL - 4);
}

/* Is it a directory with a hash tree, in its first block the root? */
static bool
is_indexed (const struct ext_filesystem *fs, const struct ext_inode *inode)
{
  return (fs->compat & EXT2_FEATURE_COMPAT_DIR_INDEX) != 0 &&
    (ext_inode_flags (inode) & EXT2_INDEX_FL) != 0;
}

bool
ext_checksum_directory_valid (const struct ext_filesystem *fs,
                              const struct ext_inode *inode,
                              const uint8_t *block, uint64_t logical)
{
  bool valid;

  if (!has_checksums (fs))
    return true;
  if (!is_indexed (fs, inode))
    valid = names_valid (fs, inode, block);
  else if (logical == 0)
    valid = node_valid (fs, inode, block, ROOT_LIMIT);
  else if (ext_directory_record_length (fs, block) != fs->reader.block_size)
    valid = names_valid (fs, inode, block);
  else
    /* Either an inner node, or a block of names that is empty and from before
     * there were checksums: the kernel does not know which, and lets the
     * latter pass. */
    valid = node_valid (fs, inode, block, NODE_LIMIT) ||
      ondisk_le16 (block + NODE_LIMIT) == 0;
  return note (fs, inode, valid);
}

bool
ext_checksum_xattrs_valid (const struct ext_filesystem *fs,
                           const struct ext_inode *inode, uint64_t number,
                           const uint8_t *block)
{
  const size_t place = offsetof (struct ext2_ext_attr_header, h_checksum);
  uint32_t sum;

  if (!has_checksums (fs))
    return true;
  sum = add_le32 (fs->ext_checksum_seed, (uint32_t) number);
  sum = add_le32 (sum, (uint32_t) (number >> 32));
  sum = add_around (sum, block, fs->reader.block_size, place, 4);
  return note (fs, inode, sum == ondisk_le32 (block + place));
}
