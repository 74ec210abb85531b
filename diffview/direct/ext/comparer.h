/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Are the bytes of two files equal?  Reads only what was written since the
 * base, or lies at different places.
 */
#ifndef DELTAFS_EXT_COMPARER_H
#define DELTAFS_EXT_COMPARER_H

#include <stdbool.h>

#include "errint.h"
#include "filesystem.h"
#include "judge.h"

struct comparer {
  const struct filesystem *fs[SIDES];   /* borrowed */
  const struct extents *written;        /* borrowed; NULL: not known */
  /* Without knowing what was written: equal inodes with equal block lists are
   * taken as equal. */
  bool trust_inodes;
  uint8_t *buffer[SIDES];       /* owned */
  /* What had to be read so far: */
  uint64_t files, bytes;        /* of both sides together */
};

/* *COMPARER is to be cleared whatever happens.  -ENOMEM. */
errint_t comparer_init (struct comparer *comparer,
                        const struct filesystem *base,
                        const struct filesystem *overlay, bool verify);
void comparer_clear (struct comparer *comparer);

/* Compares regular files of the same size, given by their inode numbers, into
 * *ANSWER.  -ENOMEM. */
errint_t comparer_compare (struct comparer *comparer,
                           uint32_t base, uint32_t overlay,
                           enum content_answer *answer);

#endif
