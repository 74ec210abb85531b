/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The entries of a directory one after another, wherever they lie: in clusters
 * or, the root of FAT12 and FAT16, in a place of its own.  Must not know what
 * they mean.
 */
#ifndef DELTAFS_FAT_CURSOR_H
#define DELTAFS_FAT_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "errint.h"
#include "fat/chain.h"

#define FAT_CURSOR_PIECE 4096

/* Plain data, nothing to free.  One thread. */
struct fat_cursor {
  struct fat_chain chain;
  uint64_t left;                /* bytes of the directory still to come */
  uint64_t position;            /* of the next byte … */
  uint32_t piece_left;          /* … and how many follow in this cluster */
  uint32_t at, end;             /* what of BYTES was not given yet */
  bool damaged;                 /* a part could not be read */
  unsigned char bytes[FAT_CURSOR_PIECE];
};

/* Starts with the entries of a directory whose first cluster is CLUSTER and
 * which has LENGTH bytes, UINT64_MAX where its chain alone says that. */
void fat_cursor_start (const struct fat_volume *volume, uint32_t cluster,
                       bool contiguous, uint64_t length,
                       struct fat_cursor *cursor);

/* The same in the root directory of the volume. */
void fat_cursor_start_root (const struct fat_volume *volume,
                            struct fat_cursor *cursor);

/* Gives the next entry, FAT_ENTRY_SIZE bytes that stay valid until the next call,
 * and its byte position in the volume.  1, 0 behind the last one, -ENOMEM,
 * -EREMOTEIO.  What cannot be read is left out and makes the cursor damaged. */
int fat_cursor_next (struct fat_cursor *cursor, const unsigned char **entry,
                     uint64_t *position);

#endif
