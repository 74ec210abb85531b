/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A bounded cache of pieces of the tables of image files, for all layers of a
 * disk together.  Knows nothing of what is in them.
 *
 * A piece stays what it was when it was read, as do the tables of the first
 * level, which are read once.  That is right as long as the file is what was
 * opened: a layer that a running QEMU writes to is not read here (see
 * local_disk.h), and whatever else changes one is found by image_watch.h, after
 * a read and before anybody gets its bytes.
 */
#ifndef DELTAFS_IMAGE_TABLE_CACHE_H
#define DELTAFS_IMAGE_TABLE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "image_file.h"

/* The largest piece, bytes. */
#define TABLE_PIECE_MAX ((size_t) 4096)
/* Pieces that are kept: 8 MiB. */
#define TABLE_PIECES_MAX ((size_t) 2048)

struct table_cache;

/* NULL without memory. */
struct table_cache *table_cache_new (void);
void table_cache_free (struct table_cache *cache);
DEFINE_CLEANUP (struct table_cache *, table_cache_free)

/* A piece of a file, which always has the same length. */
struct table_piece {
  const struct image_file *file;        /* as long as the cache */
  uint64_t position;            /* byte of the file */
  size_t length;                /* bytes, TABLE_PIECE_MAX at most */
  uint64_t place;               /* any number: of two pieces whose places
                                 * differ by a multiple of TABLE_PIECES_MAX one
                                 * is kept */
};

/* Copies LENGTH bytes at OFFSET of the piece to BUFFER; false where the file
 * does not have the whole piece, where it cannot be read, and without memory:
 * what is wanted may be there all the same.  Any thread. */
bool table_cache_read (struct table_cache *cache,
                       const struct table_piece *piece, size_t offset,
                       void *buffer, size_t length);

#endif
