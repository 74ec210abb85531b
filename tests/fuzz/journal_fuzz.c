/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A journal of any bytes: a byte of flags, then its blocks.  Bit 0: sums of
 * its blocks (second or third version, as its superblock states) are made
 * right; bits 1 and 2: the filesystem is 64bit, has metadata_csum.
 */
#include <config.h>

#include <string.h>

#include <ext2fs/ext2fs.h>

#include "ext/ondisk.h"
#include "fuzz.h"
#include "tiny_filesystem.h"

#define MAGIC 0xc03b3998u

static void
put_be32 (uint8_t *bytes, uint32_t value)
{
  for (int i = 0; i < 4; ++i)
    bytes[i] = (uint8_t) (value >> (24 - 8 * i));
}

/* Of the superblock, descriptors, commits and revocations; the tags of data
 * are left as they are. */
static void
repair (uint8_t *journal, size_t size)
{
  uint32_t seed;

  put_be32 (journal + 252, 0);
  put_be32 (journal + 252, ext2fs_crc32c_le (~0u, journal, 1024));
  seed = ext2fs_crc32c_le (~0u, journal + 48, 16);
  for (size_t at = TINY_BLOCK; at + TINY_BLOCK <= size; at += TINY_BLOCK) {
    uint8_t *block = journal + at;
    uint32_t kind = ondisk_be32 (block + 4);
    size_t place = kind == 2 ? 16 : TINY_BLOCK - 4;

    if (ondisk_be32 (block) != MAGIC || (kind != 1 && kind != 2 && kind != 5))
      continue;
    put_be32 (block + place, 0);
    put_be32 (block + place, ext2fs_crc32c_le (seed, block, TINY_BLOCK));
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct tiny_filesystem tiny;
  uint8_t block[TINY_BLOCK];
  unsigned flags;

  if (size < 1 + TINY_BLOCK || size - 1 > TINY_DATA_MAX)
    return 0;
  flags = TINY_RECOVER | (data[0] & 2 ? TINY_WIDE : 0) |
    (data[0] & 4 ? TINY_SUMS : 0);
  tiny_filesystem_make (&tiny, flags, data + 1, size - 1);
  if (data[0] & 1)
    repair (tiny.pair->bytes[SIDE_OVERLAY] + TINY_FIRST * TINY_BLOCK,
            (size - 1) / TINY_BLOCK * TINY_BLOCK);
  if (tiny_filesystem_open (&tiny) == 0)
    for (uint64_t i = 0; i < tiny.fs->reader.block_count; ++i)
      ext_filesystem_read_block (tiny.fs, i, block);
  tiny_filesystem_clear (&tiny);
  return 0;
}
