/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reads inodes, see xfs/inode.h (struct xfs_dinode of xfs_format.h).
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "xfs/inode.h"

#define MAGIC 0x494e            /* "IN" */
#define CRC 100
#define FLAG_REALTIME 0x0001
#define FLAG2_REFLINK (UINT64_C (1) << 1)
#define FLAG2_COPY_HINT (UINT64_C (1) << 2)
#define FLAG2_BIGTIME (UINT64_C (1) << 3)
#define FLAG2_LARGE_COUNTS (UINT64_C (1) << 4)
#define RO_COMPAT_REFLINK 0x4

static uint64_t
number_within_group (const struct xfs_filesystem *fs, uint64_t number)
{
  return number & ((UINT64_C (1) << (fs->group_block_log
                                     + fs->inodes_per_block_log)) - 1);
}

bool
xfs_inode_number_valid (const struct xfs_filesystem *fs, uint64_t number)
{
  uint64_t group
    = number >> (fs->group_block_log + fs->inodes_per_block_log);
  uint64_t block = number_within_group (fs, number)
    >> fs->inodes_per_block_log;

  return number != 0 && group < fs->group_count
    && block < xfs_group_length (fs, (uint32_t) group);
}

uint64_t
xfs_inode_position (const struct xfs_filesystem *fs, uint64_t number)
{
  uint64_t group
    = number >> (fs->group_block_log + fs->inodes_per_block_log);

  return (group * fs->group_blocks << fs->block_log)
    + number_within_group (fs, number) * fs->inode_size;
}

uint16_t
xfs_inode_mode (const struct xfs_inode *inode)
{
  return bytes_be16 (inode->raw + 2);
}

uint32_t
xfs_inode_links (const struct xfs_inode *inode)
{
  return bytes_be32 (inode->raw + 16);
}

uint64_t
xfs_inode_size (const struct xfs_inode *inode)
{
  return bytes_be64 (inode->raw + 56);
}

enum entry_type
xfs_inode_type (const struct xfs_inode *inode)
{
  return entry_type_of_mode (xfs_inode_mode (inode));
}

static uint64_t
extent_count (const struct xfs_inode *inode, enum xfs_fork fork)
{
  const uint8_t *raw = inode->raw;
  bool large = (bytes_be64 (raw + 120) & FLAG2_LARGE_COUNTS) != 0;

  if (fork == XFS_FORK_DATA)
    return large ? bytes_be64 (raw + 24) : bytes_be32 (raw + 76);
  return large ? bytes_be32 (raw + 76) : bytes_be16 (raw + 80);
}

struct xfs_fork_bytes
xfs_inode_fork (const struct xfs_filesystem *fs,
                const struct xfs_inode *inode, enum xfs_fork fork)
{
  uint32_t room = fs->inode_size - XFS_INODE_CORE;
  uint32_t offset = (uint32_t) inode->raw[82] * 8;
  struct xfs_fork_bytes result = {
    .bytes = inode->raw + XFS_INODE_CORE,
    .format = fork == XFS_FORK_DATA ? inode->raw[5] : inode->raw[83],
    .extents = extent_count (inode, fork),
  };

  /* An offset of 0: there are no attributes. */
  if (offset >= room)
    offset = 0;
  if (fork == XFS_FORK_DATA)
    result.length = offset == 0 ? room : offset;
  else {
    result.length = offset == 0 ? 0 : room - offset;
    result.bytes += offset;
  }
  return result;
}

/* Can a fork be as it says?  (xfs_dinode_verify_fork) */
static bool
fork_valid (const struct xfs_filesystem *fs, const struct xfs_inode *inode,
            enum xfs_fork which)
{
  struct xfs_fork_bytes fork = xfs_inode_fork (fs, inode, which);
  enum entry_type type = xfs_inode_type (inode);

  switch (fork.format) {
  case XFS_FORK_LOCAL:
    return fork.extents == 0
      && (which == XFS_FORK_ATTRIBUTES
          || (type != ENTRY_FILE && xfs_inode_size (inode) <= fork.length));
  case XFS_FORK_EXTENTS:
    return fork.extents <= fork.length / 16;
  case XFS_FORK_BTREE:
    return fork.length >= 4;
  default:
    return false;
  }
}

/* Do counts and flags go together, and with the filesystem's features? */
static bool
flags_valid (const struct xfs_filesystem *fs, const struct xfs_inode *inode)
{
  const uint8_t *raw = inode->raw;
  uint64_t flags2 = bytes_be64 (raw + 120);
  uint64_t data = extent_count (inode, XFS_FORK_DATA);
  uint64_t attributes = extent_count (inode, XFS_FORK_ATTRIBUTES);
  uint64_t blocks = bytes_be64 (raw + 64);
  enum entry_type type = xfs_inode_type (inode);

  if ((flags2 & FLAG2_LARGE_COUNTS) != 0
      ? !(fs->incompat & XFS_INCOMPAT_LARGE_EXTENT_COUNTS)
        || bytes_be16 (raw + 80) != 0
      : bytes_be64 (raw + 24) != 0)
    return false;
  if (data > blocks || attributes > blocks - data
      || (raw[82] == 0 && attributes != 0)
      || (bytes_be16 (raw + 90) & FLAG_REALTIME) != 0)
    return false;
  if ((type == ENTRY_DIRECTORY || type == ENTRY_SYMLINK)
      && xfs_inode_size (inode) == 0 && xfs_inode_links (inode) != 0)
    return false;
  if ((flags2 & FLAG2_BIGTIME) != 0
      && !(fs->incompat & XFS_INCOMPAT_BIGTIME))
    return false;
  return (flags2 & (FLAG2_REFLINK | FLAG2_COPY_HINT)) == 0
    || ((fs->ro_compat & RO_COMPAT_REFLINK) != 0
        && ((flags2 & FLAG2_REFLINK) == 0 || type == ENTRY_FILE));
}

bool
xfs_inode_valid (const struct xfs_filesystem *fs,
                 const struct xfs_inode *inode)
{
  const uint8_t *raw = inode->raw;
  uint32_t room = fs->inode_size - XFS_INODE_CORE;

  if (bytes_be16 (raw) != MAGIC || raw[4] != 3
      || !xfs_checksum_valid (raw, fs->inode_size, CRC)
      || bytes_be64 (raw + 152) != inode->number
      || memcmp (raw + 160, fs->uuid, XFS_UUID_SIZE) != 0
      || xfs_inode_size (inode) > INT64_MAX)
    return false;
  if (xfs_inode_mode (inode) == 0)
    return true;
  if ((uint32_t) raw[82] * 8 >= room || !flags_valid (fs, inode))
    return false;
  switch (xfs_inode_type (inode)) {
  case ENTRY_UNKNOWN:
    return false;
  case ENTRY_FILE:
  case ENTRY_DIRECTORY:
  case ENTRY_SYMLINK:
    if (!fork_valid (fs, inode, XFS_FORK_DATA))
      return false;
    break;
  default:
    if (raw[5] != XFS_FORK_DEVICE || raw[82] > 1)
      return false;
  }
  return raw[82] == 0 || fork_valid (fs, inode, XFS_FORK_ATTRIBUTES);
}

errint_t
xfs_inode_read (const struct xfs_filesystem *fs, uint64_t number,
                struct xfs_inode *inode)
{
  errint_t err;

  if (!xfs_inode_number_valid (fs, number))
    return -EIO;
  inode->number = number;
  err = blocks_read (fs->blocks, fs->side, inode->raw, fs->inode_size,
                     xfs_inode_position (fs, number));
  return err == 0 && !xfs_inode_valid (fs, inode) ? -EIO : err;
}
