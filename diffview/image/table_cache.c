/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An array in which each piece has one place, see table_cache.h.  The lock is
 * not held while a file is read.
 */
#include <config.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "table_cache.h"

struct slot {
  const struct image_file *file;
  uint64_t position;
  unsigned char *bytes;         /* owned; NULL: nothing is kept here */
};

struct table_cache {
  pthread_mutex_t lock;         /* of all that follows */
  struct slot slots[TABLE_PIECES_MAX];
};

struct table_cache *
table_cache_new (void)
{
  struct table_cache *cache = calloc (1, sizeof *cache);

  if (cache != NULL && pthread_mutex_init (&cache->lock, NULL) != 0) {
    free (cache);
    return NULL;
  }
  return cache;
}

void
table_cache_free (struct table_cache *cache)
{
  if (cache == NULL)
    return;
  for (size_t i = 0; i < TABLE_PIECES_MAX; ++i)
    free (cache->slots[i].bytes);
  pthread_mutex_destroy (&cache->lock);
  free (cache);
}

static struct slot *
slot_of (struct table_cache *cache, const struct table_piece *piece)
{
  return &cache->slots[piece->place % TABLE_PIECES_MAX];
}

static bool
get (struct table_cache *cache, const struct table_piece *piece,
     size_t offset, void *buffer, size_t length)
{
  const struct slot *slot = slot_of (cache, piece);
  bool found;

  pthread_mutex_lock (&cache->lock);
  found = slot->bytes != NULL && slot->file == piece->file
    && slot->position == piece->position;
  if (found)
    memcpy (buffer, slot->bytes + offset, length);
  pthread_mutex_unlock (&cache->lock);
  return found;
}

/* Takes ownership of BYTES, in place of what was kept there. */
static void
put (struct table_cache *cache, const struct table_piece *piece,
     unsigned char *bytes)
{
  struct slot *slot = slot_of (cache, piece);
  CLEANUP_FREE_BYTES unsigned char *old = NULL;

  pthread_mutex_lock (&cache->lock);
  old = slot->bytes;
  *slot = (struct slot) { piece->file, piece->position, bytes };
  pthread_mutex_unlock (&cache->lock);
}

bool
table_cache_read (struct table_cache *cache, const struct table_piece *piece,
                  size_t offset, void *buffer, size_t length)
{
  CLEANUP_FREE_BYTES unsigned char *bytes = NULL;
  size_t got;

  if (get (cache, piece, offset, buffer, length))
    return true;
  bytes = malloc (piece->length);
  if (bytes == NULL
      || image_file_read (piece->file, bytes, piece->length, piece->position,
                          &got) != 0
      || got != piece->length)
    return false;
  memcpy (buffer, bytes + offset, length);
  put (cache, piece, steal_pointer (&bytes));
  return true;
}
