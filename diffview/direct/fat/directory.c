/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is the same for FAT and exFAT, see fat/directory.h.
 */
#include <config.h>

#include <errno.h>

#include "fat/cursor.h"
#include "fat/directory_private.h"

struct entry_time
fat_time (uint16_t date, uint16_t time, unsigned hundredths)
{
  /* Days before a month; Linux takes the impossible ones as 0 or as January
   * (fs/fat/misc.c). */
  static const uint16_t days[16] = {
    0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 0, 0, 0,
  };
  unsigned year = date >> 9, month = date >> 5 & 15, day = date & 31;
  unsigned leap_days = (year + 3) / 4;

  if (month == 0)
    month = 1;
  if (day == 0)
    day = 1;
  if (year > 120)               /* 2100 is no leap year */
    --leap_days;
  if (year % 4 == 0 && year != 120 && month > 2)
    ++leap_days;
  return (struct entry_time) {
    .seconds = ((int64_t) year * 365 + leap_days + days[month] + day - 1
                + 3652) * 86400
      + (time >> 11) * 3600 + (time >> 5 & 63) * 60 + (time & 31) * 2
      + hundredths / 100,
    .nanoseconds = hundredths % 100 * 10000000,
  };
}

errint_t
fat_file_read (const struct fat_volume *volume, uint64_t number,
               struct fat_file *file)
{
  uint64_t position = (number >> 1) * FAT_ENTRY_SIZE;

  if (number == FAT_ROOT) {
    *file = (struct fat_file) {
      .cluster = volume->root_cluster, .attributes = FAT_DIRECTORY,
    };
    return 0;
  }
  if (position >= volume->length)
    return -EIO;
  return volume->kind == FAT_EX
    ? fat_read_exfat_file (volume, position, (number & 1) != 0, file)
    : fat_read_file (volume, position, file);
}

/* Has a directory of exFAT fewer clusters than it says?  Whether it has more is
 * not asked: Linux shows what is in them. */
static bool
ends_too_early (const struct fat_cursor *cursor, const struct fat_file *file)
{
  uint64_t length = file->cluster == 0 ? 0
    : ((uint64_t) cursor->chain.passed + 1)
    * cursor->chain.volume->cluster_size;

  return cursor->left == 0 && length < file->size;
}

int
fat_directory_iterate (const struct fat_volume *volume, uint64_t number,
                       fat_directory_visit *visit, void *opaque,
                       bool *incomplete)
{
  struct fat_walk walk = { .volume = volume, .visit = visit, .opaque = opaque };
  struct fat_file file;
  int result = fat_file_read (volume, number, &file);

  if (result < 0)
    return result;
  if (!(file.attributes & FAT_DIRECTORY))
    return -EIO;
  if (number == FAT_ROOT)
    fat_cursor_start_root (volume, &walk.cursor);
  else
    fat_cursor_start (volume, file.cluster, file.contiguous,
                      file.contiguous ? file.size : UINT64_MAX, &walk.cursor);
  walk.flag = file.contiguous;
  result = volume->kind == FAT_EX ? fat_walk_exfat (&walk) : fat_walk (&walk);
  if (walk.cursor.damaged || ends_too_early (&walk.cursor, &file))
    *incomplete = true;
  return result;
}
