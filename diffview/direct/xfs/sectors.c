/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A table of sectors, see xfs/sectors.h.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "xfs/sectors.h"

/* 128 MiB: as many as a log of that size can hold at the most. */
#define SECTORS_MAX ((size_t) 256 * 1024)

struct xfs_sector {
  uint64_t number;
  uint8_t bytes[XFS_BASIC_BLOCK];
  UT_hash_handle hh;
};

errint_t
xfs_sectors_read (const struct xfs_sectors *sectors, uint64_t first,
                  uint32_t count, uint8_t *buffer)
{
  errint_t err = blocks_read (sectors->blocks, sectors->side, buffer,
                              (size_t) count * XFS_BASIC_BLOCK,
                              first * XFS_BASIC_BLOCK);

  if (err < 0 || sectors->count == 0)
    return err;
  for (uint32_t i = 0; i < count; ++i) {
    uint64_t number = first + i;
    struct xfs_sector *sector;

    HASH_FIND (hh, sectors->table, &number, sizeof number, sector);
    if (sector != NULL)
      memcpy (buffer + (size_t) i * XFS_BASIC_BLOCK, sector->bytes,
              XFS_BASIC_BLOCK);
  }
  return 0;
}

static errint_t
write_one (struct xfs_sectors *sectors, uint64_t number, const uint8_t *bytes)
{
  struct xfs_sector *sector;

  HASH_FIND (hh, sectors->table, &number, sizeof number, sector);
  if (sector == NULL) {
    if (sectors->count == SECTORS_MAX)
      return -EFBIG;
    sector = malloc (sizeof *sector);
    if (sector == NULL)
      return -ENOMEM;
    sector->number = number;
    HASH_ADD (hh, sectors->table, number, sizeof sector->number, sector);
    ++sectors->count;
  }
  memcpy (sector->bytes, bytes, XFS_BASIC_BLOCK);
  return 0;
}

errint_t
xfs_sectors_write (struct xfs_sectors *sectors, uint64_t first,
                   uint32_t count, const uint8_t *before,
                   const uint8_t *after)
{
  errint_t err = 0;

  for (uint32_t i = 0; i < count && err == 0; ++i) {
    size_t at = (size_t) i * XFS_BASIC_BLOCK;

    if (memcmp (before + at, after + at, XFS_BASIC_BLOCK) != 0)
      err = write_one (sectors, first + i, after + at);
  }
  return err;
}

errint_t
xfs_sectors_finish (struct xfs_sectors *sectors)
{
  struct replay replay = { .list = NULL };
  struct xfs_sector *sector, *next;
  errint_t err = 0;

  HASH_ITER (hh, sectors->table, sector, next) {
    err = replay_add (&replay, sector->number, 0, false);
    if (err == 0)
      err = replay_keep (&replay, sector->bytes, XFS_BASIC_BLOCK);
    if (err < 0) {
      replay_clear (&replay);
      return err;
    }
    HASH_DEL (sectors->table, sector);
    free (sector);
  }
  sectors->count = 0;
  replay_finish (&replay);
  blocks_set_replay (sectors->blocks, sectors->side, &replay,
                     XFS_BASIC_BLOCK);
  return 0;
}

void
xfs_sectors_clear (struct xfs_sectors *sectors)
{
  struct xfs_sector *sector, *next;

  HASH_ITER (hh, sectors->table, sector, next) {
    HASH_DEL (sectors->table, sector);
    free (sector);
  }
  sectors->count = 0;
}
