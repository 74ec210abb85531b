/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Replays changes of inodes, and new ones (fs/xfs/xfs_inode_item_recover.c and
 * xfs_icreate_item.c of Linux).
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "xfs/inode.h"
#include "xfs/recovery_private.h"

#define MAGIC 0x494e
#define CRC 100
#define SEQUENCE 112
#define FORMAT_SIZE 56          /* of struct xfs_inode_log_format */
#define LONG_BLOCK_HEADER 72    /* of a root as it is in memory */
#define CREATE_SIZE 28
#define FLAG2_BIGTIME (UINT64_C (1) << 3)
#define CLUSTER_SIZE 8192       /* of inodes of 256 bytes */

/* What an inode's item logs beside its core. */
enum {
  FIELD_DATA = 0x002,
  FIELD_EXTENTS = 0x004,
  FIELD_ROOT = 0x008,
  FIELD_DEVICE = 0x010,
  FIELD_ATTRIBUTE_DATA = 0x040,
  FIELD_ATTRIBUTE_EXTENTS = 0x080,
  FIELD_ATTRIBUTE_ROOT = 0x100,
  FIELD_OWNERS = 0x600,         /* of all blocks of a fork's b-tree */
};
#define FIELDS_OF_DATA (FIELD_DATA | FIELD_EXTENTS | FIELD_ROOT)
#define FIELDS_OF_ATTRIBUTES                                            \
  (FIELD_ATTRIBUTE_DATA | FIELD_ATTRIBUTE_EXTENTS | FIELD_ATTRIBUTE_ROOT)

/* Copies SIZE bytes from little- to big-endian. */
static void
put_swapped (uint8_t *to, const uint8_t *from, size_t size)
{
  for (size_t i = 0; i < size; ++i)
    to[i] = from[size - 1 - i];
}

/* The core as it is logged, struct xfs_log_dinode, has every field where the disk
 * has it, in the byte order of the host. */
static void
put_core (uint8_t *raw, const uint8_t *logged, uint64_t sequence)
{
  static const struct {
    uint8_t offset, size;
  } fields[] = {
    { 0, 2 }, { 2, 2 }, { 4, 1 }, { 5, 1 }, { 8, 4 }, { 12, 4 }, { 16, 4 },
    { 20, 2 }, { 22, 2 }, { 56, 8 }, { 64, 8 }, { 72, 4 }, { 82, 1 },
    { 83, 1 }, { 84, 4 }, { 88, 2 }, { 90, 2 }, { 92, 4 }, { 104, 8 },
    { 120, 8 }, { 128, 4 }, { 152, 8 },
  };
  uint64_t flags = bytes_le64 (logged + 120);

  memset (raw + 6, 0, 2);
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; ++i)
    put_swapped (raw + fields[i].offset, logged + fields[i].offset,
                 fields[i].size);
  /* Times: one number, or two. */
  for (size_t at = 32; at <= 144; at = at == 48 ? 144 : at + 8)
    if (flags & FLAG2_BIGTIME)
      put_swapped (raw + at, logged + at, 8);
    else {
      put_swapped (raw + at, logged + at, 4);
      put_swapped (raw + at + 4, logged + at + 4, 4);
    }
  /* Counts of extents: 64 and 32 bits, or 32 and 16. */
  put_swapped (raw + 24, logged + 24, 8);
  put_swapped (raw + 76, logged + 76, 4);
  if (flags & (UINT64_C (1) << 4))
    memset (raw + 80, 0, 2);
  else
    put_swapped (raw + 80, logged + 80, 2);
  for (int i = 0; i < 8; ++i)
    raw[SEQUENCE + i] = (uint8_t) (sequence >> (56 - 8 * i));
  memset (raw + 132, 0, 12);
  memcpy (raw + 160, logged + 160, XFS_UUID_SIZE);
}

/* The root of a b-tree of extents is logged as it is in memory: a block with a whole
 * header (xfs_bmbt_to_bmdr). */
static bool
put_root (uint8_t *fork, uint32_t length, const struct xfs_region *region)
{
  uint32_t most = length < 4 ? 0 : (length - 4) / 16;
  uint32_t logged_most = region->length < LONG_BLOCK_HEADER ? 0
    : (region->length - LONG_BLOCK_HEADER) / 16;
  const uint8_t *bytes = region->bytes;
  uint32_t count;

  if (region->length < LONG_BLOCK_HEADER)
    return false;
  count = bytes_be16 (bytes + 6);
  if (count > most || count > logged_most)
    return false;
  memcpy (fork, bytes + 4, 4);
  memcpy (fork + 4, bytes + LONG_BLOCK_HEADER, (size_t) count * 8);
  memcpy (fork + 4 + (size_t) most * 8,
          bytes + LONG_BLOCK_HEADER + (size_t) logged_most * 8,
          (size_t) count * 8);
  return true;
}

static bool
put_fork (const struct xfs_filesystem *fs, struct xfs_inode *inode,
          enum xfs_fork which, bool is_root, const struct xfs_region *region)
{
  struct xfs_fork_bytes fork = xfs_inode_fork (fs, inode, which);
  uint8_t *bytes = inode->raw + (fork.bytes - inode->raw);

  if (is_root)
    return put_root (bytes, fork.length, region);
  if (region->length > fork.length)
    return false;
  memcpy (bytes, region->bytes, region->length);
  return true;
}

/* Changes the inode as the item says; false where that makes no sense. */
static bool
apply (const struct xfs_filesystem *fs, const struct xfs_item *item,
       uint64_t sequence, struct xfs_inode *inode)
{
  const uint8_t *format = item->regions[0].bytes;
  uint32_t fields = bytes_le32 (format + 4);
  unsigned next = 2;

  put_core (inode->raw, item->regions[1].bytes, sequence);
  if (fields & FIELD_DEVICE)
    put_swapped (inode->raw + XFS_INODE_CORE, format + 24, 4);
  if (fields & FIELDS_OF_DATA) {
    if (next >= item->count
        || !put_fork (fs, inode, XFS_FORK_DATA, (fields & FIELD_ROOT) != 0,
                      &item->regions[next++]))
      return false;
  }
  if (fields & FIELDS_OF_ATTRIBUTES) {
    if (next >= item->count
        || !put_fork (fs, inode, XFS_FORK_ATTRIBUTES,
                      (fields & FIELD_ATTRIBUTE_ROOT) != 0,
                      &item->regions[next++]))
      return false;
  }
  xfs_recover_put_checksum (inode->raw, fs->inode_size, CRC);
  return xfs_inode_valid (fs, inode);
}

errint_t
xfs_recover_inode (struct xfs_recovery *recovery,
                  const struct xfs_item *item, uint64_t sequence)
{
  const struct xfs_filesystem *fs = recovery->fs;
  const struct xfs_region *region = item->regions;
  uint32_t count = fs->inode_size / XFS_BASIC_BLOCK;
  uint8_t before[XFS_INODE_MAX];
  struct xfs_inode inode;
  uint64_t first, present;
  errint_t err;

  if (item->count < 2 || region[0].length != FORMAT_SIZE
      || region[1].length < XFS_INODE_CORE
      || bytes_le16 (region[1].bytes) != MAGIC)
    return xfs_recover_damaged (recovery);
  inode.number = bytes_le64 (region[0].bytes + 16);
  if (!xfs_inode_number_valid (fs, inode.number))
    return xfs_recover_damaged (recovery);
  if (xfs_recover_is_cancelled (recovery,
                               bytes_le64 (region[0].bytes + 40),
                               bytes_le32 (region[0].bytes + 48)))
    return 0;
  first = xfs_inode_position (fs, inode.number) / XFS_BASIC_BLOCK;
  err = xfs_sectors_read (&recovery->sectors, first, count, before);
  if (err < 0)
    return err;
  if (bytes_be16 (before) != MAGIC)
    return xfs_recover_damaged (recovery);
  if (bytes_le32 (region[0].bytes + 4) & FIELD_OWNERS) {
    *recovery->reason = "its log exchanges extents in an old way";
    return -ENOTSUP;
  }
  /* Several transactions may have one number: an equal one does not say that the
   * inode is newer. */
  present = bytes_be64 (before + SEQUENCE);
  if (present != 0 && present != UINT64_MAX && present > sequence)
    return 0;
  memcpy (inode.raw, before, fs->inode_size);
  if (!apply (fs, item, sequence, &inode))
    return xfs_recover_damaged (recovery);
  return xfs_sectors_write (&recovery->sectors, first, count, before,
                            inode.raw);
}

/* Blocks of one buffer of inodes. */
static uint32_t
cluster_blocks (const struct xfs_filesystem *fs)
{
  uint32_t size = CLUSTER_SIZE * (fs->inode_size / 256);
  uint32_t blocks = size >> fs->block_log;

  if (fs->inode_alignment < blocks)
    blocks = CLUSTER_SIZE >> fs->block_log;
  return blocks == 0 ? 1 : blocks;
}

/* An inode that has not been used yet (xfs_ialloc_inode_init). */
static void
make_free (const struct xfs_filesystem *fs, struct xfs_inode *inode,
           const uint8_t *generation)
{
  memset (inode->raw, 0, fs->inode_size);
  inode->raw[0] = MAGIC >> 8;
  inode->raw[1] = MAGIC & 0xff;
  inode->raw[4] = 3;
  memcpy (inode->raw + 92, generation, 4);
  memset (inode->raw + 96, 0xff, 4);
  for (int i = 0; i < 8; ++i)
    inode->raw[152 + i] = (uint8_t) (inode->number >> (56 - 8 * i));
  memcpy (inode->raw + 160, fs->uuid, XFS_UUID_SIZE);
  xfs_recover_put_checksum (inode->raw, fs->inode_size, CRC);
}

errint_t
xfs_recover_inode_create (struct xfs_recovery *recovery,
                         const struct xfs_item *item)
{
  const struct xfs_filesystem *fs = recovery->fs;
  const uint8_t *bytes = item->regions[0].bytes;
  uint32_t count = fs->inode_size / XFS_BASIC_BLOCK;
  uint32_t cluster = cluster_blocks (fs);
  uint32_t group, block, inodes, length;
  uint64_t linear;
  errint_t err = 0;

  if (item->regions[0].length < CREATE_SIZE)
    return xfs_recover_damaged (recovery);
  group = bytes_be32 (bytes + 4);
  block = bytes_be32 (bytes + 8);
  inodes = bytes_be32 (bytes + 12);
  length = bytes_be32 (bytes + 20);
  if (group >= fs->group_count || block >= xfs_group_length (fs, group)
      || length > xfs_group_length (fs, group) - block
      || bytes_be32 (bytes + 16) != fs->inode_size
      || inodes > 64 + XFS_BLOCK_MAX / 512
      || inodes != (uint64_t) length << fs->inodes_per_block_log)
    return xfs_recover_damaged (recovery);
  linear = (uint64_t) group * fs->group_blocks + block;
  for (uint32_t i = 0; i < length; i += cluster)
    if (xfs_recover_is_cancelled
        (recovery, (linear + i) << (fs->block_log - 9),
         cluster << (fs->block_log - 9)))
      return 0;
  for (uint32_t i = 0; i < inodes && err == 0; ++i) {
    struct xfs_inode inode = {
      .number = ((uint64_t) group << fs->group_block_log | block)
        << fs->inodes_per_block_log,
    };
    uint8_t before[XFS_INODE_MAX];
    uint64_t first;

    inode.number += i;
    first = xfs_inode_position (fs, inode.number) / XFS_BASIC_BLOCK;
    make_free (fs, &inode, bytes + 24);
    err = xfs_sectors_read (&recovery->sectors, first, count, before);
    if (err == 0)
      err = xfs_sectors_write (&recovery->sectors, first, count, before,
                               inode.raw);
  }
  return err;
}
