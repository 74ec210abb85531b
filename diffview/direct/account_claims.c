/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From bytes of a side's device to blocks of the overlay's filesystem.
 */
#include <config.h>

#include "account_claims.h"

/* The blocks *FROM to *END - 1 in which the bytes lie. */
static void
translate (const struct account_claims *claims, uint64_t position,
           uint64_t length, uint64_t *from, uint64_t *end)
{
  uint64_t start = claims->offset + position;
  uint64_t stop = start + length;

  start = start > claims->claims_offset ? start - claims->claims_offset : 0;
  stop = stop > claims->claims_offset ? stop - claims->claims_offset : 0;
  *from = start / claims->claims_block_size;
  *end = stop / claims->claims_block_size
    + (stop % claims->claims_block_size != 0);
}

void
account_claim (struct account_claims *claims, uint64_t position,
               uint64_t length, enum account_class which)
{
  uint64_t from, end;

  translate (claims, position, length, &from, &end);
  claims_add (&claims->claims, from, end, account_value (which));
}

bool
account_concerns (const struct account_claims *claims, uint64_t position,
                  uint64_t length)
{
  uint64_t from, end;

  translate (claims, position, length, &from, &end);
  return claims_concern (&claims->claims, from, end);
}
