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

#include "ext/journal.h"
#include "ext/journal_log.h"
#include "ext/journal_tags.h"
#include "ext/ondisk.h"

#define MAGIC 0xc03b3998u
/* Bytes of a journal that is being written to that are kept in memory. */
#define KEPT_MAX ((uint64_t) 128 << 20)
#define COMMIT_SECONDS 48       /* offsets in a commit block */
#define COMMIT_NANOSECONDS 56
#define COMMIT_TYPE 12
#define COMMIT_SIZE 13
#define COMMIT_SUM 16
#define COMMIT_TYPE_CRC32 1
#define FAST_COMMIT_HEAD 9      /* tag that the first of them begins with */

enum pass { PASS_SCAN, PASS_REVOKE, PASS_REPLAY };

struct passes {
  struct ext_journal_log log;
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
damaged (struct passes *passes)
{
  *passes->reason = "its journal is damaged";
  return -ENOTSUP;
}

static bool
old_checksums (const struct passes *passes)
{
  return (passes->log.compat & JOURNAL_COMPAT_CHECKSUM) != 0 &&
    !ext_journal_log_checksums (&passes->log);
}

static errint_t
read_log (struct passes *passes, uint32_t number, uint8_t *buffer)
{
  errint_t err = ext_journal_log_read (&passes->log, number, buffer);

  return err == -EIO ? damaged (passes) : err;
}

static void
advance (struct passes *passes)
{
  passes->position =
    ext_journal_log_after (&passes->log, passes->position, 1);
  passes->walked++;
}

/* A block that a transaction wrote, unless it was revoked since. */
static errint_t
replay_tag (struct passes *passes, const struct ext_journal_tag *tag)
{
  struct ext_journal_log *log = &passes->log;
  const struct replay_block *revoked =
    replay_find (&passes->revoked, tag->block);
  uint64_t source = ext_journal_log_block (log, passes->position);
  errint_t err;

  if (revoked != NULL &&
      !older ((uint32_t) revoked->source, passes->sequence))
    return 0;
  if (!ext_filesystem_has_blocks (log->fs, tag->block, 1) && tag->block != 0)
    return damaged (passes);
  err = read_log (passes, passes->position, passes->data);
  if (err < 0)
    return err;
  if (!ext_journal_log_data_valid (log, passes->data, passes->sequence,
                                   tag->checksum))
    return damaged (passes);
  err = replay_add (passes->replay, tag->block, source, tag->escaped);
  if (err < 0 || passes->may_keep < log->fs->reader.block_size)
    return err;
  passes->may_keep -= log->fs->reader.block_size;
  return replay_keep (passes->replay, passes->data,
                      log->fs->reader.block_size);
}

/* Goes over the data blocks of a descriptor. */
static errint_t
pass_descriptor (struct passes *passes)
{
  struct ext_journal_log *log = &passes->log;
  struct ext_journal_tags tags;
  struct ext_journal_tag tag;
  errint_t err = 0;

  if (!ext_journal_log_tail_valid (log, passes->block)) {
    /* The log may run on into blocks from before it was made: the time of
     * the commit tells. */
    if (passes->pass != PASS_SCAN)
      return damaged (passes);
    passes->doubtful = true;
  }
  if (passes->pass == PASS_SCAN && old_checksums (passes))
    passes->crc32 = ext2fs_crc32_be (passes->crc32, passes->block,
                                       log->fs->reader.block_size);
  ext_journal_tags_begin (&tags, log, passes->block);
  while (err == 0 && ext_journal_tags_next (&tags, &tag)) {
    if (passes->pass == PASS_REPLAY)
      err = replay_tag (passes, &tag);
    else if (passes->pass == PASS_SCAN && old_checksums (passes)) {
      err = read_log (passes, passes->position, passes->data);
      passes->crc32 = ext2fs_crc32_be (passes->crc32, passes->data,
                                         log->fs->reader.block_size);
    }
    advance (passes);
  }
  return err;
}

static bool
commit_valid (struct passes *passes)
{
  uint8_t *block = passes->block;
  bool stated = block[COMMIT_TYPE] == COMMIT_TYPE_CRC32 &&
    block[COMMIT_SIZE] == 4;

  if (!ext_journal_log_commit_valid (&passes->log, block))
    return false;
  if (!old_checksums (passes))
    return true;
  return stated ? ondisk_be32 (block + COMMIT_SUM) == passes->crc32 :
    block[COMMIT_TYPE] == 0 && block[COMMIT_SIZE] == 0 &&
    ondisk_be32 (block + COMMIT_SUM) == 0;
}

/* *DONE: the log ends before this transaction. */
static errint_t
pass_commit (struct passes *passes, bool *done)
{
  uint64_t seconds =
    ondisk_join (ondisk_be32 (passes->block + COMMIT_SECONDS),
                 ondisk_be32 (passes->block + COMMIT_SECONDS + 4));
  uint64_t time = (seconds << 30) +
    ondisk_be32 (passes->block + COMMIT_NANOSECONDS);

  if (passes->pass == PASS_SCAN) {
    bool valid = commit_valid (passes);

    if (!valid || passes->doubtful) {
      *done = true;
      return time < passes->last_commit ? 0 : damaged (passes);
    }
    passes->last_commit = time;
    passes->crc32 = ~0U;
  }
  passes->sequence++;
  return 0;
}

static errint_t
pass_revoke (struct passes *passes)
{
  struct ext_journal_log *log = &passes->log;
  size_t end = log->fs->reader.block_size - (ext_journal_log_checksums (log) ? 4 : 0);
  size_t size = log->incompat & JOURNAL_INCOMPAT_64BIT ? 8 : 4;
  size_t used = ondisk_be32 (passes->block + JOURNAL_HEADER_SIZE);
  errint_t err = 0;

  if (passes->pass == PASS_SCAN && ext_journal_log_checksums (log) &&
      !ext_journal_log_tail_valid (log, passes->block))
    passes->doubtful = true;
  if (passes->pass != PASS_REVOKE)
    return 0;
  if (used > end || !ext_journal_log_tail_valid (log, passes->block))
    return damaged (passes);
  for (size_t at = JOURNAL_HEADER_SIZE + 4; at + size <= used && err == 0;
       at += size) {
    const uint8_t *record = passes->block + at;
    uint64_t block = size == 4 ? ondisk_be32 (record) :
      ondisk_join (ondisk_be32 (record), ondisk_be32 (record + 4));

    err = replay_add (&passes->revoked, block, passes->sequence, false);
  }
  return err;
}

/* One block of the log that begins a new piece. */
static errint_t
pass_block (struct passes *passes, bool *done)
{
  errint_t err;

  if (passes->pass != PASS_SCAN &&
      !older (passes->sequence, passes->end_sequence)) {
    *done = true;
    return 0;
  }
  err = read_log (passes, passes->position, passes->block);
  if (err < 0)
    return err;
  if (ondisk_be32 (passes->block) != MAGIC ||
      ondisk_be32 (passes->block + 8) != passes->sequence) {
    *done = true;
    return 0;
  }
  advance (passes);
  switch (ondisk_be32 (passes->block + 4)) {
  case JOURNAL_DESCRIPTOR:
    return pass_descriptor (passes);
  case JOURNAL_COMMIT:
    return pass_commit (passes, done);
  case JOURNAL_REVOKE:
    return pass_revoke (passes);
  default:
    *done = true;
    return 0;
  }
}

static errint_t
make_pass (struct passes *passes, enum pass pass)
{
  struct ext_journal_log *log = &passes->log;
  bool done = false;
  errint_t err = 0;

  passes->pass = pass;
  passes->sequence = log->sequence;
  passes->position = log->start;
  passes->walked = 0;
  passes->doubtful = false;
  passes->crc32 = ~0U;
  while (err == 0 && !done) {
    err = pass_block (passes, &done);
    /* A log of nothing but descriptors would never end. */
    if (err == 0 && !done && passes->walked > 2 * (uint64_t) log->length)
      return damaged (passes);
  }
  if (pass == PASS_SCAN)
    passes->end_sequence = passes->sequence;
  else if (err == 0 && passes->sequence != passes->end_sequence)
    return damaged (passes);
  return err;
}

/* Fast commits that belong to the end of the log hold what it does not:
 * without them the state would be an older one. */
static errint_t
refuse_fast_commits (struct passes *passes)
{
  struct ext_journal_log *log = &passes->log;
  errint_t err;

  if (log->fast_start == 0 || log->fast_start >= log->length)
    return 0;
  err = read_log (passes, log->fast_start, passes->block);
  if (err < 0)
    return err;
  /* A tag and a length of 16 bits, features and transaction of 32. */
  if (ondisk_le16 (passes->block) != FAST_COMMIT_HEAD ||
      ondisk_le32 (passes->block + 8) != passes->end_sequence)
    return 0;
  *passes->reason = "its journal holds fast commits";
  return -ENOTSUP;
}

static errint_t
recover (struct passes *passes)
{
  errint_t err = make_pass (passes, PASS_SCAN);

  if (err == 0)
    err = refuse_fast_commits (passes);
  if (err == 0)
    err = make_pass (passes, PASS_REVOKE);
  /* In order of their transactions, so that the last revocation is kept. */
  replay_finish (&passes->revoked);
  if (err == 0)
    err = make_pass (passes, PASS_REPLAY);
  replay_finish (passes->replay);
  return err;
}

errint_t
ext_journal_replay (struct ext_filesystem *fs, struct replay *replay,
                    const char **reason)
{
  /* A block that begins like one of the journal's is escaped in it. */
  static const uint8_t magic[4] = { 0xc0, 0x3b, 0x39, 0x98 };
  struct passes passes = { .replay = replay, .reason = reason };
  errint_t err = ext_journal_log_open (fs, &passes.log, reason);

  memcpy (replay->prefix, magic, sizeof magic);
  if (err == 0 && passes.log.start != 0) {
    if (blocks_may_change (fs->reader.blocks))
      passes.may_keep = KEPT_MAX;
    passes.block = malloc (fs->reader.block_size);
    passes.data = malloc (fs->reader.block_size);
    err = passes.block == NULL || passes.data == NULL ? -ENOMEM :
      recover (&passes);
  }
  free (passes.block);
  free (passes.data);
  replay_clear (&passes.revoked);
  ext_journal_log_clear (&passes.log);
  return err;
}
