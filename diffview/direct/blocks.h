/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Bytes of a filesystem on both sides, as they are after journal replay,
 * with a bounded cache that the sides share where nothing was written.
 * Knows two devices; must not know what the bytes mean.
 *
 * NOTES ON THE THREAD MODEL: reading is for any thread; the cache has a lock
 * of its own that is not held while a disk is read.  Everything else is for
 * the thread that opens and computes, before others read.
 */
#ifndef DELTAFS_DIRECT_BLOCKS_H
#define DELTAFS_DIRECT_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "device.h"
#include "entry.h"
#include "errint.h"
#include "extents.h"
#include "replay.h"

struct blocks;

/* Of the devices of both sides, NULL for a side that has none; they are
 * borrowed.  *BLOCKS is to be freed with blocks_free.  -ENOMEM. */
errint_t blocks_new (struct device *const device[SIDES],
                     struct blocks **blocks);
void blocks_free (struct blocks *blocks);
DEFINE_CLEANUP (struct blocks *, blocks_free)

/* Bytes of a side's device; 0 for a side that has none. */
uint64_t blocks_length (const struct blocks *blocks, enum side side);

/* Is an image being written while it is read? */
bool blocks_may_change (const struct blocks *blocks);

/* Lays a finished replay over a side, in blocks of BLOCK_SIZE bytes, in the
 * place of another one.  Takes ownership of its list. */
void blocks_set_replay (struct blocks *blocks, enum side side,
                        struct replay *replay, uint32_t block_size);

/* Reads LENGTH bytes at OFFSET of the volume through the cache: for small
 * pieces of metadata.  -EIO beyond the end of the disk or where it cannot be
 * read, -ENOMEM; nothing is reported but what device_read reports: -EREMOTEIO. */
errint_t blocks_read (struct blocks *blocks, enum side side,
                      void *buffer, size_t length, uint64_t offset);

/* The same around the cache: for file content and tables. */
errint_t blocks_read_bulk (struct blocks *blocks, enum side side,
                           void *buffer, size_t length, uint64_t offset);

/* Drops what the cache holds, where little will be asked for again; what is
 * asked for is cached as before.  Any thread. */
void blocks_forget (struct blocks *blocks);

/* Moves LENGTH bytes into PIPE, as splice of engine.h; -ENOTSUP also where the
 * journal has newer ones.  Any thread. */
errint_t blocks_splice (struct blocks *blocks, enum side side, int pipe,
                        size_t length, uint64_t offset);

/* Computes what may differ between the sides, in bytes of the volume: what
 * was written, and the targets of either side's replay.  False when that is
 * not known: see device_written.
 * -ENOMEM. */
errint_t blocks_compute_written (struct blocks *blocks, bool *known);

/* The result, as long as BLOCKS lives; NULL when it is not known. */
const struct extents *blocks_written (const struct blocks *blocks);

/* Why it is not known, as the end of a message: static. */
const char *blocks_why_unknown (const struct blocks *blocks);

/* Bytes read from a side's disk so far, for -v.  What both sides share is the
 * base's. */
uint64_t blocks_bytes_read (const struct blocks *blocks, enum side side);

#endif
