/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The three passes of a replay as Linux makes them (fs/jbd2/recovery.c is
 * the authority): find the end of the log, collect the revoked blocks,
 * then note what every transaction wrote.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <ext2fs/ext2fs.h>

#include "journal.h"
#include "journal_log.h"
#include "journal_tags.h"
#include "ondisk.h"

#define MAGIC 0xc03b3998u
#define FAST_COMMIT_HEAD 9      /* tag of the first block of fast commits */
/* Bytes of a journal that is being written to that are kept in memory. */
#define KEPT_MAX ((uint64_t) 128 << 20)
#define COMMIT_SECONDS 48       /* offsets in a commit block */
#define COMMIT_NANOSECONDS 56
#define COMMIT_TYPE 12
#define COMMIT_SIZE 13
#define COMMIT_SUM 16
#define COMMIT_TYPE_CRC32 1

enum pass { PASS_SCAN, PASS_REVOKE, PASS_REPLAY };

struct recovery {
  struct journal_log log;
  struct replay *replay;
  struct replay revoked;        /* target: block; source: its transaction */
  const char **reason;
  uint8_t *block, *data;        /* owned */
  uint64_t may_keep;            /* bytes that may still be copied */
  enum pass pass;
  uint32_t sequence;            /* of the transaction that is looked at */
  uint32_t position;            /* next block of the log */
  uint64_t walked;              /* blocks that the pass went over */
  uint32_t end_sequence;        /* of the first that is not complete */
  uint64_t last_commit;         /* time, in whatever unit sorts */
  bool doubtful;                /* a checksum was wrong: old blocks? */
  uint32_t crc32;               /* over a transaction, in old journals */
};

/* Is the transaction numbered A older than B, around the wrap? */
static bool
older (uint32_t a, uint32_t b)
{
  return (int32_t) (a - b) < 0;
}

static errint_t
damaged (struct recovery *recovery)
{
  *recovery->reason = "its journal is damaged";
  return -ENOTSUP;
}

static bool
old_checksums (const struct recovery *recovery)
{
  return (recovery->log.compat & JOURNAL_COMPAT_CHECKSUM) != 0 &&
    !journal_log_checksums (&recovery->log);
}

static errint_t
read_log (struct recovery *recovery, uint32_t number, uint8_t *buffer)
{
  errint_t err = journal_log_read (&recovery->log, number, buffer);

  return err == -EIO ? damaged (recovery) : err;
}

static void
advance (struct recovery *recovery)
{
  recovery->position =
    journal_log_after (&recovery->log, recovery->position, 1);
  recovery->walked++;
}

/* A block that a transaction wrote, unless it was revoked since. */
static errint_t
replay_tag (struct recovery *recovery, const struct journal_tag *tag)
{
  struct journal_log *log = &recovery->log;
  const struct replay_block *revoked =
    replay_find (&recovery->revoked, tag->block);
  uint64_t source = journal_log_block (log, recovery->position);
  errint_t err;

  if (revoked != NULL &&
      !older ((uint32_t) revoked->source, recovery->sequence))
    return 0;
  if (!filesystem_has_blocks (log->fs, tag->block, 1) && tag->block != 0)
    return damaged (recovery);
  err = read_log (recovery, recovery->position, recovery->data);
  if (err < 0)
    return err;
  if (!journal_log_data_valid (log, recovery->data, recovery->sequence,
                               tag->checksum))
    return damaged (recovery);
  err = replay_add (recovery->replay, tag->block, source, tag->escaped);
  if (err < 0 || recovery->may_keep < log->fs->block_size)
    return err;
  recovery->may_keep -= log->fs->block_size;
  return replay_keep (recovery->replay, recovery->data, log->fs->block_size);
}

/* Goes over the data blocks of a descriptor. */
static errint_t
pass_descriptor (struct recovery *recovery)
{
  struct journal_log *log = &recovery->log;
  struct journal_tags tags;
  struct journal_tag tag;
  errint_t err = 0;

  if (!journal_log_tail_valid (log, recovery->block)) {
    /* The log may run on into blocks from before it was made: the time of
     * the commit tells. */
    if (recovery->pass != PASS_SCAN)
      return damaged (recovery);
    recovery->doubtful = true;
  }
  if (recovery->pass == PASS_SCAN && old_checksums (recovery))
    recovery->crc32 = ext2fs_crc32_be (recovery->crc32, recovery->block,
                                       log->fs->block_size);
  journal_tags_begin (&tags, log, recovery->block);
  while (err == 0 && journal_tags_next (&tags, &tag)) {
    if (recovery->pass == PASS_REPLAY)
      err = replay_tag (recovery, &tag);
    else if (recovery->pass == PASS_SCAN && old_checksums (recovery)) {
      err = read_log (recovery, recovery->position, recovery->data);
      recovery->crc32 = ext2fs_crc32_be (recovery->crc32, recovery->data,
                                         log->fs->block_size);
    }
    advance (recovery);
  }
  return err;
}

static bool
commit_valid (struct recovery *recovery)
{
  uint8_t *block = recovery->block;
  bool stated = block[COMMIT_TYPE] == COMMIT_TYPE_CRC32 &&
    block[COMMIT_SIZE] == 4;

  if (!journal_log_commit_valid (&recovery->log, block))
    return false;
  if (!old_checksums (recovery))
    return true;
  return stated ? ondisk_be32 (block + COMMIT_SUM) == recovery->crc32 :
    block[COMMIT_TYPE] == 0 && block[COMMIT_SIZE] == 0 &&
    ondisk_be32 (block + COMMIT_SUM) == 0;
}

/* *DONE: the log ends before this transaction. */
static errint_t
pass_commit (struct recovery *recovery, bool *done)
{
  uint64_t seconds =
    ondisk_join (ondisk_be32 (recovery->block + COMMIT_SECONDS),
                 ondisk_be32 (recovery->block + COMMIT_SECONDS + 4));
  uint64_t time = (seconds << 30) +
    ondisk_be32 (recovery->block + COMMIT_NANOSECONDS);

  if (recovery->pass == PASS_SCAN) {
    bool valid = commit_valid (recovery);

    if (!valid || recovery->doubtful) {
      *done = true;
      return time < recovery->last_commit ? 0 : damaged (recovery);
    }
    recovery->last_commit = time;
    recovery->crc32 = ~0U;
  }
  recovery->sequence++;
  return 0;
}

static errint_t
pass_revoke (struct recovery *recovery)
{
  struct journal_log *log = &recovery->log;
  size_t end = log->fs->block_size - (journal_log_checksums (log) ? 4 : 0);
  size_t size = log->incompat & JOURNAL_INCOMPAT_64BIT ? 8 : 4;
  size_t used = ondisk_be32 (recovery->block + JOURNAL_HEADER_SIZE);
  errint_t err = 0;

  if (recovery->pass == PASS_SCAN && journal_log_checksums (log) &&
      !journal_log_tail_valid (log, recovery->block))
    recovery->doubtful = true;
  if (recovery->pass != PASS_REVOKE)
    return 0;
  if (used > end || !journal_log_tail_valid (log, recovery->block))
    return damaged (recovery);
  for (size_t at = JOURNAL_HEADER_SIZE + 4; at + size <= used && err == 0;
       at += size) {
    const uint8_t *record = recovery->block + at;
    uint64_t block = size == 4 ? ondisk_be32 (record) :
      ondisk_join (ondisk_be32 (record), ondisk_be32 (record + 4));

    err = replay_add (&recovery->revoked, block, recovery->sequence, false);
  }
  return err;
}

/* One block of the log that begins a new piece. */
static errint_t
pass_block (struct recovery *recovery, bool *done)
{
  errint_t err;

  if (recovery->pass != PASS_SCAN &&
      !older (recovery->sequence, recovery->end_sequence)) {
    *done = true;
    return 0;
  }
  err = read_log (recovery, recovery->position, recovery->block);
  if (err < 0)
    return err;
  if (ondisk_be32 (recovery->block) != MAGIC ||
      ondisk_be32 (recovery->block + 8) != recovery->sequence) {
    *done = true;
    return 0;
  }
  advance (recovery);
  switch (ondisk_be32 (recovery->block + 4)) {
  case JOURNAL_DESCRIPTOR:
    return pass_descriptor (recovery);
  case JOURNAL_COMMIT:
    return pass_commit (recovery, done);
  case JOURNAL_REVOKE:
    return pass_revoke (recovery);
  default:
    *done = true;
    return 0;
  }
}

static errint_t
make_pass (struct recovery *recovery, enum pass pass)
{
  struct journal_log *log = &recovery->log;
  bool done = false;
  errint_t err = 0;

  recovery->pass = pass;
  recovery->sequence = log->sequence;
  recovery->position = log->start;
  recovery->walked = 0;
  recovery->doubtful = false;
  recovery->crc32 = ~0U;
  while (err == 0 && !done) {
    err = pass_block (recovery, &done);
    /* A log of nothing but descriptors would never end. */
    if (err == 0 && !done && recovery->walked > 2 * (uint64_t) log->length)
      return damaged (recovery);
  }
  if (pass == PASS_SCAN)
    recovery->end_sequence = recovery->sequence;
  else if (err == 0 && recovery->sequence != recovery->end_sequence)
    return damaged (recovery);
  return err;
}

/* Fast commits hold what the log does not: without them the state would be
 * an older one. */
static errint_t
refuse_fast_commits (struct recovery *recovery)
{
  struct journal_log *log = &recovery->log;
  const uint8_t *block = recovery->block;
  errint_t err;

  if (log->fast_start == 0 || log->fast_start >= log->length)
    return 0;
  err = read_log (recovery, log->fast_start, recovery->block);
  if (err < 0)
    return err;
  /* A tag and a length of 16 bits, features and transaction of 32. */
  if (ondisk_le16 (block) != FAST_COMMIT_HEAD ||
      ondisk_le32 (block + 8) != recovery->end_sequence)
    return 0;
  *recovery->reason = "its journal holds fast commits";
  return -ENOTSUP;
}

static errint_t
recover (struct recovery *recovery)
{
  errint_t err = make_pass (recovery, PASS_SCAN);

  if (err == 0)
    err = refuse_fast_commits (recovery);
  if (err == 0)
    err = make_pass (recovery, PASS_REVOKE);
  /* In order of their transactions, so that the last revocation is kept. */
  replay_finish (&recovery->revoked);
  if (err == 0)
    err = make_pass (recovery, PASS_REPLAY);
  replay_finish (recovery->replay);
  return err;
}

errint_t
journal_replay (struct filesystem *fs, struct replay *replay,
                const char **reason)
{
  struct recovery recovery = { .replay = replay, .reason = reason };
  errint_t err = journal_log_open (fs, &recovery.log, reason);

  if (err == 0 && recovery.log.start != 0) {
    if (blocks_may_change (fs->blocks))
      recovery.may_keep = KEPT_MAX;
    recovery.block = malloc (fs->block_size);
    recovery.data = malloc (fs->block_size);
    err = recovery.block == NULL || recovery.data == NULL ? -ENOMEM :
      recover (&recovery);
  }
  free (recovery.block);
  free (recovery.data);
  replay_clear (&recovery.revoked);
  journal_log_clear (&recovery.log);
  return err;
}
