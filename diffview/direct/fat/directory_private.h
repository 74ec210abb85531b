/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files that make up fat/directory.h share.
 */
#ifndef DELTAFS_FAT_DIRECTORY_PRIVATE_H
#define DELTAFS_FAT_DIRECTORY_PRIVATE_H

#include "fat/cursor.h"
#include "fat/directory.h"

/* A walk over the entries of one directory. */
struct fat_walk {
  const struct fat_volume *volume;
  struct fat_cursor cursor;
  bool flag;                    /* of the numbers of its members */
  fat_directory_visit *visit;
  void *opaque;
};

/* The number of the entry at a byte position. */
static inline uint64_t
fat_number (uint64_t position, bool flag)
{
  return position / FAT_ENTRY_SIZE << 1 | flag;
}

/* A date and time of FAT as Linux shows it, without a time zone; HUNDREDTHS of
 * a second, 0 to 199 in an honest one, are added. */
struct entry_time fat_time (uint16_t date, uint16_t time,
                            unsigned hundredths);

/* As fat_file_read, of the entry at POSITION. */
errint_t fat_read_file (const struct fat_volume *volume, uint64_t position,
                        struct fat_file *file);
errint_t fat_read_exfat_file (const struct fat_volume *volume,
                              uint64_t position, bool contiguous,
                              struct fat_file *file);

/* As fat_directory_iterate; damage is the cursor's. */
int fat_walk (struct fat_walk *walk);
int fat_walk_exfat (struct fat_walk *walk);

#endif
