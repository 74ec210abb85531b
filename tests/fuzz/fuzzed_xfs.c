/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * XFS for engine_fuzz.c, seen without the product's reader: metadata is known by
 * its magic numbers, wherever it lies.
 */
#include <config.h>

#include <string.h>

#include "bytes.h"
#include "crc32c.h"
#include "fuzzed_format.h"

#define SECTOR 512u
#define RECORD_MAGIC 0xfeedbabeu
#define RECORD_HEADER 328u
#define SPAN 32768u             /* bytes of a record for each of its headers */

const char fuzzed_type[] = "xfs";

struct xfs_bytes {
  uint8_t *bytes;
  size_t size, block_size, log, log_end;
};

/* False for what is too damaged to say. */
static bool
xfs_bytes_open (struct xfs_bytes *xfs, uint8_t *bytes, size_t size)
{
  uint64_t block, blocks, log;
  unsigned shift;

  if (size < 16 * SECTOR || memcmp (bytes, "XFSB", 4) != 0)
    return false;
  block = bytes_be32 (bytes + 4);
  shift = bytes[124] & 31u;
  log = bytes_be64 (bytes + 48);
  log = (log >> shift) * bytes_be32 (bytes + 84)
    + (log & ((UINT64_C (1) << shift) - 1));
  blocks = bytes_be32 (bytes + 96);
  if (block < SECTOR || block > 65536 || (block & (block - 1)) != 0
      || log > size / block || blocks > size / block - log)
    return false;
  *xfs = (struct xfs_bytes) {
    .bytes = bytes, .size = size / block * block, .block_size = block,
    .log = log * block, .log_end = (log + blocks) * block,
  };
  return xfs->size > 0;
}

static bool
in_log (const struct xfs_bytes *xfs, size_t at)
{
  return at >= xfs->log && at < xfs->log_end;
}

static void
put_sum (uint8_t *bytes, size_t length, size_t at)
{
  uint32_t sum;

  memset (bytes + at, 0, 4);
  sum = ~crc32c (UINT32_MAX, bytes, length);
  for (unsigned i = 0; i < 4; ++i)
    bytes[at + i] = (uint8_t) (sum >> 8 * i);
}

/* The place of the sum and the length of what it is of; 0: none. */
static size_t
sum_of (const struct xfs_bytes *xfs, size_t at, size_t *length)
{
  static const struct {
    char magic[5];
    uint16_t sum;
    bool block;
  } kinds[] = {
    { "XFSB", 224, false }, { "XAGF", 216, false }, { "XAGI", 312, false },
    { "XAFL", 32, false },
    { "AB3B", 52, true }, { "AB3C", 52, true }, { "IAB3", 52, true },
    { "FIB3", 52, true }, { "RMB3", 52, true }, { "R3FC", 52, true },
    { "BMA3", 64, true }, { "XDB3", 4, true }, { "XDD3", 4, true },
    { "XDF3", 4, true }, { "XSLM", 12, true }, { "XARM", 12, true },
  };
  const uint8_t *bytes = xfs->bytes + at;

  *length = SECTOR;
  if (bytes[0] == 'I' && bytes[1] == 'N' && bytes[4] == 3)
    return 100;
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; ++i)
    if (memcmp (bytes, kinds[i].magic, 4) == 0
        && (!kinds[i].block || at % xfs->block_size == 0)) {
      *length = kinds[i].block ? xfs->block_size : SECTOR;
      return kinds[i].sum;
    }
  *length = xfs->block_size;
  switch (at % xfs->block_size == 0 ? bytes_be16 (bytes + 8) : 0) {
  case 0x3df1: case 0x3dff: case 0x3ebe: case 0x3bee: return 12;
  default: return 0;
  }
}

/* A record of the log, that does not go around its end. */
static void
repair_record (const struct xfs_bytes *xfs, size_t at)
{
  uint8_t *header = xfs->bytes + at;
  uint32_t length = bytes_be32 (header + 12), size = bytes_be32 (header + 320);
  size_t headers = size > SPAN ? (size + SPAN - 1) / SPAN : 1;
  uint32_t sum;

  if (length == 0 || headers > 64
      || headers * SECTOR + length > xfs->log_end - at)
    return;
  memset (header + 32, 0, 4);
  sum = crc32c (UINT32_MAX, header, RECORD_HEADER);
  for (size_t i = 1; i < (length + SPAN - 1) / SPAN && i < headers; ++i)
    sum = crc32c (sum, header + i * SECTOR, 260);
  sum = ~crc32c (sum, header + headers * SECTOR, length);
  for (unsigned i = 0; i < 4; ++i)
    header[32 + i] = (uint8_t) (sum >> 8 * i);
}

void
fuzzed_repair (uint8_t *bytes, size_t size)
{
  struct xfs_bytes xfs;

  if (!xfs_bytes_open (&xfs, bytes, size))
    return;
  for (size_t at = 0; at < xfs.size; at += SECTOR) {
    size_t length, sum;

    if (in_log (&xfs, at)) {
      if (bytes_be32 (bytes + at) == RECORD_MAGIC)
        repair_record (&xfs, at);
      continue;
    }
    sum = sum_of (&xfs, at, &length);
    if (sum != 0)
      put_sum (bytes + at, length, sum);
  }
}

/* A sector of metadata (of the log where LOG is true) with something in it. */
static size_t
used_sector (struct random_bytes *random, const struct xfs_bytes *xfs,
             bool log, const char *magic)
{
  size_t count = xfs->size / SECTOR;
  size_t first = (size_t) random_below (random, count), length;

  for (size_t i = 0; i < count; ++i) {
    size_t at = (first + i) % count * SECTOR;

    if (log != in_log (xfs, at))
      continue;
    if (log ? bytes_be32 (xfs->bytes + at) == RECORD_MAGIC
        : magic != NULL ? memcmp (xfs->bytes + at, magic, 2) == 0
        : sum_of (xfs, at, &length) != 0)
      return at;
  }
  return 0;
}

static uint64_t
number (struct random_bytes *random, const struct xfs_bytes *xfs)
{
  switch (random_below (random, 4)) {
  case 0: return random_below (random, 512);
  case 1: return random_below (random, xfs->size / xfs->block_size);
  default: return random_edge (random);
  }
}

static void
put_number (struct random_bytes *random, const struct xfs_bytes *xfs,
            uint8_t *to, bool little)
{
  static const uint8_t sizes[] = { 1, 2, 4, 8 };
  unsigned size = sizes[random_below (random, 4)];
  uint64_t value = number (random, xfs);

  for (unsigned i = 0; i < size; ++i)
    to[little ? i : size - 1 - i] = (uint8_t) (value >> 8 * i);
}

static void
damage_inode (struct random_bytes *random, const struct xfs_bytes *xfs)
{
  /* Mode, formats, links, size, blocks, counts, offset of the attributes, flags,
   * then what is in the forks. */
  static const uint8_t fields[] = {
    2, 5, 16, 24, 32, 56, 56, 64, 72, 76, 76, 80, 82, 82, 83, 90, 120, 127,
    144, 152, 176, 177, 178, 180, 182, 184, 188, 192, 196, 200, 208, 216,
  };
  size_t inode = used_sector (random, xfs, false, "IN");
  size_t other = used_sector (random, xfs, false, "IN");

  if (random_below (random, 6) == 0)
    memcpy (xfs->bytes + inode + 176, xfs->bytes + other + 176, SECTOR - 176);
  else
    put_number (random, xfs, xfs->bytes + inode
                + fields[random_below (random, sizeof fields)], false);
}

static void
damage_log (struct random_bytes *random, const struct xfs_bytes *xfs)
{
  size_t record = used_sector (random, xfs, true, NULL);
  size_t length = bytes_be32 (xfs->bytes + record + 12), at;

  if (length > xfs->size - record - SECTOR)
    length = xfs->size - record - SECTOR;
  length = length / 4 * 4;
  if (length < 8 || random_below (random, 8) == 0)
    at = record + (size_t) random_below (random, 84) * 4;
  else
    at = record + SECTOR + (size_t) random_below (random, length / 4) * 4;
  if (at + 8 > xfs->size)
    return;
  if (random_below (random, 4) == 0)
    random_change (random, xfs->bytes + at, 8);
  else
    put_number (random, xfs, xfs->bytes + at, random_below (random, 2) == 0);
}

static void
damage_block (struct random_bytes *random, const struct xfs_bytes *xfs)
{
  size_t block = used_sector (random, xfs, false, NULL), length;
  size_t other = used_sector (random, xfs, false, NULL);

  sum_of (xfs, block, &length);
  if (length > xfs->size - block || length > xfs->size - other)
    return;
  switch (random_below (random, 6)) {
  case 0: memmove (xfs->bytes + block, xfs->bytes + other, length); break;
  case 1: random_change (random, xfs->bytes + block, length); break;
  default:
    /* Most numbers are in headers. */
    if (random_below (random, 2) == 0 && length > SECTOR)
      length = SECTOR / 2;
    put_number (random, xfs, xfs->bytes + block
                + (size_t) random_below (random, length / 2 - 4) * 2, false);
  }
}

static void
damage_side (struct random_bytes *random, uint8_t *bytes, size_t size,
             uint64_t count)
{
  struct xfs_bytes xfs;

  for (; count > 0; --count)
    if (!xfs_bytes_open (&xfs, bytes, size))
      random_change (random, bytes, size);
    else
      switch (random_below (random, 10)) {
      case 0: random_change (random, bytes, 4 * SECTOR); break;
      case 1: put_number (random, &xfs, bytes + random_below (random, 260),
                          false);
        break;
      case 2: case 3: case 4: damage_inode (random, &xfs); break;
      case 5: case 6: damage_log (random, &xfs); break;
      default: damage_block (random, &xfs); break;
      }
}

void
fuzzed_damage (struct random_bytes *random, struct image_pair *pair)
{
  uint64_t kind = random_below (random, 12);
  uint64_t count = 1 + random_below (random, 1 + random_below (random, 8));
  struct random_bytes same = *random;

  if (kind < 10)
    damage_side (random, pair->bytes[SIDE_OVERLAY], pair->size[SIDE_OVERLAY],
                 count);
  if (kind >= 9)                /* 9: both alike */
    damage_side (kind == 9 ? &same : random, pair->bytes[SIDE_BASE],
                 pair->size[SIDE_BASE], count);
  if (random_below (random, 4) == 0)
    pair->flags ^= (uint8_t) (1u << random_below (random, 8));
}
