/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One side's FAT as its own files know it behind struct reader.
 */
#ifndef DELTAFS_FAT_PRIVATE_H
#define DELTAFS_FAT_PRIVATE_H

#include "fat/volume.h"
#include "format.h"

struct fat_reader {
  struct reader reader;         /* first: the two are converted */
  struct fat_volume volume;
};

static inline const struct fat_volume *
fat_volume_of (const struct reader *reader)
{
  return &((const struct fat_reader *) reader)->volume;
}

#endif
