/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The smallest ext4 that can be opened, in memory, around bytes that are to
 * be looked at: for the targets of single readers.
 */
#ifndef DELTAFS_TINY_FILESYSTEM_H
#define DELTAFS_TINY_FILESYSTEM_H

#include <stddef.h>
#include <stdint.h>

#include "blocks.h"
#include "ext/filesystem.h"
#include "memory_disks.h"

/* Blocks of 1,024 bytes; 64 inodes of 256 bytes; the bytes begin at this
 * block. */
#define TINY_BLOCK 1024
#define TINY_INODES 64
#define TINY_FIRST 24
#define TINY_DATA_MAX ((size_t) 512 << 10)

/* Of the flags. */
enum {
  TINY_RECOVER = 1 << 0,        /* inode 8 is a journal in all the data, that
                                 * needs recovery */
  TINY_WIDE = 1 << 1,           /* 64bit */
  TINY_HUGE = 1 << 2,           /* huge_file */
  TINY_SUMS = 1 << 3,           /* metadata_csum */
};

struct tiny_filesystem {
  struct image_pair *pair;      /* owned */
  struct device *device;        /* owned */
  struct blocks *blocks;        /* owned; NULL before it is opened */
  struct ext_filesystem *fs;        /* owned; NULL where it was refused */
  const char *reason;
};

/* Makes it, with SIZE (at most TINY_DATA_MAX) bytes of DATA. */
void tiny_filesystem_make (struct tiny_filesystem *tiny, unsigned flags,
                           const uint8_t *data, size_t size);

/* Inode NUMBER's 256 bytes, to be filled in before it is opened. */
uint8_t *tiny_filesystem_inode (struct tiny_filesystem *tiny,
                                uint32_t number);

/* Fills in an inode whose COUNT blocks from FIRST on are one extent. */
void tiny_filesystem_put_inode (struct tiny_filesystem *tiny, uint32_t number,
                                uint16_t mode, uint32_t first,
                                uint32_t count);

/* Blocks that hold the data. */
uint32_t tiny_filesystem_blocks (const struct tiny_filesystem *tiny);

/* Makes the sums right, and opens it as the overlay's.  -ENOTSUP, -EIO. */
errint_t tiny_filesystem_open (struct tiny_filesystem *tiny);

void tiny_filesystem_clear (struct tiny_filesystem *tiny);

#endif
