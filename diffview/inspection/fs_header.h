/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a filesystem's superblock says of it, whichever engine reads the rest:
 * where it ends, and how old it is in what was written to it.  Bytes at fixed
 * places, and no more than that is known of any format here.
 */
#ifndef DELTAFS_FS_HEADER_H
#define DELTAFS_FS_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "volumes.h"

#define FS_HEADER_IDENTITY 24
#define FS_HEADER_START_MAX 1024        /* the largest START, bytes */

struct fs_header {
  /* The filesystem is what of its volume lies from START to END, bytes, START
   * at most END, and that at most the volume's: nothing behind or in front of it
   * is its own.  END is that of the volume where the format is not known. */
  uint64_t start, end;
  /* What grows with the filesystem's life and never goes back, as long as
   * nobody means it to: of one filesystem, the side with the smaller number has
   * seen less.  0: not known. */
  uint64_t clock;
  const char *clock_unit;       /* what it counts, for messages */
  uint64_t written;             /* time of the last write by the guest's clock,
                                 * seconds since 1970; 0: not known */
  /* Of a filesystem from mkfs on: one that is made anew gets another one, as
   * far as the format can tell. */
  uint8_t identity[FS_HEADER_IDENTITY];
};

/* Reads what lies in VOLUME, which may be NULL: no journal is replayed.  False where there is no superblock of a known type; START and END are
 * right then, too.  Swap counts as a filesystem. */
bool fs_header_read (const struct volume *volume,
                     struct fs_header *header);

#endif
