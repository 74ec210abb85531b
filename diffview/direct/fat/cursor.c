/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reads directories piece by piece, see fat/cursor.h.
 */
#include <config.h>

#include <errno.h>

#include "fat/cursor.h"

/* At the beginning of the chain's present cluster. */
static void
enter_cluster (struct fat_cursor *cursor)
{
  const struct fat_volume *volume = cursor->chain.volume;

  if (cursor->chain.cluster == 0) {
    cursor->left = 0;
    return;
  }
  cursor->position = fat_volume_cluster (volume, cursor->chain.cluster);
  cursor->piece_left = volume->cluster_size;
}

void
fat_cursor_start (const struct fat_volume *volume, uint32_t cluster,
                  bool contiguous, uint64_t length, struct fat_cursor *cursor)
{
  cursor->left = length;
  cursor->at = cursor->end = 0;
  cursor->damaged
    = fat_chain_start (volume, cluster, contiguous, &cursor->chain) < 0;
  enter_cluster (cursor);
}

void
fat_cursor_start_root (const struct fat_volume *volume,
                       struct fat_cursor *cursor)
{
  fat_cursor_start (volume, volume->root_cluster, false, UINT64_MAX, cursor);
  if (volume->root_cluster == 0) {
    cursor->left = cursor->piece_left = volume->root_length;
    cursor->position = volume->root;
  }
}

/* Reads the next piece; a cursor without one has nothing left. */
static errint_t
load_piece (struct fat_cursor *cursor)
{
  const struct fat_volume *volume = cursor->chain.volume;
  uint32_t length;
  errint_t err;

  if (cursor->left > 0 && cursor->piece_left == 0) {
    bool more = cursor->chain.cluster != 0;

    err = fat_chain_next (&cursor->chain);
    if (err == -ENOMEM || err == -EREMOTEIO)
      return err;
    /* One that says how long it is must not end before. */
    if (err < 0 || (more && cursor->chain.cluster == 0
                    && cursor->left <= UINT64_MAX / 2))
      cursor->damaged = true;
    enter_cluster (cursor);
  }
  if (cursor->left == 0)
    return 0;
  if (volume->budget != NULL
      && !budget_draw (&volume->budget->directory_blocks, 1)) {
    cursor->damaged = true;
    cursor->left = 0;
    return 0;
  }
  length = cursor->piece_left < FAT_CURSOR_PIECE
    ? cursor->piece_left : FAT_CURSOR_PIECE;
  if (length > cursor->left)
    length = (uint32_t) cursor->left;
  err = blocks_read (volume->blocks, volume->side, cursor->bytes, length,
                     cursor->position);
  cursor->position += length;
  cursor->piece_left -= length;
  cursor->left -= length;
  cursor->at = 0;
  cursor->end = err == 0 ? length - length % FAT_ENTRY_SIZE : 0;
  if (err == -EIO) {
    cursor->damaged = true;
    err = 0;
  }
  return err;
}

int
fat_cursor_next (struct fat_cursor *cursor, const unsigned char **entry,
                 uint64_t *position)
{
  while (cursor->at == cursor->end) {
    errint_t err;

    if (cursor->left == 0)
      return 0;
    err = load_piece (cursor);
    if (err < 0)
      return err;
  }
  *entry = cursor->bytes + cursor->at;
  *position = cursor->position - (cursor->end - cursor->at);
  cursor->at += FAT_ENTRY_SIZE;
  return 1;
}
