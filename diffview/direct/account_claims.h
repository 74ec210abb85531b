/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What one side's filesystem says of the written blocks: whose they are.
 */
#ifndef DELTAFS_DIRECT_ACCOUNT_CLAIMS_H
#define DELTAFS_DIRECT_ACCOUNT_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

#include "account.h"
#include "claims.h"

struct account_claims {
  uint64_t offset;              /* of the side's device, bytes of the disk */
  /* What is claimed: blocks of the overlay's filesystem, whichever side this
   * is.  The values are those of account_value. */
  struct claims claims;
  uint64_t claims_offset;       /* of the overlay's device */
  uint32_t claims_block_size;
  bool damaged;                 /* there may be owners that nobody knows: for
                                 * those who claim to set */
};

/* Classes as claims: 0 is nobody's. */
static inline uint8_t
account_value (enum account_class which)
{
  return (uint8_t) (which + 1);
}

/* Says whose LENGTH bytes of the side's device at POSITION are; who is first has
 * them.  The caller has checked that they are the filesystem's. */
void account_claim (struct account_claims *claims, uint64_t position,
                    uint64_t length, enum account_class which);

/* Is anything of it asked for now?  If not, there is no need to find out whose
 * it is. */
bool account_concerns (const struct account_claims *claims,
                       uint64_t position, uint64_t length);

#endif
