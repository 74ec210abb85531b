/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files that account for written blocks share: one side's claims.
 */
#ifndef DELTAFS_EXT_ACCOUNT_PRIVATE_H
#define DELTAFS_EXT_ACCOUNT_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "account.h"
#include "claims.h"
#include "errint.h"
#include "filesystem.h"

struct account_side {
  const struct filesystem *fs;  /* borrowed; NULL for a side without one */
  uint64_t offset;              /* of its volume, bytes of the disk */
  /* What is claimed: blocks of the overlay's filesystem, whichever side this
   * is.  The values are those of account_value. */
  struct claims claims;
  uint64_t claims_offset;       /* of the overlay's volume */
  uint32_t claims_block_size;
  bool damaged;                 /* there may be owners that nobody knows */
};

/* Classes as claims: 0 is nobody's. */
static inline uint8_t
account_value (enum account_class which)
{
  return (uint8_t) (which + 1);
}

/* The blocks of the overlay's filesystem, *FROM to *END - 1, where COUNT blocks
 * from BLOCK on of the side's lie, which are checked. */
void account_translate (const struct account_side *side,
                        uint64_t block, uint64_t count,
                        uint64_t *from, uint64_t *end);

void account_claim (struct account_side *side, uint64_t block,
                    uint64_t count, enum account_class which);

/* Claims what has its place by the filesystem's geometry: superblocks,
 * descriptors, bitmaps, inode tables.  -ENOMEM. */
errint_t account_claim_places (struct account_side *side);

/* Claims the blocks of all inodes.  BASE, which may be NULL, tells which files
 * are new.  -ENOMEM. */
errint_t account_claim_inodes (struct account_side *side,
                               const struct filesystem *base);

#endif
