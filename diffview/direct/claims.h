/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which written block belongs to whom: a value for each block of a window of
 * the written ones.  Who claims a block first has it.  Knows numbers, no
 * filesystem.
 */
#ifndef DELTAFS_DIRECT_CLAIMS_H
#define DELTAFS_DIRECT_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "errint.h"
#include "extents.h"

/* The written blocks, numbered without gaps. */
struct written_blocks {
  struct extents extents;       /* owned; in blocks, not bytes */
  uint64_t *first;              /* owned: index of each extent's first */
  uint64_t count;               /* of all blocks */
};

/* Takes over EXTENTS, in any case.  -ENOMEM. */
errint_t written_blocks_init (struct written_blocks *blocks,
                              struct extents *extents);
void written_blocks_clear (struct written_blocks *blocks);

/* Index of the first written block at or after BLOCK; count if none. */
uint64_t written_blocks_index (const struct written_blocks *blocks,
                               uint64_t block);

/* The block with an index below count. */
uint64_t written_blocks_at (const struct written_blocks *blocks,
                            uint64_t index);

struct claims {
  const struct written_blocks *blocks;  /* borrowed */
  uint64_t start;               /* index of the window's first block */
  uint32_t length;              /* blocks of the window */
  uint8_t *values;              /* owned: 0: unclaimed */
  uint32_t *next;               /* owned: where to look for one that is
                                 * unclaimed, at or after */
};

/* For windows of at most LENGTH_MAX blocks.  -ENOMEM. */
errint_t claims_init (struct claims *claims,
                      const struct written_blocks *blocks,
                      uint32_t length_max);
void claims_clear (struct claims *claims);

/* Begins a new window, in which nothing is claimed. */
void claims_begin (struct claims *claims, uint64_t start, uint32_t length);

/* Does any block from FROM to END - 1 lie in the window? */
bool claims_concern (const struct claims *claims, uint64_t from,
                     uint64_t end);

/* Gives VALUE, which is not 0, to what nobody has claimed among the written
 * blocks from FROM to END - 1.  All calls together take no longer than the
 * window is large, and a little for each. */
void claims_add (struct claims *claims, uint64_t from, uint64_t end,
                 uint8_t value);

/* The value of a written block of the window. */
uint8_t claims_of (const struct claims *claims, uint64_t block);

#endif
