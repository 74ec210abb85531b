/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which blocks a filesystem calls free.  Only a base is asked: of the
 * overlay's bitmaps nothing is believed.
 */
#ifndef DELTAFS_EXT_BLOCK_BITMAP_H
#define DELTAFS_EXT_BLOCK_BITMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "errint.h"
#include "filesystem.h"
#include "superblock.h"

struct block_bitmap {
  const struct filesystem *fs;  /* borrowed */
  uint8_t super[SUPERBLOCK_SIZE];
  uint8_t *bits;                /* owned: of the group that was asked last */
  uint64_t group;
  bool unused;                  /* nothing of the group was ever used */
};

/* Begins.  -EIO, -ENOMEM; to be cleared in any case. */
errint_t block_bitmap_init (struct block_bitmap *bitmap,
                            const struct filesystem *fs);
void block_bitmap_clear (struct block_bitmap *bitmap);

/* Is BLOCK, one of the filesystem's, called free?  What lies in a group by
 * the filesystem's geometry may count as free in one that was never used.
 * -EIO where the bitmap cannot be read, -ENOMEM. */
errint_t block_bitmap_is_free (struct block_bitmap *bitmap, uint64_t block,
                               bool *is_free);

#endif
