/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A bounded cache of chunks of disks, by number.  Knows nothing of what is
 * in them or where they come from.
 */
#ifndef DELTAFS_DIRECT_BLOCK_CACHE_H
#define DELTAFS_DIRECT_BLOCK_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block_cache;

/* An empty cache for chunks of CHUNK_SIZE bytes, at most 12 MiB large; NULL
 * without memory. */
struct block_cache *block_cache_new (size_t chunk_size);
void block_cache_free (struct block_cache *cache);

/* Drops all chunks.  Any thread. */
void block_cache_clear (struct block_cache *cache);

/* Copies LENGTH bytes at OFFSET of the chunk KEY to BUFFER; false if the chunk
 * is not there.  Any thread. */
bool block_cache_get (struct block_cache *cache, uint64_t key, size_t offset,
                      void *buffer, size_t length);

/* Takes ownership of a chunk (of malloc, as large as all), and drops
 * the one that was used longest ago where there are too many.  Any thread. */
void block_cache_put (struct block_cache *cache, uint64_t key,
                      uint8_t *chunk);

#endif
