/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A format of filesystems whose inodes, names and runs are in arrays, and a pair
 * of small disks in memory that its files' bytes lie on: the direct engine
 * without an image.  Out of memory, and of room in the arrays, ends the test.
 *
 *   struct memory_pair *pair = memory_pair_new ();
 *   memory_pair_file (pair, SIDE_BASE, 10, 5, "root\n");  // inode, block, bytes
 *   memory_pair_name (pair, SIDE_BASE, MEMORY_ROOT, "passwd", 10);
 *   memory_pair_copy_base (pair);
 *   memory_pair_write (pair, 5, "toor\n");
 *   engine = memory_pair_engine (pair, &log);
 *   delta = memory_pair_delta (pair, engine, NULL);       // finished
 *   ...
 *   delta_free (delta);
 *   engine_close (engine);
 *   memory_pair_free (pair);
 *
 * What is written to the overlay's disk after memory_pair_copy_base counts as
 * written since the base, in whole blocks.  A directory's names lie in a block of
 * its own.  One thread, one pair at a time.
 */
#ifndef DELTAFS_MEMORY_FORMAT_H
#define DELTAFS_MEMORY_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "compare.h"
#include "delta.h"
#include "device.h"
#include "entry.h"
#include "format.h"
#include "log.h"

#define MEMORY_ROOT 1
#define MEMORY_BLOCK 512
#define MEMORY_BLOCKS 2048
#define MEMORY_INODES 256
#define MEMORY_NAMES 128        /* of a directory */
#define MEMORY_RUNS 4

struct memory_name {
  char text[64];
  uint64_t inode;
};

struct memory_inode {
  bool in_use;
  struct entry entry;           /* what stat tells, xattrs too */
  struct entry_xattr xattr[4];
  struct entry_xattrs xattrs;   /* of those */
  struct run runs[MEMORY_RUNS]; /* of a file */
  unsigned run_count;
  bool damaged;                 /* the runs or the names are */
  uint64_t names_block;         /* of a directory */
  struct memory_name names[MEMORY_NAMES];
  unsigned name_count;
};

struct memory_side {
  struct memory_inode *inodes;  /* owned: MEMORY_INODES */
  uint64_t root;
};

struct memory_disk {
  struct device device;         /* first: the two are converted */
  uint8_t *bytes;               /* owned */
  struct extents bad;           /* cannot be read */
};

struct memory_pair {
  struct memory_side side[SIDES];
  struct memory_disk disk[SIDES];
  struct extents written;
  bool known;                   /* is WRITTEN told? */
  bool comparable;              /* do numbers mean the same? */
  bool copied;                  /* what is written now counts */
  uint64_t reads;               /* of the disks, so far */
};

/* Two disks of zeros; a root directory on each side, nothing else. */
struct memory_pair *memory_pair_new (void);
void memory_pair_free (struct memory_pair *pair);
DEFINE_CLEANUP (struct memory_pair *, memory_pair_free)

/* The inode of that number, made if it is not there: root's, 0644 (0755), mtime
 * and ctime 1,000 s, one link. */
struct memory_inode *memory_pair_inode (struct memory_pair *pair,
                                        enum side side, uint64_t number,
                                        enum entry_type type);

/* The same as a file whose bytes are TEXT, in one run from BLOCK on; NULL leaves
 * what is there. */
struct memory_inode *memory_pair_file (struct memory_pair *pair,
                                       enum side side, uint64_t number,
                                       uint64_t block, const char *text);

/* The same as a directory, whose names lie in BLOCK. */
struct memory_inode *memory_pair_directory (struct memory_pair *pair,
                                            enum side side, uint64_t number,
                                            uint64_t block);

/* Gives an inode a name in a directory, and takes it away; the directory's block
 * counts as written. */
void memory_pair_name (struct memory_pair *pair, enum side side,
                       uint64_t directory, const char *name, uint64_t inode);
void memory_pair_unname (struct memory_pair *pair, enum side side,
                         uint64_t directory, const char *name);

/* Makes the overlay what the base is now; nothing is written yet. */
void memory_pair_copy_base (struct memory_pair *pair);

/* Writes to the overlay's disk, behind the back of the filesystem. */
void memory_pair_write (struct memory_pair *pair, uint64_t block,
                        const char *text);

/* Makes a block of a side's disk one that cannot be read. */
void memory_pair_break (struct memory_pair *pair, enum side side,
                        uint64_t block);

/* The direct engine on the pair, and the delta that it computes, finished; RULES
 * may be NULL.  The engine lives as long as the delta is needed. */
struct engine *memory_pair_engine (struct memory_pair *pair,
                                   const struct log *log);
struct delta *memory_pair_delta (struct memory_pair *pair,
                                 struct engine *engine,
                                 const struct compare_rules *rules);

#endif
