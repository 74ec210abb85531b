/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Counting down, see budget.h.
 */
#include <config.h>

#include "budget.h"

/* Xattrs of all files that are looked at: an honest filesystem of a million
 * files with a label each has some 100 MiB. */
#define XATTRS_MAX ((int64_t) 512 << 20)

/* A computation goes over the inode tables, over the directories and over
 * what is changed, and may read what it finds again to compare it; names of
 * one inode are read once for each.  Small filesystems may do more. */
#define LISTS 4
#define DIRECTORIES 4
#define CONTENTS 8
#define LISTS_LEAST 65536
#define DIRECTORIES_LEAST 4096
#define BYTES_LEAST ((int64_t) 256 << 20)

static int64_t
times (uint64_t amount, int factor, int64_t least)
{
  return amount > (uint64_t) (INT64_MAX - least) / (uint64_t) factor ?
    INT64_MAX : (int64_t) amount * factor + least;
}

void
budget_start (struct budget *budget, uint64_t blocks, uint32_t block_size)
{
  budget->xattr_bytes = XATTRS_MAX;
  budget->list_blocks = times (blocks, LISTS, LISTS_LEAST);
  budget->directory_blocks = times (blocks, DIRECTORIES, DIRECTORIES_LEAST);
  budget->compared_bytes = times (blocks * block_size, CONTENTS, BYTES_LEAST);
}

void
budget_lift (struct budget *budget)
{
  budget->list_blocks = INT64_MAX;
  budget->directory_blocks = INT64_MAX;
  budget->compared_bytes = INT64_MAX;
}

bool
budget_draw (_Atomic int64_t *budget, uint64_t amount)
{
  /* Threads may draw at once: what is left may be below 0 for a moment. */
  if (amount > INT64_MAX || *budget < (int64_t) amount)
    return false;
  *budget -= (int64_t) amount;
  return true;
}
