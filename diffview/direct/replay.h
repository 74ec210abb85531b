/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a journal would write if it were replayed: which block of the
 * filesystem takes its bytes from which block of the journal.  They are
 * copied only where the journal may be overwritten meanwhile.  Knows no journal
 * format.
 */
#ifndef DELTAFS_DIRECT_REPLAY_H
#define DELTAFS_DIRECT_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "errint.h"

struct replay_block {
  uint64_t target;              /* block of the filesystem */
  uint64_t source;              /* block of the filesystem that the journal
                                 * has the bytes in */
  uint8_t *bytes;               /* owned: a copy of them, or NULL */
  uint32_t order;               /* position in the log: later ones win */
  bool escaped;                 /* the first four bytes are replay->prefix */
};

struct replay {
  struct replay_block *list;    /* owned; sorted by target after finish */
  size_t count, capacity;
  uint8_t prefix[4];            /* what escaped blocks begin with */
};

/* Appends a block.  -ENOMEM. */
errint_t replay_add (struct replay *replay, uint64_t target, uint64_t source,
                     bool escaped);

/* Keeps a copy of the LENGTH bytes of the block added last.  -ENOMEM. */
errint_t replay_keep (struct replay *replay, const uint8_t *bytes,
                      size_t length);

/* Sorts, and of blocks with the same target keeps the last added. */
void replay_finish (struct replay *replay);

/* The block that replaces TARGET, or NULL.  Any thread after finish. */
const struct replay_block *replay_find (const struct replay *replay,
                                        uint64_t target);

/* Index of the first block at or after TARGET; count if there is none. */
size_t replay_first (const struct replay *replay, uint64_t target);

void replay_clear (struct replay *replay);

#endif
