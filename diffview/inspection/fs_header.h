/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a filesystem's superblock says of it, whichever engine reads the rest:
 * how old it is in what was written to it.  Bytes at fixed places, and no more
 * than that is known of any format here.
 */
#ifndef DELTAFS_FS_HEADER_H
#define DELTAFS_FS_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "pair.h"
#include "volumes.h"

#define FS_HEADER_IDENTITY 24

struct fs_header {
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

/* Reads what lies on the disk of SIDE: no journal is replayed.  VOLUME may be
 * NULL.  False where there is no superblock of a known type. */
bool fs_header_read (struct image_pair *pair, enum side side,
                      const struct volume *volume,
                      struct fs_header *header);

#endif
