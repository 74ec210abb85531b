/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The smallest ext4, see tiny_filesystem.h.
 */
#include <config.h>

#include <string.h>

#include "ext/ondisk.h"
#include "ext_bytes.h"
#include "fuzz.h"
#include "pair_device.h"
#include "tiny_filesystem.h"

#define INODE_SIZE 256
#define TABLE 5                 /* block of the inode table */

static void
put_super (struct tiny_filesystem *tiny, unsigned flags)
{
  uint8_t *super = tiny->pair->bytes[SIDE_OVERLAY] + TINY_BLOCK;
  uint32_t blocks =
    (uint32_t) (tiny->pair->size[SIDE_OVERLAY] / TINY_BLOCK);

  ondisk_put_le32 (super, TINY_INODES);
  ondisk_put_le32 (super + 4, blocks);
  ondisk_put_le32 (super + 20, 1);
  ondisk_put_le32 (super + 32, 8192);
  ondisk_put_le32 (super + 36, 8192);
  ondisk_put_le32 (super + 40, TINY_INODES);
  ondisk_put_le16 (super + 56, 0xef53);
  ondisk_put_le32 (super + 76, 1);
  ondisk_put_le32 (super + 84, 11);
  ondisk_put_le16 (super + 88, INODE_SIZE);
  ondisk_put_le32 (super + 92, 0x38 | (flags & TINY_RECOVER ? 4 : 0));
  ondisk_put_le32 (super + 96, 0x42 | (flags & TINY_RECOVER ? 4 : 0) |
                   (flags & TINY_WIDE ? 0x80 : 0) | 0x8400);
  ondisk_put_le32 (super + 100, 0x43 | (flags & TINY_HUGE ? 8 : 0) |
                   (flags & TINY_SUMS ? 0x400 : 0));
  memset (super + 104, 0x5a, 16);
  if (flags & TINY_RECOVER)
    ondisk_put_le32 (super + 224, 8);
  if (flags & TINY_WIDE)
    ondisk_put_le16 (super + 254, 64);
  ondisk_put_le16 (super + 348, 32);
  ondisk_put_le16 (super + 350, 32);
  super[375] = 1;               /* crc32c */
}

void
tiny_filesystem_make (struct tiny_filesystem *tiny, unsigned flags,
                      const uint8_t *data, size_t size)
{
  struct image_pair *pair = calloc (1, sizeof *pair);
  size_t blocks = TINY_FIRST + (size + TINY_BLOCK - 1) / TINY_BLOCK;

  FUZZ_REQUIRE (pair != NULL && size <= TINY_DATA_MAX);
  *tiny = (struct tiny_filesystem) { .pair = pair };
  pair->size[SIDE_OVERLAY] = blocks * TINY_BLOCK;
  pair->bytes[SIDE_OVERLAY] = calloc (blocks, TINY_BLOCK);
  FUZZ_REQUIRE (pair->bytes[SIDE_OVERLAY] != NULL);
  if (size > 0)
    memcpy (pair->bytes[SIDE_OVERLAY] + TINY_FIRST * TINY_BLOCK, data, size);
  put_super (tiny, flags);
  ondisk_put_le32 (pair->bytes[SIDE_OVERLAY] + 2 * TINY_BLOCK + 8, TABLE);
  tiny_filesystem_put_inode (tiny, 2, 040755, TINY_FIRST, 0);
  if (flags & TINY_RECOVER)
    tiny_filesystem_put_inode (tiny, 8, 0100600, TINY_FIRST,
                               tiny_filesystem_blocks (tiny));
}

uint8_t *
tiny_filesystem_inode (struct tiny_filesystem *tiny, uint32_t number)
{
  return tiny->pair->bytes[SIDE_OVERLAY] + TABLE * TINY_BLOCK +
    (size_t) (number - 1) * INODE_SIZE;
}

void
tiny_filesystem_put_inode (struct tiny_filesystem *tiny, uint32_t number,
                           uint16_t mode, uint32_t first, uint32_t count)
{
  uint8_t *inode = tiny_filesystem_inode (tiny, number);

  memset (inode, 0, INODE_SIZE);
  ondisk_put_le16 (inode, mode);
  ondisk_put_le32 (inode + 4, count * TINY_BLOCK);
  ondisk_put_le16 (inode + 26, 1);
  ondisk_put_le32 (inode + 28, count * 2);
  ondisk_put_le32 (inode + 32, 0x80000);
  ondisk_put_le16 (inode + 40, 0xf30a);
  ondisk_put_le16 (inode + 42, count > 0);
  ondisk_put_le16 (inode + 44, 4);
  ondisk_put_le16 (inode + 56, (uint16_t) count);
  ondisk_put_le32 (inode + 60, first);
  ondisk_put_le16 (inode + 128, 32);
}

uint32_t
tiny_filesystem_blocks (const struct tiny_filesystem *tiny)
{
  return (uint32_t) (tiny->pair->size[SIDE_OVERLAY] / TINY_BLOCK) -
    TINY_FIRST;
}

errint_t
tiny_filesystem_open (struct tiny_filesystem *tiny)
{
  struct device *device[SIDES] = { NULL };
  struct ext_bytes ext;
  errint_t err;

  FUZZ_REQUIRE (ext_bytes_open (&ext, tiny->pair->bytes[SIDE_OVERLAY],
                                tiny->pair->size[SIDE_OVERLAY]));
  ext_bytes_repair (&ext);
  FUZZ_REQUIRE (pair_device_open (tiny->pair, SIDE_OVERLAY, &tiny->device)
                == 0);
  device[SIDE_OVERLAY] = tiny->device;
  FUZZ_REQUIRE (blocks_new (device, &tiny->blocks) == 0);
  err = ext_filesystem_open (tiny->blocks, SIDE_OVERLAY, &tiny->reason,
                             &tiny->fs);
  FUZZ_REQUIRE (err == 0 || tiny->reason != NULL);
  return err;
}

void
tiny_filesystem_clear (struct tiny_filesystem *tiny)
{
  if (tiny->fs != NULL)
    ext_filesystem_free (tiny->fs);
  if (tiny->blocks != NULL)
    blocks_free (tiny->blocks);
  if (tiny->device != NULL)
    device_close (tiny->device);
  pair_close (tiny->pair);
}
