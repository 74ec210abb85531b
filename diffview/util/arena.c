/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Memory in chunks that grow: aligned pieces are taken from the front of a
 * chunk, strings from its back, so that neither wastes padding.
 */
#include <config.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

#define SMALLEST_CHUNK ((size_t) 4096)
#define LARGEST_CHUNK ((size_t) 1024 * 1024)
#define ALIGNMENT _Alignof (max_align_t)

struct chunk {
  struct chunk *next;
  size_t front, back;           /* what is free of bytes */
  max_align_t bytes[];
};

struct arena {
  struct chunk *chunks;         /* the one that is being filled comes first */
  size_t next_chunk;            /* bytes of the next ordinary chunk */
  size_t size;                  /* of all chunks, headers included */
};

struct arena *
arena_new (void)
{
  struct arena *arena = calloc (1, sizeof *arena);

  if (arena != NULL)
    arena->next_chunk = SMALLEST_CHUNK;
  return arena;
}

void
arena_free (struct arena *arena)
{
  if (arena == NULL)
    return;
  while (arena->chunks != NULL) {
    struct chunk *next = arena->chunks->next;

    free (arena->chunks);
    arena->chunks = next;
  }
  free (arena);
}

/* A chunk with at least SIZE bytes free, aligned and zeroed.  A piece that
 * would fill most of an ordinary chunk gets one of its own, behind the one
 * that is being filled. */
static struct chunk *
chunk_for (struct arena *arena, size_t size)
{
  struct chunk *chunk = arena->chunks;
  size_t total;
  bool own;

  if (chunk != NULL && chunk->back - chunk->front >= size)
    return chunk;
  if (size > SIZE_MAX - sizeof *chunk)
    return NULL;
  own = size > arena->next_chunk / 4;
  total = own ? sizeof *chunk + size : arena->next_chunk;
  chunk = calloc (1, total);
  if (chunk == NULL)
    return NULL;
  chunk->back = total - sizeof *chunk;
  arena->size += total;
  if (own && arena->chunks != NULL) {
    chunk->next = arena->chunks->next;
    arena->chunks->next = chunk;
  }
  else {
    chunk->next = arena->chunks;
    arena->chunks = chunk;
  }
  if (!own && arena->next_chunk < LARGEST_CHUNK)
    arena->next_chunk *= 2;
  return chunk;
}

void *
arena_allocate (struct arena *arena, size_t size)
{
  struct chunk *chunk;
  void *piece;

  if (size > SIZE_MAX - ALIGNMENT)
    return NULL;
  size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  if (size == 0)
    size = ALIGNMENT;
  chunk = chunk_for (arena, size);
  if (chunk == NULL)
    return NULL;
  piece = (char *) chunk->bytes + chunk->front;
  chunk->front += size;
  return piece;
}

char *
arena_copy (struct arena *arena, const void *bytes, size_t length)
{
  struct chunk *chunk;
  char *copy;

  if (length == SIZE_MAX)
    return NULL;
  chunk = chunk_for (arena, length + 1);
  if (chunk == NULL)
    return NULL;
  chunk->back -= length + 1;
  copy = (char *) chunk->bytes + chunk->back;
  if (length > 0)
    memcpy (copy, bytes, length);
  copy[length] = '\0';
  return copy;
}

size_t
arena_size (const struct arena *arena)
{
  return arena->size;
}
