/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One side's ext2/3/4 filesystem: what its superblock and group descriptors
 * say, checked.  Knows the format's geometry; must not know inodes' meaning.
 */
#ifndef DELTAFS_EXT_FILESYSTEM_H
#define DELTAFS_EXT_FILESYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "errint.h"
#include "format.h"

/* Limits of what this engine reads, so that memory stays bounded. */
#define FILESYSTEM_BLOCK_MAX 65536
#define FILESYSTEM_INODE_MAX 4096

struct ext_checksum_failures;

struct ext_filesystem {
  struct reader reader;         /* first: the two are converted; blocks of
                                 * 1,024 to 65,536 bytes */
  uint32_t cluster_blocks;      /* blocks in an allocation unit */
  uint32_t first_data_block;
  uint32_t blocks_per_group;
  uint32_t group_count;
  uint32_t inode_count;
  uint32_t inodes_per_group;
  uint32_t inode_size;          /* bytes, 128 to 4,096 */
  uint32_t first_inode;         /* the first that is not reserved */
  uint32_t descriptor_size;
  uint32_t compat, incompat, ro_compat; /* feature bits */
  uint32_t journal_inode;
  uint8_t uuid[16];
  uint32_t ext_checksum_seed;       /* what checksums of metadata begin with */
  bool made_by_linux;           /* else inodes have no checksums */
  /* For each group: first block of its inode table, and how many inodes at
   * its start can be in use as the descriptor says (0 to inodes_per_group; all,
   * where its checksum is wrong, which a kernel that only reads lets
   * pass). */
  uint64_t *inode_table;        /* owned */
  uint32_t *inodes_initialized; /* owned */
  struct ext_checksum_failures *failures;   /* owned, see checksum.h */
};

/* Reads the superblock of SIDE, replays the journal (in memory, over BLOCKS)
 * where it needs it, and reads the descriptors.  -ENOTSUP with *REASON (a
 * static string) for whatever this engine cannot read, damaged or unknown;
 * -EIO, with *REASON too; -ENOMEM.  Nothing is reported.  *FS is to be freed
 * with ext_filesystem_free. */
errint_t ext_filesystem_open (struct blocks *blocks, enum side side,
                              const char **reason, struct ext_filesystem **fs);
void ext_filesystem_free (struct ext_filesystem *fs);

/* The filesystem that is behind a reader of this format. */
static inline const struct ext_filesystem *
ext_filesystem_of (const struct reader *reader)
{
  return (const struct ext_filesystem *) reader;
}

DEFINE_CLEANUP (struct ext_filesystem *, ext_filesystem_free)

/* Is every block of the range one of the filesystem's? */
static inline bool
ext_filesystem_has_blocks (const struct ext_filesystem *fs,
                           uint64_t block, uint64_t count)
{
  return block >= fs->first_data_block && block < fs->reader.block_count &&
    count <= fs->reader.block_count - block;
}

/* Reads one block, which is checked, through the cache: -EIO, -ENOMEM. */
errint_t ext_filesystem_read_block (const struct ext_filesystem *fs,
                                    uint64_t block,
                                    void *buffer);

/* Do both sides store inodes at the same places and mean the same by them,
 * so that inode and block numbers of one can be compared with the other's? */
bool ext_filesystem_same_geometry (const struct ext_filesystem *base,
                                   const struct ext_filesystem *overlay);

static inline bool
ext_filesystem_has_incompat (const struct ext_filesystem *fs, uint32_t feature)
{
  return (fs->incompat & feature) != 0;
}

static inline bool
ext_filesystem_has_ro_compat (const struct ext_filesystem *fs,
                              uint32_t feature)
{
  return (fs->ro_compat & feature) != 0;
}

#endif
