/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The journal's superblock and blocks, see journal_log.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <ext2fs/ext2fs.h>

#include "crc32c.h"
#include "ext/journal_log.h"
#include "ext/ondisk.h"

#define MAGIC 0xc03b3998u
#define SUPER_SIZE 1024
/* A journal of 16 GiB in blocks of 4 KiB; mke2fs makes at most 10 GiB. */
#define LENGTH_MAX (1u << 22)
#define FAST_COMMIT_DEFAULT 256

/* Offsets in the superblock. */
enum {
  SUPER_TYPE = 4,
  SUPER_BLOCK_SIZE = 12,
  SUPER_LENGTH = 16,
  SUPER_FIRST = 20,
  SUPER_SEQUENCE = 24,
  SUPER_START = 28,
  SUPER_COMPAT = 36,
  SUPER_INCOMPAT = 40,
  SUPER_UUID = 48,
  SUPER_FAST_BLOCKS = 84,
  SUPER_CHECKSUM = 252,
};

#define COMMIT_CHECKSUM 16      /* offset in a commit block */

static errint_t
refuse (const char **reason, const char *why)
{
  *reason = why;
  return -ENOTSUP;
}

static errint_t
find_blocks (struct ext_journal_log *log, const char **reason)
{
  const struct ext_filesystem *fs = log->fs;
  struct ext_inode inode;
  errint_t err;

  if (fs->journal_inode == 0)
    return refuse (reason, "its journal is on another device");
  err = ext_inode_read (fs, fs->journal_inode, &inode);
  if (err == 0 && (ext_inode_mode (&inode) & S_IFMT) != S_IFREG)
    err = -EIO;
  if (err == 0)
    err = ext_mapping_read (fs, &inode, &log->mapping);
  if (err == -EIO || err == -EINVAL)
    return refuse (reason, "its journal's inode is damaged");
  return err;
}

static errint_t
read_features (struct ext_journal_log *log, uint8_t *super,
               const char **reason)
{
  uint32_t stated = ondisk_be32 (super + SUPER_CHECKSUM);

  if (ondisk_be32 (super + SUPER_TYPE) == JOURNAL_SUPER_V1)
    return 0;
  log->compat = ondisk_be32 (super + SUPER_COMPAT);
  log->incompat = ondisk_be32 (super + SUPER_INCOMPAT);
  if ((log->incompat & ~(uint32_t) 0x3f) != 0)
    return refuse (reason, "its journal has features that are not known here");
  if ((log->incompat & JOURNAL_INCOMPAT_CSUM_V2) &&
      (log->incompat & JOURNAL_INCOMPAT_CSUM_V3))
    return refuse (reason, "its journal's superblock is damaged");
  if (!ext_journal_log_checksums (log))
    return 0;
  memset (super + SUPER_CHECKSUM, 0, 4);
  if (crc32c (~0U, super, SUPER_SIZE) != stated)
    return refuse (reason, "its journal's checksum is wrong");
  log->seed = crc32c (~0U, super + SUPER_UUID, 16);
  return 0;
}

static errint_t
read_super (struct ext_journal_log *log, uint8_t *super, const char **reason)
{
  uint32_t type = ondisk_be32 (super + SUPER_TYPE);
  errint_t err;

  if (ondisk_be32 (super) != MAGIC ||
      (type != JOURNAL_SUPER_V1 && type != JOURNAL_SUPER_V2) ||
      ondisk_be32 (super + SUPER_BLOCK_SIZE) != log->fs->reader.block_size)
    return refuse (reason, "its journal's superblock is damaged");
  err = read_features (log, super, reason);
  if (err < 0)
    return err;
  log->length = ondisk_be32 (super + SUPER_LENGTH);
  log->first = ondisk_be32 (super + SUPER_FIRST);
  log->sequence = ondisk_be32 (super + SUPER_SEQUENCE);
  log->start = ondisk_be32 (super + SUPER_START);
  log->end = log->length;
  if (log->length > LENGTH_MAX)
    return refuse (reason, "its journal is too large");
  if (log->incompat & JOURNAL_INCOMPAT_FAST_COMMIT) {
    uint32_t blocks = ondisk_be32 (super + SUPER_FAST_BLOCKS);

    if (blocks == 0)
      blocks = FAST_COMMIT_DEFAULT;
    if (blocks >= log->length)
      return refuse (reason, "its journal's superblock is damaged");
    log->end -= blocks;
    log->fast_start = log->end + 1;
  }
  if (log->first == 0 || log->first >= log->end ||
      (log->start != 0 && (log->start < log->first ||
                           log->start >= log->end)))
    return refuse (reason, "its journal's superblock is damaged");
  return 0;
}

errint_t
ext_journal_log_open (const struct ext_filesystem *fs,
                      struct ext_journal_log *log,
                      const char **reason)
{
  CLEANUP_FREE_BYTES uint8_t *block = malloc (fs->reader.block_size);
  errint_t err;

  *log = (struct ext_journal_log) { .fs = fs };
  if (block == NULL)
    return -ENOMEM;
  err = find_blocks (log, reason);
  if (err < 0)
    return err;
  err = ext_journal_log_read (log, 0, block);
  if (err == -EIO)
    *reason = "its journal cannot be read";
  return err < 0 ? err : read_super (log, block, reason);
}

void
ext_journal_log_clear (struct ext_journal_log *log)
{
  ext_mapping_clear (&log->mapping);
}

uint64_t
ext_journal_log_block (const struct ext_journal_log *log, uint32_t number)
{
  const uint32_t size = log->fs->reader.block_size;
  struct piece piece = runs_at (&log->mapping.runs, (uint64_t) number * size);

  return piece_is_zero (&piece) ? 0 : piece.position / size;
}

errint_t
ext_journal_log_read (const struct ext_journal_log *log, uint32_t number,
                      uint8_t *buffer)
{
  uint64_t block = ext_journal_log_block (log, number);

  return block == 0 ? -EIO : ext_filesystem_read_block (log->fs, block,
                                                        buffer);
}

uint32_t
ext_journal_log_after (const struct ext_journal_log *log, uint32_t number,
                       uint32_t count)
{
  uint32_t blocks = log->end - log->first;

  return log->first + (uint32_t)
    (((uint64_t) (number - log->first) + count) % blocks);
}

/* The checksum over the whole block, with the place it is stored at zero. */
static bool
block_valid (const struct ext_journal_log *log, uint8_t *block, size_t place)
{
  uint32_t stated = ondisk_be32 (block + place);
  uint32_t sum;

  if (!ext_journal_log_checksums (log))
    return true;
  memset (block + place, 0, 4);
  sum = crc32c (log->seed, block, log->fs->reader.block_size);
  return sum == stated;
}

bool
ext_journal_log_tail_valid (const struct ext_journal_log *log, uint8_t *block)
{
  return block_valid (log, block, log->fs->reader.block_size - 4);
}

bool
ext_journal_log_commit_valid (const struct ext_journal_log *log,
                              uint8_t *block)
{
  return block_valid (log, block, COMMIT_CHECKSUM);
}

bool
ext_journal_log_data_valid (const struct ext_journal_log *log,
                            const uint8_t *block,
                            uint32_t sequence, uint32_t stated)
{
  uint8_t number[4] = {
    (uint8_t) (sequence >> 24), (uint8_t) (sequence >> 16),
    (uint8_t) (sequence >> 8), (uint8_t) sequence,
  };
  uint32_t sum;

  if (!ext_journal_log_checksums (log))
    return true;
  sum = crc32c (log->seed, number, sizeof number);
  sum = crc32c (sum, block, log->fs->reader.block_size);
  if (log->incompat & JOURNAL_INCOMPAT_CSUM_V2)
    sum &= 0xffff;
  return sum == stated;
}
