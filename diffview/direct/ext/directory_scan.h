/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The names of very many directories, read in the order in which they lie on
 * the disk: for finding names of inodes, where it does not matter in what
 * order they come.
 */
#ifndef DELTAFS_EXT_DIRECTORY_SCAN_H
#define DELTAFS_EXT_DIRECTORY_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "errint.h"
#include "ext/inode.h"
#include "ext/mapping.h"

/* Some blocks of a directory that lie together. */
struct ext_directory_piece {
  uint64_t physical;            /* the first block */
  uint32_t count;               /* blocks; 0: the names are in the inode */
  uint32_t directory;           /* its inode */
};

struct ext_directory_scan {
  const struct ext_filesystem *fs;  /* borrowed */
  struct ext_directory_piece *pieces;       /* owned */
  size_t count, capacity;
};

/* Adds a directory, whose block list is MAPPING.  -EFBIG when there are more
 * than an honest filesystem has, -ENOMEM. */
errint_t ext_directory_scan_add (struct ext_directory_scan *scan,
                                 const struct ext_inode *inode,
                                 const struct ext_mapping *mapping);

/* Calls VISIT for each name in the pieces from number FROM on, which are
 * sorted by that; VISIT may add directories, and ends it when it returns <0.
 * What cannot be read is left out. */
errint_t ext_directory_scan_run (struct ext_directory_scan *scan, size_t from,
                                 errint_t (*visit) (void *opaque,
                                                    uint32_t directory,
                                                    uint32_t inode),
                                 void *opaque);

void ext_directory_scan_clear (struct ext_directory_scan *scan);

#endif
