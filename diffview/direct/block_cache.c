/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The cache of chunks: a hash, and the hash's own order of insertion as
 * the order of use, see block_cache.h.
 */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Without memory a chunk is not cached. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "block_cache.h"
#include "cleanup.h"

#define CACHE_BYTES ((size_t) 12 * 1024 * 1024)

struct chunk {
  uint64_t key;
  uint8_t *bytes;
  UT_hash_handle hh;
};

struct block_cache {
  size_t chunks_max;
  pthread_mutex_t lock;         /* of all that follows */
  struct chunk *chunks;
};

struct block_cache *
block_cache_new (size_t chunk_size)
{
  struct block_cache *cache = calloc (1, sizeof *cache);

  if (cache != NULL && pthread_mutex_init (&cache->lock, NULL) != 0) {
    free (cache);
    return NULL;
  }
  if (cache != NULL)
    cache->chunks_max = CACHE_BYTES / chunk_size;
  return cache;
}

static void
drop (struct block_cache *cache, struct chunk *chunk)
{
  HASH_DEL (cache->chunks, chunk);
  free (chunk->bytes);
  free (chunk);
}

void
block_cache_clear (struct block_cache *cache)
{
  pthread_mutex_lock (&cache->lock);
  while (cache->chunks != NULL)
    drop (cache, cache->chunks);
  pthread_mutex_unlock (&cache->lock);
}

void
block_cache_free (struct block_cache *cache)
{
  block_cache_clear (cache);
  pthread_mutex_destroy (&cache->lock);
  free (cache);
}

bool
block_cache_get (struct block_cache *cache, uint64_t key, size_t offset,
                 void *buffer, size_t length)
{
  struct chunk *chunk;
  bool found;

  pthread_mutex_lock (&cache->lock);
  HASH_FIND (hh, cache->chunks, &key, sizeof key, chunk);
  found = chunk != NULL;
  if (found) {
    memcpy (buffer, chunk->bytes + offset, length);
    /* Last in the order of insertion: used last. */
    if (chunk->hh.next != NULL) {
      HASH_DEL (cache->chunks, chunk);
      HASH_ADD (hh, cache->chunks, key, sizeof chunk->key, chunk);
      if (chunk->hh.tbl == NULL) {      /* no memory to add it again */
        free (chunk->bytes);
        free (chunk);
      }
    }
  }
  pthread_mutex_unlock (&cache->lock);
  return found;
}

void
block_cache_put (struct block_cache *cache, uint64_t key, uint8_t *bytes)
{
  struct chunk *chunk = NULL, *old;

  pthread_mutex_lock (&cache->lock);
  HASH_FIND (hh, cache->chunks, &key, sizeof key, old);
  if (old == NULL)              /* else another thread was faster */
    chunk = calloc (1, sizeof *chunk);
  if (chunk != NULL) {
    chunk->key = key;
    chunk->bytes = bytes;
    HASH_ADD (hh, cache->chunks, key, sizeof chunk->key, chunk);
    if (chunk->hh.tbl == NULL) {
      free (chunk);
      chunk = NULL;
    }
  }
  while (HASH_COUNT (cache->chunks) > cache->chunks_max)
    drop (cache, cache->chunks);
  pthread_mutex_unlock (&cache->lock);
  if (chunk == NULL)
    free (bytes);
}
