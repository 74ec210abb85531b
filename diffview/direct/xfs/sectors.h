/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the replay of a log has changed so far, in memory: sectors over those of
 * the disk.
 */
#ifndef DELTAFS_XFS_SECTORS_H
#define DELTAFS_XFS_SECTORS_H

#include <stddef.h>
#include <stdint.h>

#include "blocks.h"
#include "errint.h"
#include "xfs/log_records.h"

struct xfs_sector;

struct xfs_sectors {
  struct blocks *blocks;        /* borrowed */
  enum side side;
  struct xfs_sector *table;     /* owned: by number */
  size_t count;
};

/* Reads COUNT basic blocks at basic block FIRST of the volume as they are after
 * what was written here.  -EIO, -ENOMEM, -EREMOTEIO. */
errint_t xfs_sectors_read (const struct xfs_sectors *sectors, uint64_t first,
                           uint32_t count, uint8_t *buffer);

/* Writes them; those that the disk has already are not kept.  -ENOMEM; -EFBIG when it
 * is more than memory is set apart for. */
errint_t xfs_sectors_write (struct xfs_sectors *sectors, uint64_t first,
                            uint32_t count, const uint8_t *before,
                            const uint8_t *after);

/* Lays everything over the side of BLOCKS.  -ENOMEM. */
errint_t xfs_sectors_finish (struct xfs_sectors *sectors);

void xfs_sectors_clear (struct xfs_sectors *sectors);

#endif
