/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Files read in large pieces, of which the last ones are kept.  A call to an
 * appliance takes about as long for a mebibyte as for a few kilobytes, and the
 * host's kernel asks for 128 KiB at a time when somebody reads a file from one
 * end to the other.
 */
#ifndef DELTAFS_PIECES_H
#define DELTAFS_PIECES_H

#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "errint.h"

/* Bytes of one piece, and how many are kept. */
#define PIECE_SIZE ((size_t) 1024 * 1024)
#define PIECES 16

/* From here on, a read is part of a longer one. */
#define PIECE_READ_LEAST ((size_t) 64 * 1024)

struct pieces;

/* Where the bytes of a file come from. */
struct pieces_file {
  const void *key;              /* what no other file has, as long as the
                                 * pieces are kept */
  uint64_t size;                /* bytes */
  /* Reads exactly LENGTH bytes at OFFSET, which are within the size.  Any
   * thread, also several at once. */
  errint_t (*fetch) (void *opaque, void *buffer, size_t length,
                     uint64_t offset);
  void *opaque;
};

/* NULL without memory. */
struct pieces *pieces_new (void);
void pieces_free (struct pieces *pieces);
DEFINE_CLEANUP (struct pieces *, pieces_free)

/* Reads LENGTH bytes at OFFSET, which are within the size: small reads as they
 * are, others from pieces; a piece that cannot be read whole is not needed for
 * them.  What fetch says.  Any thread; two that want one piece fetch it once. */
errint_t pieces_read (struct pieces *pieces, const struct pieces_file *file,
                      void *buffer, size_t length, uint64_t offset);

#endif
