/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The clusters of a file or directory, one after another: through the
 * allocation table, or side by side where exFAT says that they are.
 */
#ifndef DELTAFS_FAT_CHAIN_H
#define DELTAFS_FAT_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "errint.h"
#include "fat/volume.h"

#define FAT_CHAIN_WINDOW 4096

/* Plain data, nothing to free.  One thread. */
struct fat_chain {
  const struct fat_volume *volume;      /* borrowed */
  uint32_t cluster;             /* the present one; 0 behind the last */
  uint32_t passed;              /* clusters before it */
  bool contiguous;
  uint64_t window_start;        /* a piece of the allocation table … */
  uint32_t window_length;       /* … of so many bytes */
  unsigned char window[FAT_CHAIN_WINDOW];
};

/* Starts with cluster FIRST; 0 is a chain without clusters.  CONTIGUOUS: the
 * table is not asked.  -EIO when FIRST is no cluster of the volume: the chain
 * has none then. */
errint_t fat_chain_start (const struct fat_volume *volume, uint32_t first,
                          bool contiguous, struct fat_chain *chain);

/* Goes on to the next cluster.  -EIO where the table leads outside the volume,
 * to a free cluster, or in a circle: the chain has ended then; -ENOMEM,
 * -EREMOTEIO. */
errint_t fat_chain_next (struct fat_chain *chain);

#endif
