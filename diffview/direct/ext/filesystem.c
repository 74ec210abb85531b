/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Opening a side's filesystem: superblock, journal, superblock again (the
 * journal may hold a newer one), descriptors.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <ext2fs/ext2fs.h>

#include "ext/checksum.h"
#include "ext/filesystem.h"
#include "ext/journal.h"
#include "ext/reader.h"
#include "ext/superblock.h"

void
ext_filesystem_free (struct ext_filesystem *fs)
{
  free (fs->inode_table);
  free (fs->inodes_initialized);
  if (fs->failures != NULL)
    ext_checksum_failures_free (fs->failures);
  reader_clear (&fs->reader);
  free (fs);
}

/* Replays the journal and reads again what it may have replaced. */
static errint_t
recover (struct ext_filesystem *fs, const char **reason)
{
  const uint32_t block_size = fs->reader.block_size;
  struct replay replay = { 0 };
  errint_t err;

  if (!(fs->compat & EXT3_FEATURE_COMPAT_HAS_JOURNAL))
    return 0;                   /* the kernel clears the flag */
  err = ext_superblock_read_groups (fs, reason);
  if (err == 0)
    err = ext_journal_replay (fs, &replay, reason);
  if (err == 0)
    blocks_set_replay (fs->reader.blocks, fs->reader.side, &replay,
                       fs->reader.block_size);
  replay_clear (&replay);
  if (err == 0)
    err = ext_superblock_read (fs, reason);
  if (err < 0 || fs->reader.block_size == block_size)
    return err;
  *reason = "its journal replaces the superblock by another";
  return -ENOTSUP;
}

errint_t
ext_filesystem_open (struct blocks *blocks, enum side side,
                     const char **reason, struct ext_filesystem **result)
{
  CLEANUP (ext_filesystem_free) struct ext_filesystem *fs = calloc (1,
                                                                    sizeof *fs);
  errint_t err;

  if (fs == NULL)
    return -ENOMEM;
  err = reader_init (&fs->reader, &ext_format, blocks, side);
  if (err < 0)
    return err;
  fs->reader.start = SUPERBLOCK_OFFSET;
  fs->failures = ext_checksum_failures_new ();
  if (fs->failures == NULL)
    return -ENOMEM;
  err = ext_superblock_read (fs, reason);
  if (err == 0)
    budget_start (fs->reader.budget, fs->reader.block_count,
                  fs->reader.block_size);
  if (err == 0 &&
      ext_filesystem_has_incompat (fs, EXT3_FEATURE_INCOMPAT_RECOVER))
    err = recover (fs, reason);
  if (err == 0)
    err = ext_superblock_read_groups (fs, reason);
  if (err < 0)
    return err;
  *result = steal_pointer (&fs);
  return 0;
}

errint_t
ext_filesystem_read_block (const struct ext_filesystem *fs, uint64_t block,
                           void *buffer)
{
  if (!ext_filesystem_has_blocks (fs, block, 1) && block != 0)
    return -EIO;
  return blocks_read (fs->reader.blocks, fs->reader.side, buffer,
                      fs->reader.block_size,
                      block * fs->reader.block_size);
}

bool
ext_filesystem_same_geometry (const struct ext_filesystem *base,
                              const struct ext_filesystem *overlay)
{
  /* What a filesystem turns on by itself while it is used, and what has no
   * say in how inodes and directories are read. */
  const uint32_t free_incompat = EXT3_FEATURE_INCOMPAT_RECOVER |
    EXT4_FEATURE_INCOMPAT_MMP | EXT4_FEATURE_INCOMPAT_LARGEDIR;
  const uint32_t huge = EXT4_FEATURE_RO_COMPAT_HUGE_FILE;

  return base->reader.block_size == overlay->reader.block_size &&
    base->reader.block_count == overlay->reader.block_count &&
    base->first_data_block == overlay->first_data_block &&
    base->blocks_per_group == overlay->blocks_per_group &&
    base->group_count == overlay->group_count &&
    base->inode_count == overlay->inode_count &&
    base->inodes_per_group == overlay->inodes_per_group &&
    base->inode_size == overlay->inode_size &&
    base->first_inode == overlay->first_inode &&
    ((base->incompat ^ overlay->incompat) & ~free_incompat) == 0 &&
    ((base->ro_compat ^ overlay->ro_compat) & huge) == 0 &&
    memcmp (base->uuid, overlay->uuid, sizeof base->uuid) == 0 &&
    memcmp (base->inode_table, overlay->inode_table,
            base->group_count * sizeof base->inode_table[0]) == 0;
}
