/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where inodes, directories and block lists are is taken from the filesystem
 * itself; what is put there is mostly numbers at which parsers go wrong, and
 * numbers of other blocks and inodes.
 */
#include <config.h>

#include <string.h>

#include "ext/ondisk.h"
#include "ext_bytes.h"
#include "ext_damage.h"

#define INODES 64               /* that are aimed at */

/* A block with something in it. */
static uint8_t *
used_block (struct random_bytes *random, const struct ext_bytes *ext)
{
  uint64_t count = ext->size / ext->block_size;

  for (int tries = 0; tries < 200; ++tries) {
    uint8_t *block = ext_bytes_block (ext, random_below (random, count));
    unsigned different = 0;

    for (uint32_t i = 0; i < ext->block_size; i += 4)
      different += block[i] != 0;
    if (different > 1)
      return block;
  }
  return ext_bytes_block (ext, 0);
}

static uint8_t *
used_inode (struct random_bytes *random, const struct ext_bytes *ext)
{
  for (int tries = 0; tries < 50; ++tries) {
    uint8_t *inode = ext_bytes_inode
      (ext, 2 + (uint32_t) random_below (random, INODES));

    if (inode != NULL && ondisk_le16 (inode) != 0)
      return inode;
  }
  return NULL;
}

/* A number that means something in a filesystem of this size, or an edge. */
static uint32_t
number (struct random_bytes *random, const struct ext_bytes *ext)
{
  switch (random_below (random, 4)) {
  case 0: return (uint32_t) random_below (random, INODES);
  case 1: return (uint32_t) random_below (random, ext->size / ext->block_size);
  default: return (uint32_t) random_edge (random);
  }
}

static void
damage_inode (struct random_bytes *random, const struct ext_bytes *ext)
{
  /* Mode, sizes, times, links, flags, the block list with an extent tree's
   * header and entries, generation, xattr block, extra size. */
  static const uint8_t fields[] = {
    0, 0, 2, 4, 4, 8, 16, 26, 26, 28, 32, 32, 32, 32, 40, 42, 44, 46, 52, 52,
    56, 56, 58, 60, 64, 68, 80, 84, 88, 92, 96, 100, 104, 104, 108, 108, 118,
    128, 128, 132, 136, 152, 160, 160, 164, 168, 172, 176, 180,
  };
  uint8_t *inode = used_inode (random, ext), *other;
  size_t at = fields[random_below (random, sizeof fields)];

  if (inode == NULL)
    return;
  if (at + 4 > ext->inode_size)
    at = 40;
  switch (random_below (random, 6)) {
  case 0:
    ondisk_put_le32 (inode + at, number (random, ext));
    break;
  case 1:
    ondisk_put_le16 (inode + at, (uint16_t) number (random, ext));
    break;
  case 2:
    inode[at] ^= (uint8_t) (1u << random_below (random, 8));
    break;
  case 3:                       /* another one's block list, flags, size */
    other = used_inode (random, ext);
    if (other != NULL)
      memmove (inode + 28, other + 28, 72);
    break;
  case 4:                       /* another type */
    inode[1] = (uint8_t) ((inode[1] & 0x0f) | random_below (random, 16) << 4);
    break;
  default:
    random_change (random, inode, ext->inode_size);
    break;
  }
}

/* In an entry of a directory, found by walking its block. */
static void
damage_names (struct random_bytes *random, const struct ext_bytes *ext)
{
  uint8_t *inode = used_inode (random, ext), *block, *entry;
  uint64_t where;
  size_t at = 0;

  if (inode == NULL || (ondisk_le16 (inode) & 0xf000) != 0x4000)
    return;
  where = ext_bytes_map (ext, inode, (uint32_t) random_below (random, 4));
  block = where == 0 ? NULL : ext_bytes_block (ext, where);
  if (block == NULL)
    return;
  for (uint64_t skip = random_below (random, 12); skip > 0; --skip) {
    size_t length = ondisk_le16 (block + at + 4);

    if (length < 8 || at + length + 12 > ext->block_size)
      break;
    at += length;
  }
  entry = block + at;
  switch (random_below (random, 7)) {
  case 0: ondisk_put_le32 (entry, number (random, ext)); break;
  case 1: ondisk_put_le16 (entry + 4, (uint16_t) number (random, ext)); break;
  case 2: entry[6] = (uint8_t) number (random, ext); break;
  case 3: entry[7] = (uint8_t) random_below (random, 16); break;
  case 4:
    entry[8 + random_below (random, 4)] =
      (uint8_t) "/.\0\n\033\xff\\\"a"[random_below (random, 9)];
    break;
  case 5:                       /* the name of the entry before */
    if (at > 12)
      memmove (entry + 8, block + random_below (random, at), 4);
    break;
  default: random_change (random, block, ext->block_size); break;
  }
}

static void
damage_block (struct random_bytes *random, const struct ext_bytes *ext)
{
  uint8_t *block = used_block (random, ext);
  uint8_t *other = used_block (random, ext);
  size_t at = (size_t) random_below (random, ext->block_size / 4) * 4;

  switch (random_below (random, 6)) {
  case 0: memmove (block, other, ext->block_size); break;
  case 1: memset (block, 0, ext->block_size); break;
  case 2:
  case 3: ondisk_put_le32 (block + at, number (random, ext)); break;
  default: random_change (random, block, ext->block_size); break;
  }
}

static void
damage_once (struct random_bytes *random, const struct ext_bytes *ext)
{
  switch (random_below (random, 10)) {
  case 0: random_change (random, ext->bytes + 1024, 1024); break;
  case 1: random_change (random, ext->bytes + 2048, 256); break;
  case 2: case 3: case 4: damage_inode (random, ext); break;
  case 5: case 6: damage_names (random, ext); break;
  default: damage_block (random, ext); break;
  }
}

static void
damage_side (struct random_bytes *random, uint8_t *bytes, size_t size,
             uint64_t count)
{
  struct ext_bytes ext;

  while (count-- > 0) {
    if (ext_bytes_open (&ext, bytes, size) && size >= 4096)
      damage_once (random, &ext);
    else
      random_change (random, bytes, size);
  }
}

void
ext_damage (struct random_bytes *random, struct image_pair *pair)
{
  uint64_t kind = random_below (random, 12);
  uint64_t count = 1 + random_below (random, 1 + random_below (random, 8));
  struct random_bytes same = *random;

  if (kind <= 8 || kind == 9)
    damage_side (random, pair->bytes[SIDE_OVERLAY], pair->size[SIDE_OVERLAY],
                 count);
  if (kind == 9)                /* both alike */
    damage_side (&same, pair->bytes[SIDE_BASE], pair->size[SIDE_BASE], count);
  if (kind == 10 || kind == 11)
    damage_side (random, pair->bytes[SIDE_BASE], pair->size[SIDE_BASE],
                 count);
  if (kind == 11 && random_below (random, 8) == 0)
    pair->size[SIDE_OVERLAY] = 1024 *
      (1 + (size_t) random_below (random, pair->size[SIDE_OVERLAY] / 1024));
  if (random_below (random, 4) == 0)
    pair->flags ^= (uint8_t) (1u << random_below (random, 8));
}
