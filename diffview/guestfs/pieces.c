/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A small table of pieces, see pieces.h.
 */
#include <config.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "pieces.h"

enum state { STATE_EMPTY, STATE_FETCHED, STATE_READY };

struct piece {
  enum state state;
  const void *key;
  uint64_t number;              /* in the file */
  unsigned users;               /* threads that copy from it, wait for it or
                                 * fetch it: it stays */
  uint64_t used;                /* when, the last time */
  char *bytes;                  /* owned; the fetching thread's until it is
                                 * ready, constant then */
};

struct pieces {
  pthread_mutex_t lock;         /* of all that follows */
  pthread_cond_t fetched;
  uint64_t clock;
  struct piece table[PIECES];
};

struct pieces *
pieces_new (void)
{
  struct pieces *pieces = calloc (1, sizeof *pieces);

  if (pieces != NULL) {
    pthread_mutex_init (&pieces->lock, NULL);
    pthread_cond_init (&pieces->fetched, NULL);
  }
  return pieces;
}

void
pieces_free (struct pieces *pieces)
{
  if (pieces == NULL)
    return;
  for (size_t i = 0; i < PIECES; ++i)
    free (pieces->table[i].bytes);
  pthread_cond_destroy (&pieces->fetched);
  pthread_mutex_destroy (&pieces->lock);
  free (pieces);
}

/* The piece, or the one whose place it can take; NULL where all are in
 * use. */
static struct piece *
find (struct pieces *pieces, const void *key, uint64_t number)
{
  struct piece *oldest = NULL;

  for (size_t i = 0; i < PIECES; ++i) {
    struct piece *piece = &pieces->table[i];

    if (piece->state != STATE_EMPTY && piece->key == key
        && piece->number == number)
      return piece;
    if (piece->users == 0 && (oldest == NULL || piece->used < oldest->used))
      oldest = piece;
  }
  if (oldest != NULL)
    oldest->state = STATE_EMPTY;
  return oldest;
}

/* Fetches an empty piece; called and left with the lock held. */
static void
fetch (struct pieces *pieces, struct piece *piece,
       const struct pieces_file *file, uint64_t number)
{
  uint64_t offset = number * PIECE_SIZE;
  size_t length = file->size - offset < PIECE_SIZE
    ? (size_t) (file->size - offset) : PIECE_SIZE;
  errint_t error;

  piece->state = STATE_FETCHED;
  piece->key = file->key;
  piece->number = number;
  pthread_mutex_unlock (&pieces->lock);
  if (piece->bytes == NULL)
    piece->bytes = malloc (PIECE_SIZE);
  error = piece->bytes == NULL ? -ENOMEM
    : file->fetch (file->opaque, piece->bytes, length, offset);
  pthread_mutex_lock (&pieces->lock);
  piece->state = error == 0 ? STATE_READY : STATE_EMPTY;
  pthread_cond_broadcast (&pieces->fetched);
}

/* Copies from piece NUMBER; false where it is not to be had. */
static bool
copy (struct pieces *pieces, const struct pieces_file *file, uint64_t number,
      char *buffer, size_t length, size_t offset)
{
  struct piece *piece;
  bool ready;

  pthread_mutex_lock (&pieces->lock);
  piece = find (pieces, file->key, number);
  if (piece == NULL) {
    pthread_mutex_unlock (&pieces->lock);
    return false;
  }
  piece->users++;
  piece->used = ++pieces->clock;
  if (piece->state == STATE_EMPTY)
    fetch (pieces, piece, file, number);
  while (piece->state == STATE_FETCHED)
    pthread_cond_wait (&pieces->fetched, &pieces->lock);
  ready = piece->state == STATE_READY;
  pthread_mutex_unlock (&pieces->lock);
  if (ready)
    memcpy (buffer, piece->bytes + offset, length);
  pthread_mutex_lock (&pieces->lock);
  piece->users--;
  pthread_mutex_unlock (&pieces->lock);
  return ready;
}

errint_t
pieces_read (struct pieces *pieces, const struct pieces_file *file,
             void *buffer, size_t length, uint64_t offset)
{
  char *to = buffer;
  errint_t error = 0;

  if (length < PIECE_READ_LEAST)
    return file->fetch (file->opaque, buffer, length, offset);
  for (size_t part; length > 0 && error == 0; length -= part) {
    size_t within = (size_t) (offset % PIECE_SIZE);

    part = PIECE_SIZE - within < length ? PIECE_SIZE - within : length;
    if (!copy (pieces, file, offset / PIECE_SIZE, to, part, within))
      error = file->fetch (file->opaque, to, part, offset);
    to += part;
    offset += part;
  }
  return error;
}
