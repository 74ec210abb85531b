/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reading block bitmaps (Documentation/filesystems/ext4 of Linux,
 * bitmaps.rst and group_descr.rst).
 */
#include <config.h>

#include <stdlib.h>

#include <ext2fs/ext2fs.h>

#include "block_bitmap.h"
#include "ondisk.h"

#define NO_GROUP UINT64_MAX

errint_t
block_bitmap_init (struct block_bitmap *bitmap, const struct filesystem *fs)
{
  *bitmap = (struct block_bitmap) { .fs = fs, .group = NO_GROUP };
  bitmap->bits = malloc (fs->block_size);
  return bitmap->bits == NULL ? -ENOMEM :
    blocks_read (fs->blocks, fs->side, bitmap->super, sizeof bitmap->super,
                 SUPERBLOCK_OFFSET);
}

void
block_bitmap_clear (struct block_bitmap *bitmap)
{
  free (bitmap->bits);
  bitmap->bits = NULL;
}

static errint_t
read_group (struct block_bitmap *bitmap, uint32_t group)
{
  const struct filesystem *fs = bitmap->fs;
  uint32_t in_block = fs->block_size / fs->descriptor_size;
  const uint8_t *raw = bitmap->bits + group % in_block * fs->descriptor_size;
  uint64_t place;
  errint_t err = filesystem_read_block
    (fs, superblock_descriptor_block (fs, bitmap->super, group / in_block),
     bitmap->bits);

  bitmap->group = NO_GROUP;
  if (err < 0)
    return err;
  bitmap->unused = filesystem_has_ro_compat
    (fs, EXT4_FEATURE_RO_COMPAT_GDT_CSUM |
     EXT4_FEATURE_RO_COMPAT_METADATA_CSUM) &&
    (ONDISK_LE16 (raw, struct ext4_group_desc, bg_flags) &
     EXT2_BG_BLOCK_UNINIT) != 0;
  place = ONDISK_LE32 (raw, struct ext4_group_desc, bg_block_bitmap);
  if (fs->descriptor_size >= 64)
    place |= (uint64_t) ONDISK_LE32 (raw, struct ext4_group_desc,
                                     bg_block_bitmap_hi) << 32;
  if (!bitmap->unused)
    err = place == 0 ? -EIO :
      filesystem_read_block (fs, place, bitmap->bits);
  if (err == 0)
    bitmap->group = group;
  return err;
}

errint_t
block_bitmap_is_free (struct block_bitmap *bitmap, uint64_t block,
                      bool *is_free)
{
  const struct filesystem *fs = bitmap->fs;
  uint64_t place = block - fs->first_data_block;
  uint64_t group = place / fs->blocks_per_group;
  uint64_t bit = place % fs->blocks_per_group;
  errint_t err = 0;

  if (!filesystem_has_blocks (fs, block, 1))
    return -EIO;
  /* A bit for each block, none for clusters. */
  if (bit / 8 >= fs->block_size)
    return -EIO;
  if (group != bitmap->group)
    err = read_group (bitmap, (uint32_t) group);
  if (err == 0)
    *is_free = bitmap->unused || !(bitmap->bits[bit / 8] >> bit % 8 & 1);
  return err;
}
