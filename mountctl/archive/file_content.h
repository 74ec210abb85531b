/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The bytes of a guest's file, piece by piece, with the holes left out where
 * they are known or can be found.
 */
#ifndef DELTAFS_FILE_CONTENT_H
#define DELTAFS_FILE_CONTENT_H

#include <stdbool.h>

#include "delta.h"
#include "errint.h"
#include "extents.h"

/* Bytes of a piece at most. */
#define FILE_PIECE (1024 * 1024)

struct file_content {
  const struct delta *delta;    /* borrowed, as the entry is */
  const struct delta_entry *entry;
  enum side side;
  uint64_t size;
  bool sparse;
  struct extents data;          /* owned: what is no hole, where SPARSE */
  uint8_t *buffer;              /* borrowed: FILE_PIECE bytes */
};

/* Finds the holes of a file, with BUFFER as the place for its pieces.  To be
 * cleared with file_content_clear whatever happens.  -EIO where it cannot be
 * read, -EFBIG where looking for holes would take too long or they are too
 * many, -ENOMEM. */
errint_t file_content_open (const struct delta *delta,
                            const struct delta_entry *entry, enum side side,
                            uint8_t *buffer, struct file_content *content);
void file_content_clear (struct file_content *content);

/* The piece that begins at OFFSET, before the end: *LENGTH bytes, a *HOLE (of
 * any length) or data, which file_content_read then reads to the buffer. */
void file_content_piece (const struct file_content *content, uint64_t offset,
                         uint64_t *length, bool *hole);

/* Reads LENGTH (at most FILE_PIECE) bytes at OFFSET to the buffer: all or a
 * negative errno. */
errint_t file_content_read (const struct file_content *content,
                            uint64_t offset, size_t length);

#endif
