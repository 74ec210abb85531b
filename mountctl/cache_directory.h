/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The directory in which indexes of bases are kept, a file for each base:
 * $XDG_CACHE_HOME/deltafs, or ~/.cache/deltafs.  Everything in it may be
 * deleted at any time; files are replaced as a whole.  Knows names, sizes and
 * times; what is in a file is base_cache.h's.
 */
#ifndef DELTAFS_CACHE_DIRECTORY_H
#define DELTAFS_CACHE_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "digest.h"
#include "errint.h"
#include "log.h"

/* All files together; those that were used longest ago go first. */
#define CACHE_DIRECTORY_LIMIT (UINT64_C (256) << 20)

/* The directory's name, owned by the caller; NULL where neither variable has
 * an absolute path, or without memory. */
char *cache_directory_path (void);

/* Opens it, as a directory of this user alone; with MAKE it is made where it
 * is not there.  -ENOENT, -EPERM where it is somebody else's or open to
 * others, …: not reported, *REASON says why. */
errint_t cache_directory_open (bool make, const char **reason,
                               int *directory);

/* Opens the index of a base for reading, and notes that it was used.
 * -ENOENT, -EPERM, … */
errint_t cache_directory_find (int directory, const struct digest *base,
                               int *fd);

/* Copies what a worker has written to the memory file MADE, if anything, to
 * its place, atomically, and keeps the limit.  Nothing in it is believed but
 * that it is to have the name that its base has.  A failure is not reported:
 * there is no index then. */
void cache_directory_publish (int directory, int made);

/* Deletes those that were used longest ago until LIMIT is kept, and what runs
 * that were killed have left. */
void cache_directory_keep_limit (int directory, uint64_t limit);

struct cache_file {
  char name[64];
  uint64_t size;                /* bytes */
  struct timespec used;
};

/* The indexes, the one that was used last first.  *FILES is to be freed.
 * -ENOMEM, -EIO, … */
errint_t cache_directory_list (int directory, struct cache_file **files,
                               size_t *count);

#endif
