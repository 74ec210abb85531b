/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One side's XFS filesystem: what its superblock says, checked, and its
 * blocks.  Knows the format's geometry; must not know inodes' meaning.
 *
 * Source of this room: "XFS Algorithms & Data Structures", 3rd edition
 * (xfs-documentation), and for what is newer fs/xfs/libxfs/xfs_format.h of
 * Linux.  Numbers on the disk are big-endian, but checksums, which are
 * little-endian.
 */
#ifndef DELTAFS_XFS_FILESYSTEM_H
#define DELTAFS_XFS_FILESYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blocks.h"
#include "budget.h"
#include "cleanup.h"
#include "entry.h"
#include "errint.h"

#define XFS_BLOCK_MAX 65536
#define XFS_SECTOR_MAX 32768
#define XFS_INODE_MAX 2048
#define XFS_UUID_SIZE 16

/* Bits of the superblock's feature fields that matter here. */
enum {
  XFS_INCOMPAT_FTYPE = 1 << 0,
  XFS_INCOMPAT_SPARSE_INODES = 1 << 1,
  XFS_INCOMPAT_META_UUID = 1 << 2,
  XFS_INCOMPAT_BIGTIME = 1 << 3,
  XFS_INCOMPAT_NEEDS_REPAIR = 1 << 4,
  XFS_INCOMPAT_LARGE_EXTENT_COUNTS = 1 << 5,
  XFS_INCOMPAT_EXCHANGE_RANGE = 1 << 6,
  XFS_INCOMPAT_PARENT = 1 << 7,
};

struct xfs_edits;

struct xfs_filesystem {
  struct blocks *blocks;        /* borrowed */
  struct budget *budget;        /* borrowed, or NULL */
  enum side side;
  uint32_t block_size;          /* bytes, 512 to 65,536 */
  uint32_t sector_size;         /* bytes, 512 to 32,768 */
  uint32_t inode_size;          /* bytes, 256 to 2,048 */
  uint32_t directory_block_size;        /* bytes, a multiple of a block's */
  unsigned block_log, inodes_per_block_log, group_block_log;
  uint32_t group_blocks;        /* blocks in an allocation group */
  uint32_t group_count;
  uint64_t block_count;         /* of the data device */
  uint64_t root;                /* inode number */
  uint64_t quota[3];            /* inodes of quota, or 0 */
  uint64_t log_block;           /* linear number of the log's first block */
  uint32_t log_blocks;
  uint32_t log_sector_size;
  uint32_t ro_compat, incompat;
  uint32_t inode_alignment;     /* blocks, of inode chunks; 0: none */
  const struct xfs_edits *edits;        /* borrowed, or NULL */
  uint8_t uuid[XFS_UUID_SIZE];  /* as in all metadata */
  uint8_t user_uuid[XFS_UUID_SIZE];     /* as users know it, and the log */
};

/* Reads and checks the superblock of SIDE, as the disk has it or, after the
 * log was replayed over BLOCKS, as the kernel would find it.  -ENOTSUP with
 * *REASON (a static string) for what cannot be read here; -EIO, -ENOMEM,
 * -EREMOTEIO.  Nothing is reported.  BLOCKS is borrowed. */
errint_t xfs_filesystem_open (struct blocks *blocks, enum side side,
                              struct xfs_filesystem *fs,
                              const char **reason);

/* The linear number of filesystem block BLOCK, which has the number of its
 * group above that within the group; UINT64_MAX where COUNT blocks from
 * there on are not all in the group. */
uint64_t xfs_linear_block (const struct xfs_filesystem *fs, uint64_t block,
                           uint64_t count);

/* Blocks of group GROUP: the last one has fewer. */
uint32_t xfs_group_length (const struct xfs_filesystem *fs, uint32_t group);

/* The kinds of metadata blocks by where their headers have what describes the
 * block itself: offsets of bytes. */
struct xfs_header {
  uint8_t crc, uuid, address, owner;
  bool short_owner;             /* 32 bits, not 64 */
};

extern const struct xfs_header xfs_header_short_btree, xfs_header_long_btree,
  xfs_header_data, xfs_header_leaf, xfs_header_remote, xfs_header_symlink;

/* Is the header of LENGTH bytes of metadata, which lie at linear block BLOCK, as
 * the kernel wants it: checksum, UUID, place, and owner OWNER? */
bool xfs_header_matches (const struct xfs_filesystem *fs,
                         const uint8_t *bytes, size_t length,
                         const struct xfs_header *header, uint64_t block,
                         uint64_t owner);

/* Reads LENGTH bytes of metadata at linear block BLOCK through the cache and checks
 * their header.  -EIO for what the kernel would refuse, -ENOMEM,
 * -EREMOTEIO. */
errint_t xfs_read_metadata (const struct xfs_filesystem *fs, uint64_t block,
                            const struct xfs_header *header, uint64_t owner,
                            void *buffer, size_t length);

/* Takes a block of a list, a block of a directory, or bytes of xattrs from the
 * budget; false when it is spent. */
bool xfs_draw_list (const struct xfs_filesystem *fs);
bool xfs_draw_directory (const struct xfs_filesystem *fs);
bool xfs_draw_xattr (const struct xfs_filesystem *fs, size_t bytes);

/* Is the checksum at offset CRC of LENGTH bytes right? */
bool xfs_checksum_valid (const uint8_t *bytes, size_t length, size_t crc);

#endif
