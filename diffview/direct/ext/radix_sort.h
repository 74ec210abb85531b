/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Sorting very many records by numbers that are in them, some bits at a time
 * from the last ones on: several times as fast as by comparing.
 */
#ifndef DELTAFS_EXT_RADIX_SORT_H
#define DELTAFS_EXT_RADIX_SORT_H

#include <stddef.h>
#include <stdint.h>

#include "errint.h"

/* An unsigned number in a record, in the machine's own form. */
struct radix_key {
  size_t offset;
  size_t size;                  /* 4 or 8 bytes */
};

#define RADIX_KEY(type, field)                                          \
  { offsetof (type, field), sizeof ((const type *) NULL)->field }

/* Sorts COUNT records of SIZE bytes by KEYS, of which the first one counts
 * most; records that are equal in all of them stay in their order.  Needs as
 * much memory again, and up to 4 MiB; -ENOMEM, and then LIST is as it was, also
 * for more than UINT32_MAX records. */
errint_t radix_sort (void *list, size_t count, size_t size,
                     const struct radix_key *keys, size_t key_count);

#endif
