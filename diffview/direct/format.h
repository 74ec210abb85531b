/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a format of filesystems has to answer, so that the differ can find out
 * what differs.  The differ never asks which format it has.  A reader knows its
 * own side alone, but in comparable, changed_inodes and claim, and gets its
 * bytes through struct blocks alone.
 *
 * Everything on the disk is an attacker's.  A reader checks every number that
 * it is told, does no recursion whose depth the disk controls, allocates nothing
 * of a size that the disk names, and draws from reader->budget for what a
 * hostile disk could make it do again and again.
 *
 * ERRORS, of all functions, not reported: -EIO for what is damaged or cannot be
 * read, -ENOMEM, -EREMOTEIO (passed on from blocks).  -EIO is of the one inode
 * or block that was asked for, and never the end of the others.
 *
 * NOTES ON THE THREAD MODEL: root, entry, runs, decode, names and damage are
 * for any thread once the reader is open; the others are for the thread that
 * computes.
 */
#ifndef DELTAFS_DIRECT_FORMAT_H
#define DELTAFS_DIRECT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "blocks.h"
#include "budget.h"
#include "device.h"
#include "direct_account.h"
#include "entry.h"
#include "errint.h"
#include "extents.h"
#include "inode_id.h"
#include "runs.h"

struct format;
struct account_claims;

/* One side's filesystem that is open: the first member of what the format
 * keeps of it. */
struct reader {
  const struct format *format;
  struct blocks *blocks;        /* borrowed */
  enum side side;
  /* What the account counts in: bytes of the device from START on, which is the
   * first byte that is the filesystem's and not a boot sector's, to BLOCK_COUNT
   * blocks of BLOCK_SIZE bytes (512 to 65,536, a power of two) from its 0 on. */
  uint64_t start;
  uint32_t block_size;
  uint64_t block_count;
  struct budget *budget;        /* owned, see reader_init */
};

/* A name in a directory, but "." and "..": LENGTH bytes, as the guest would
 * show them, checked by nobody yet and not terminated.  TYPE is what the
 * directory says of the inode, ENTRY_UNKNOWN where it says nothing; nothing is
 * decided by it.  Returns 0 to go on. */
typedef int name_visit (void *opaque, const char *name, size_t length,
                        struct inode_id inode, enum entry_type type);

/* DIRECTORY has a name for INODE, which is a directory itself or not.  <0 ends
 * it. */
typedef errint_t link_visit (void *opaque, struct inode_id directory,
                             struct inode_id inode, bool is_directory);

struct format {
  const char *name;             /* for messages */
  const char *const *types;     /* libblkid's, NULL at the end */

  /* Numbers of inodes are made up, from places on the disk, say: they tell
   * neither that a file was renamed nor that two names are one file's. */
  bool numbers_are_made_up;

  /* What the journal is, as far as the superblock in DEVICE says, which is
   * nobody's yet.  NULL where there is none. */
  enum direct_journal (*journal) (struct device *device);

  /* Opens a side of BLOCKS and replays its log, in memory (blocks_set_replay).
   * -ENOTSUP with *REASON (static) for whatever this reader cannot read, unknown
   * or damaged: guestfs may; -EIO, with *REASON too. */
  errint_t (*open) (struct blocks *blocks, enum side side,
                    const char **reason, struct reader **reader);
  void (*close) (struct reader *reader);

  /* Does a number of one side mean on the other what it means there, and do
   * equal inodes mean the same files?  If not, all of both trees is walked, and
   * neither changed_inodes nor owners is asked; both are NULL where this is
   * never true. */
  bool (*comparable) (const struct reader *base,
                      const struct reader *overlay);

  struct inode_id (*root) (const struct reader *reader);

  /* Fills in all of *ENTRY but the name; xattrs and target are in ARENA.  What
   * cannot be read is no failure, but marked in entry->missing; an inode that no
   * name may lead to is ENTRY_NO_METADATA.  entry->inode is ID's number, and
   * entry->subvolume its space.  -ENOMEM alone. */
  errint_t (*entry) (const struct reader *reader, struct inode_id id,
                     struct arena *arena, struct entry *entry);

  /* Where the bytes of a regular file lie.  RUNS is empty before, and cleared by
   * the caller whatever happens.  A damaged list is no failure: what can be told
   * is, and runs->damaged set.  -EIO where nothing can be told, or where ID is
   * no regular file. */
  errint_t (*runs) (const struct reader *reader, struct inode_id id,
                    struct runs *runs);

  /* Reads LENGTH bytes of RUN, an encoded one of RUNS, from OFFSET of it on.
   * NULL where nothing is encoded. */
  errint_t (*decode) (const struct reader *reader, const struct runs *runs,
                      const struct run *run, void *buffer, size_t length,
                      uint64_t offset);

  /* Calls VISIT for each name of a directory, in any order.  *INCOMPLETE becomes
   * true where some are missing; those of the other blocks are told all the
   * same.  Returns what VISIT returned where that was not 0; -ENOMEM.  What is
   * no directory has no names, and is incomplete. */
  int (*names) (const struct reader *reader, struct inode_id directory,
                name_visit *visit, void *opaque, bool *incomplete);

  /* Adds to CHANGED the inodes whose own records on the two sides differ in
   * what counts (atimes need not), or cannot be read; only those in bytes of
   * WRITTEN have to be looked at. */
  errint_t (*changed_inodes) (const struct reader *base,
                              const struct reader *overlay,
                              const struct extents *written,
                              struct inode_set *changed);

  /* Adds to CHANGED every inode of BASE to which a byte of WRITTEN belongs: of
   * its data, its block list, its xattrs, its names; and every inode that
   * refers to one in CHANGED for a part of itself.  Allocation maps are not
   * believed.  Then calls VISIT for each name that leads to an inode in CHANGED
   * or to a directory above one; for others as well if that is simpler, and for
   * some twice.  -EFBIG where that is more than an honest filesystem has: then
   * everything is compared. */
  errint_t (*owners) (const struct reader *base,
                      const struct extents *written,
                      struct inode_set *changed,
                      link_visit *visit, void *opaque);

  /* For the account: claims (account_claim, account_claims.h) what has its place
   * by the filesystem's geometry, then the blocks of all inodes.  BASE, which
   * may be NULL, tells which files are new. */
  errint_t (*claim) (const struct reader *reader, const struct reader *base,
                     struct account_claims *claims);

  /* Is there something about a whole side that a message has to name, and that is
   * of no entry?  Only what was written is looked at (blocks_written), and
   * nothing where that is not known.  Static, the end of a message, or NULL; the
   * function is NULL where there never is. */
  const char *(*remark) (const struct reader *reader);

  /* Was something about the inode found to be wrong that a message can name
   * ("bad checksum")?  Static, or NULL; NULL where nothing ever is. */
  const char *(*damage) (const struct reader *reader, struct inode_id id);
};

/* For a format's open, before anything is read: what is known by then, and a
 * budget, which is to be started (budget_start) when the size is known.
 * -ENOMEM. */
errint_t reader_init (struct reader *reader, const struct format *format,
                      struct blocks *blocks, enum side side);

/* For its close. */
void reader_clear (struct reader *reader);

/* Bytes of the longest name that FUSE can hand on; some formats have honest ones
 * of more than 255. */
#define NAME_LENGTH_MAX 1024

/* As the format's names, but for names that no honest directory has (empty, too
 * long, with a slash or a NUL in it): those are left out, and *INCOMPLETE becomes
 * true. */
int reader_names (const struct reader *reader, struct inode_id directory,
                  name_visit *visit, void *opaque, bool *incomplete);

/* Bytes of a file, whose runs RUNS are, through the runs' kinds.  Exactly
 * LENGTH at OFFSET, within the size; holes and unwritten runs are zeros.  -EIO,
 * -ENOMEM, -EREMOTEIO.  Any thread. */
errint_t reader_load (const struct reader *reader, const struct runs *runs,
                      void *buffer, size_t length, uint64_t offset);

/* Moves them into PIPE, as splice of engine.h; -ENOTSUP wherever reader_load is
 * to be asked.  Any thread. */
errint_t reader_splice (const struct reader *reader, const struct runs *runs,
                        int pipe, size_t length, uint64_t offset);

#endif
