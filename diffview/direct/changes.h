/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which inodes can differ between the sides, and which directories lead to
 * them, found from what was written.  The comparison itself is made by the
 * walk, which looks only where this says.
 *
 * Why it is enough to look there: take any path whose entry or content
 * differs.  Either the names on the way to it lead to other inodes than in
 * the base (then a directory on the way is changed, and what is below is
 * walked on both sides), or they lead to the same inode and that one is
 * changed, or something that it refers to was written.  In both cases the
 * base has a name for each directory between the root (or a pair of different
 * inodes, which is walked anyway) and the change, and those are marked.
 */
#ifndef DELTAFS_DIRECT_CHANGES_H
#define DELTAFS_DIRECT_CHANGES_H

#include <stdbool.h>

#include "errint.h"
#include "format.h"
#include "log.h"

struct changes {
  const struct reader *reader[SIDES];   /* borrowed; NULL: a side has none */
  bool everything;              /* nothing is known: the sets are empty */
  struct inode_set changed;     /* inodes that may differ */
  struct inode_set marked;      /* directories of the base above them */
};

/* Finds them.  Without a map of what was written, or where numbers of one side
 * mean nothing on the other, everything may be changed.  *CHANGES is to be cleared
 * whatever happens.  -ENOMEM, -EIO (not reported). */
errint_t changes_compute (const struct reader *base,
                          const struct reader *overlay,
                          const struct log *log, struct changes *changes);
void changes_clear (struct changes *changes);

static inline void
cleanup_changes (struct changes *changes)
{
  changes_clear (changes);
}

#define CLEANUP_CHANGES __attribute__ ((cleanup (cleanup_changes)))

/* May something differ at or below an inode? */
bool changes_lead_to (const struct changes *changes, struct inode_id id);

#endif
