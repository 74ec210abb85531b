/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A memory file that fills as e2fsck reads it, and what it wrote there.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <ext2fs/ext2fs.h>

#include "disk_window.h"
#include "extents.h"
#include "fast_commits.h"
#include "fast_tags.h"
#include "ondisk.h"
#include "superblock.h"

#ifndef EXT4_FEATURE_COMPAT_FAST_COMMIT
#define EXT4_FEATURE_COMPAT_FAST_COMMIT 0x0400
#endif

/* What of the disk is copied, and what may be written, bytes: a journal of a
 * gigabyte is the largest that mke2fs makes, and replaying needs all bitmaps. */
#define READ_MAX ((uint64_t) 512 << 20)
#define WRITTEN_MAX ((uint64_t) 256 << 20)
/* What a byte that is written costs in memory. */
#define PAGE ((uint64_t) 4096)

static const char cannot_replay[] = "e2fsck cannot replay its fast commits";

struct scratch {
  const struct filesystem *fs;
  struct disk_window *window;   /* owned, as what follows */
  uint64_t size;                /* of it, bytes */
  struct extents written;
  uint64_t written_bytes;       /* however often the same ones */
  bool too_much;
};

/* The part of a range that is within the file. */
static uint64_t
within (const struct scratch *scratch, uint64_t offset, uint64_t length)
{
  if (offset >= scratch->size)
    return 0;
  return length < scratch->size - offset ? length : scratch->size - offset;
}

static errint_t
fill (void *opaque, uint64_t offset, uint64_t length)
{
  struct scratch *scratch = opaque;
  const uint64_t part = within (scratch, offset, length);

  if (part > READ_MAX
      || disk_window_copied (scratch->window) > READ_MAX - part) {
    scratch->too_much = true;
    return -EFBIG;
  }
  return disk_window_copy (scratch->window, offset, part);
}

/* What is written over must be there before: its page is filled only once. */
static errint_t
note (void *opaque, uint64_t offset, uint64_t length)
{
  struct scratch *scratch = opaque;
  errint_t err;

  if (within (scratch, offset, length) < length)
    return -EINVAL;
  scratch->written_bytes += length < PAGE ? PAGE : length;
  err = fill (scratch, offset, length);
  if (err == 0)
    err = extents_add (&scratch->written, offset, length);
  if (err == 0 && scratch->written_bytes > WRITTEN_MAX) {
    scratch->too_much = true;
    err = -EFBIG;
  }
  return err;
}

/* One block that was written: it is replayed if it is another one now. */
static errint_t
keep_block (struct scratch *scratch, uint64_t block, uint8_t *now,
            uint8_t *before, struct replay *replay)
{
  const struct filesystem *fs = scratch->fs;
  const uint64_t offset = block * fs->block_size;
  errint_t err = disk_window_read (scratch->window, now, fs->block_size,
                                   offset);

  if (err == 0)
    err = blocks_read_bulk (fs->blocks, fs->side, before, fs->block_size,
                            offset);
  if (err < 0 || memcmp (now, before, fs->block_size) == 0)
    return err;
  err = replay_add (replay, block, 0, false);
  return err == 0 ? replay_keep (replay, now, fs->block_size) : err;
}

static errint_t
keep_written (struct scratch *scratch, struct replay *replay)
{
  const uint32_t size = scratch->fs->block_size;
  CLEANUP_FREE_BYTES uint8_t *now = malloc (size);
  CLEANUP_FREE_BYTES uint8_t *before = malloc (size);
  uint64_t next = 0;
  errint_t err = now == NULL || before == NULL ? -ENOMEM : 0;

  for (size_t i = 0; i < scratch->written.count && err == 0; ++i) {
    const struct extent *extent = &scratch->written.list[i];
    const uint64_t end = (extent->offset + extent->length + size - 1) / size;

    if (next < extent->offset / size)
      next = extent->offset / size;
    for (; next < end && err == 0; ++next)
      err = keep_block (scratch, next, now, before, replay);
  }
  return err;
}

/* The superblock of the memory file. */
static errint_t
read_superblock (const struct scratch *scratch, uint8_t raw[SUPERBLOCK_SIZE])
{
  return disk_window_read (scratch->window, raw, SUPERBLOCK_SIZE,
                           SUPERBLOCK_OFFSET);
}

#define SB16(member) ONDISK_LE16 (raw, struct ext2_super_block, member)
#define SB32(member) ONDISK_LE32 (raw, struct ext2_super_block, member)

/* Without the feature in the superblock, e2fsck leaves fast commits out, which
 * the kernel does not. */
static bool
looks_at_fast_commits (const uint8_t *raw)
{
  return (SB32 (s_feature_compat) & EXT4_FEATURE_COMPAT_FAST_COMMIT) != 0;
}

static bool
is_clean (const uint8_t *raw)
{
  return !(SB32 (s_feature_incompat) & EXT3_FEATURE_INCOMPAT_RECOVER)
    && (SB16 (s_state) & (EXT2_VALID_FS | EXT2_ERROR_FS)) == EXT2_VALID_FS;
}

static errint_t
run_on (struct scratch *scratch, struct recovery *recovery,
        const char **reason)
{
  const struct recovery_file file = {
    .fd = disk_window_file (scratch->window),
    .most = READ_MAX + WRITTEN_MAX,
    .reads = fill,
    .writes = note,
    .opaque = scratch,
  };
  uint8_t raw[SUPERBLOCK_SIZE];
  errint_t err = read_superblock (scratch, raw);

  if (err < 0)
    return err;
  if (!looks_at_fast_commits (raw))
    return -ENOTSUP;
  err = recovery_replay (recovery, &file, reason);
  if (err < 0)
    return err;
  *reason = cannot_replay;
  err = read_superblock (scratch, raw);
  if (err < 0)
    return err;
  return looks_at_fast_commits (raw) && is_clean (raw) ? 0 : -ENOTSUP;
}

static errint_t
replay_on (struct scratch *scratch, struct recovery *recovery,
           struct replay *replay, const char **reason)
{
  errint_t err;

  *reason = cannot_replay;
  err = run_on (scratch, recovery, reason);
  if (scratch->too_much) {
    *reason = "its fast commits need more than memory is set apart for";
    return -ENOTSUP;
  }
  if (err == 0)
    err = keep_written (scratch, replay);
  if (err == 0)
    replay_finish (replay);
  return err == -EIO || err == -EINVAL ? -ENOTSUP : err;
}

errint_t
fast_commits_replay (const struct filesystem *fs, uint32_t transaction,
                     struct recovery *recovery, const char **reason)
{
  struct scratch scratch = {
    .fs = fs, .size = blocks_length (fs->blocks, fs->side),
  };
  struct replay replay = { 0 };
  errint_t err;

  if (recovery == NULL) {
    *reason = "its journal holds fast commits";
    return -ENOTSUP;
  }
  err = fast_tags_check (fs, transaction, reason);
  if (err < 0)
    return err;
  /* e2fsck begins with the disk as it is. */
  blocks_set_replay (fs->blocks, fs->side, &replay, fs->block_size);
  err = blocks_open_window (fs->blocks, fs->side, recovery_log (recovery),
                            &scratch.window);
  if (err == 0)
    err = replay_on (&scratch, recovery, &replay, reason);
  if (err == 0)
    blocks_set_replay (fs->blocks, fs->side, &replay, fs->block_size);
  replay_clear (&replay);
  if (scratch.window != NULL)
    disk_window_close (scratch.window);
  extents_clear (&scratch.written);
  return err;
}
