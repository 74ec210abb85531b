/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Directories of FAT and exFAT, and the files in them.
 *
 * There are no inodes.  What stands for one here is the place of its directory
 * entry, which is found again without a search: the entry's byte position in
 * units of its size, doubled, and one added when the directory that holds it
 * is contiguous (exFAT: the parts of an entry may lie in two clusters).  The
 * root has a number that no entry can have.  Such numbers say nothing of
 * identity: a file that is moved gets another one.
 */
#ifndef DELTAFS_FAT_DIRECTORY_H
#define DELTAFS_FAT_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "entry.h"
#include "errint.h"
#include "fat/volume.h"

#define FAT_ROOT 1

/* Attribute bits (FAT specification, section 6; exFAT, section 7.4.4). */
enum {
  FAT_READ_ONLY = 0x01,
  FAT_HIDDEN = 0x02,
  FAT_SYSTEM = 0x04,
  FAT_LABEL = 0x08,             /* FAT alone */
  FAT_DIRECTORY = 0x10,
  FAT_LONG_NAME = 0x0f,         /* FAT alone: all four */
};

/* What a directory entry says of a file. */
struct fat_file {
  uint64_t size;                /* bytes; of a directory in FAT 0 */
  uint64_t valid;               /* behind these bytes it reads as zeros */
  uint32_t cluster;             /* the first one, or 0 */
  uint16_t attributes;
  bool contiguous;
  struct entry_time mtime, atime, crtime;
};

/* Reads what stands for inode NUMBER.  -EIO where there is no such entry or it
 * cannot be read; -ENOMEM, -EREMOTEIO. */
errint_t fat_file_read (const struct fat_volume *volume, uint64_t number,
                        struct fat_file *file);

/* Is called for each name but "." and ".."; the name may be any bytes.  A result
 * that is not 0 ends the walk and is its result. */
typedef int fat_directory_visit (void *opaque, const char *name, size_t length,
                                 uint64_t number, bool is_directory);

/* Calls VISIT for the names of directory NUMBER in disk order.  *INCOMPLETE
 * becomes true where a part cannot be read or makes no sense.  0, what VISIT
 * gave, -EIO when NUMBER is no directory, -ENOMEM, -EREMOTEIO. */
int fat_directory_iterate (const struct fat_volume *volume, uint64_t number,
                           fat_directory_visit *visit, void *opaque,
                           bool *incomplete);

#endif
