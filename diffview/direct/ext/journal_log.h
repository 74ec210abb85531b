/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The log of a journal (jbd2): its superblock, where its blocks lie, and
 * the checksums of each kind of block.  Formats: Documentation/filesystems/
 * ext4 of Linux, journal.rst.
 */
#ifndef DELTAFS_EXT_JOURNAL_LOG_H
#define DELTAFS_EXT_JOURNAL_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "errint.h"
#include "ext/filesystem.h"
#include "ext/mapping.h"

enum {
  JOURNAL_DESCRIPTOR = 1,
  JOURNAL_COMMIT = 2,
  JOURNAL_SUPER_V1 = 3,
  JOURNAL_SUPER_V2 = 4,
  JOURNAL_REVOKE = 5,
};

enum {
  JOURNAL_COMPAT_CHECKSUM = 1,
};

enum {
  JOURNAL_INCOMPAT_REVOKE = 1 << 0,
  JOURNAL_INCOMPAT_64BIT = 1 << 1,
  JOURNAL_INCOMPAT_ASYNC_COMMIT = 1 << 2,
  JOURNAL_INCOMPAT_CSUM_V2 = 1 << 3,
  JOURNAL_INCOMPAT_CSUM_V3 = 1 << 4,
  JOURNAL_INCOMPAT_FAST_COMMIT = 1 << 5,
};

/* The header that descriptor, commit and revoke blocks begin with. */
#define JOURNAL_HEADER_SIZE 12

struct ext_journal_log {
  const struct ext_filesystem *fs;
  struct ext_mapping mapping;       /* owned: of the journal's inode */
  uint32_t compat, incompat;
  uint32_t first, end;          /* blocks of the log: first to end - 1 */
  uint32_t length;              /* blocks of the whole journal */
  uint32_t start;               /* where the oldest transaction is; 0: empty */
  uint32_t sequence;            /* its number */
  uint32_t fast_start;          /* first block of fast commits, 0: none */
  uint32_t seed;                /* of checksums */
};

/* Opens the journal of FS.  Errors as ext_journal_replay; *LOG is to be cleared
 * whatever happens. */
errint_t ext_journal_log_open (const struct ext_filesystem *fs,
                               struct ext_journal_log *log,
                               const char **reason);
void ext_journal_log_clear (struct ext_journal_log *log);

/* The block of the filesystem that block NUMBER of the journal lies in; 0 when
 * it has none. */
uint64_t ext_journal_log_block (const struct ext_journal_log *log,
                                uint32_t number);

/* Reads a block of the journal.  -EIO, -ENOMEM. */
errint_t ext_journal_log_read (const struct ext_journal_log *log,
                               uint32_t number,
                               uint8_t *buffer);

/* The block COUNT after NUMBER, around the end of the log. */
uint32_t ext_journal_log_after (const struct ext_journal_log *log,
                                uint32_t number,
                                uint32_t count);

static inline bool
ext_journal_log_checksums (const struct ext_journal_log *log)
{
  return (log->incompat & (JOURNAL_INCOMPAT_CSUM_V2 |
                           JOURNAL_INCOMPAT_CSUM_V3)) != 0;
}

/* Are the checksums right: of a descriptor or revoke block, of a commit
 * block, of a data block with what its tag states?  Always, where the journal
 * has none. */
bool ext_journal_log_tail_valid (const struct ext_journal_log *log,
                                 uint8_t *block);
bool ext_journal_log_commit_valid (const struct ext_journal_log *log,
                                   uint8_t *block);
bool ext_journal_log_data_valid (const struct ext_journal_log *log,
                                 const uint8_t *block, uint32_t sequence,
                                 uint32_t stated);

#endif
