/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Replays changes of buffers: chunks of 128 bytes, those that a map names
 * (fs/xfs/xfs_buf_item_recover.c of Linux).
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "crc32c.h"
#include "xfs/recovery_private.h"

#define CHUNK 128
#define BUFFER_MAX (XFS_BLOCK_MAX / XFS_BASIC_BLOCK)

/* Types of buffers (enum xfs_blft). */
enum {
  TYPE_BTREE = 4,
  TYPE_FREE_SPACE = 5,
  TYPE_FREE_LIST = 6,
  TYPE_INODE_GROUP = 7,
  TYPE_SYMLINK = 9,
  TYPE_DIRECTORY_BLOCK = 10,
  TYPE_DIRECTORY_DATA = 11,
  TYPE_DIRECTORY_FREE = 12,
  TYPE_DIRECTORY_LEAF = 13,
  TYPE_DIRECTORY_LEAVES = 14,
  TYPE_NODE = 15,
  TYPE_ATTRIBUTE_LEAF = 16,
  TYPE_SUPERBLOCK = 18,
};

#define MAGIC_MAP_TREE UINT32_C (0x424d4133)    /* "BMA3" */

errint_t
xfs_recover_buffer_format (const struct xfs_recovery *recovery,
                          const struct xfs_item *item,
                          struct xfs_buffer_format *format)
{
  const struct xfs_region *region = &item->regions[0];
  uint64_t sectors
    = recovery->fs->block_count << (recovery->fs->block_log - 9);

  if (region->length < 20)
    return xfs_recover_damaged (recovery);
  *format = (struct xfs_buffer_format) {
    .flags = bytes_le16 (region->bytes + 4) & 0x7ffU,
    .type = bytes_le16 (region->bytes + 4) >> 11,
    .count = bytes_le16 (region->bytes + 6),
    .first = bytes_le64 (region->bytes + 8),
    .map_words = bytes_le32 (region->bytes + 16),
    .map = region->bytes + 20,
  };
  return format->count == 0 || format->count > BUFFER_MAX
    || format->first >= sectors || format->count > sectors - format->first
    || format->map_words > (region->length - 20) / 4
    ? xfs_recover_damaged (recovery) : 0;
}

void
xfs_recover_put_checksum (uint8_t *bytes, size_t length, size_t crc)
{
  uint32_t sum;

  memset (bytes + crc, 0, 4);
  sum = ~crc32c (UINT32_MAX, bytes, length);
  for (int i = 0; i < 4; ++i)
    bytes[crc + (size_t) i] = (uint8_t) (sum >> (8 * i));
}

/* Where the checksum of such a buffer is; 0 where it has none. */
static size_t
checksum_offset (const struct xfs_buffer_format *format, const uint8_t *bytes)
{
  switch (format->type) {
  case TYPE_BTREE:
    return bytes_be32 (bytes) == MAGIC_MAP_TREE ? 64 : 52;
  case TYPE_FREE_SPACE: return 216;
  case TYPE_FREE_LIST: return 32;
  case TYPE_INODE_GROUP: return 312;
  case TYPE_SUPERBLOCK: return 224;
  case TYPE_DIRECTORY_BLOCK:
  case TYPE_DIRECTORY_DATA:
  case TYPE_DIRECTORY_FREE:
    return 4;
  case TYPE_SYMLINK:
  case TYPE_DIRECTORY_LEAF:
  case TYPE_DIRECTORY_LEAVES:
  case TYPE_NODE:
  case TYPE_ATTRIBUTE_LEAF:
    return 12;
  default:
    return 0;
  }
}

/* The log sequence number of what the block holds now, by its magic; 0 where it has
 * none or is not this filesystem's: then it is replayed in any case. */
static uint64_t
present_sequence (const struct xfs_filesystem *fs, const uint8_t *bytes)
{
  /* Four bytes of magic, offsets of sequence number and UUID. */
  static const struct {
    char magic[5];
    uint16_t sequence, uuid;
  } kinds[] = {
    { "AB3B", 24, 32 }, { "AB3C", 24, 32 }, { "IAB3", 24, 32 },
    { "FIB3", 24, 32 }, { "RMB3", 24, 32 }, { "R3FC", 24, 32 },
    { "BMA3", 32, 40 },
    { "XAGF", 208, 64 }, { "XAFL", 24, 8 }, { "XAGI", 320, 296 },
    { "XSLM", 48, 16 },
    { "XDB3", 16, 24 }, { "XDD3", 16, 24 }, { "XDF3", 16, 24 },
  };
  static const uint16_t leaves[] = { 0x3df1, 0x3dff, 0x3ebe, 0x3bee };

  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; ++i)
    if (memcmp (bytes, kinds[i].magic, 4) == 0)
      return memcmp (bytes + kinds[i].uuid, fs->uuid, XFS_UUID_SIZE) == 0
        ? bytes_be64 (bytes + kinds[i].sequence) : 0;
  for (size_t i = 0; i < sizeof leaves / sizeof leaves[0]; ++i)
    if (bytes_be16 (bytes + 8) == leaves[i])
      return memcmp (bytes + 32, fs->uuid, XFS_UUID_SIZE) == 0
        ? bytes_be64 (bytes + 24) : 0;
  if (memcmp (bytes, "XFSB", 4) == 0)
    return bytes_be64 (bytes + 240);
  return 0;
}

static bool
map_has (const struct xfs_buffer_format *format, uint32_t bit)
{
  return bit / 32 < format->map_words
    && (bytes_le32 (format->map + bit / 32 * 4) >> (bit % 32) & 1) != 0;
}

/* Copies the logged chunks into the buffer.  A run of the map is a region, or
 * several where pages of memory end in it. */
static errint_t
apply (const struct xfs_recovery *recovery, const struct xfs_item *item,
       const struct xfs_buffer_format *format, uint8_t *bytes)
{
  uint32_t bits = format->count * XFS_BASIC_BLOCK / CHUNK;
  unsigned next = 1;            /* region */

  for (uint32_t bit = 0; bit < bits;) {
    uint32_t end = bit;

    while (end < bits && map_has (format, end))
      ++end;
    if (end == bit) {
      ++bit;
      continue;
    }
    if (next >= item->count || item->regions[next].length < CHUNK)
      return xfs_recover_damaged (recovery);
    if (end - bit > item->regions[next].length / CHUNK)
      end = bit + item->regions[next].length / CHUNK;
    memcpy (bytes + (size_t) bit * CHUNK, item->regions[next++].bytes,
            (size_t) (end - bit) * CHUNK);
    bit = end;
  }
  return 0;
}

errint_t
xfs_recover_buffer (struct xfs_recovery *recovery,
                   const struct xfs_item *item, uint64_t sequence)
{
  CLEANUP_FREE_BYTES uint8_t *bytes = NULL;
  struct xfs_buffer_format format;
  size_t length, crc;
  uint64_t present;
  errint_t err = xfs_recover_buffer_format (recovery, item, &format);

  if (err < 0
      || xfs_recover_is_cancelled (recovery, format.first, format.count))
    return err;
  length = (size_t) format.count * XFS_BASIC_BLOCK;
  bytes = malloc (2 * length);
  if (bytes == NULL)
    return -ENOMEM;
  err = xfs_sectors_read (&recovery->sectors, format.first, format.count,
                          bytes);
  if (err < 0)
    return err;
  present = present_sequence (recovery->fs, bytes);
  if (present != 0 && present != UINT64_MAX && present >= sequence)
    return 0;
  memcpy (bytes + length, bytes, length);
  err = apply (recovery, item, &format, bytes + length);
  if (err < 0)
    return err;
  crc = checksum_offset (&format, bytes + length);
  if (crc != 0)
    xfs_recover_put_checksum (bytes + length, length, crc);
  return xfs_sectors_write (&recovery->sectors, format.first, format.count,
                            bytes, bytes + length);
}
