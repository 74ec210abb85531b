/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Are the bytes of two files equal?  Leaves out only what lies at the same
 * place of both disks and was not written since the base, and holes.  Nothing
 * that an inode says of its file takes the place of the bytes.
 */
#ifndef DELTAFS_DIRECT_COMPARER_H
#define DELTAFS_DIRECT_COMPARER_H

#include <stdbool.h>

#include "errint.h"
#include "format.h"
#include "judge.h"
#include "progress.h"

struct comparer {
  const struct reader *reader[SIDES];   /* borrowed */
  const struct extents *written;        /* borrowed; NULL: not known, and
                                         * everything is read */
  const struct progress *progress;      /* borrowed, or NULL */
  uint8_t *buffer[SIDES];       /* owned */
  /* What had to be read so far: */
  uint64_t files, bytes;        /* of both sides together */
  uint64_t done, total;         /* for the progress: bytes of both sides */
};

/* *COMPARER is to be cleared whatever happens.  PROGRESS may be NULL.
 * -ENOMEM. */
errint_t comparer_init (struct comparer *comparer,
                        const struct reader *base,
                        const struct reader *overlay,
                        const struct progress *progress);
void comparer_clear (struct comparer *comparer);

/* How many bytes comparing regular files of the same size, given by their inode
 * numbers, reads at most, on both sides together.  -ENOMEM. */
errint_t comparer_measure (const struct comparer *comparer,
                           const struct inode_id inode[SIDES],
                           uint64_t *bytes);

/* Compares them into *ANSWER.  -ENOMEM. */
errint_t comparer_compare (struct comparer *comparer,
                           const struct inode_id inode[SIDES],
                           enum content_answer *answer);

#endif
