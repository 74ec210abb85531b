/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where the bytes of a file lie, whatever its format: a flat list of runs, in
 * bytes, so that what begins or ends within a block needs no case of its own.
 */
#ifndef DELTAFS_DIRECT_RUNS_H
#define DELTAFS_DIRECT_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "errint.h"

enum run_kind {
  RUN_PLAIN,                    /* the device's bytes at POSITION */
  RUN_UNWRITTEN,                /* zeros, whatever is there */
  RUN_INLINE,                   /* runs->bytes from POSITION on */
  RUN_ENCODED,                  /* what the format's decode makes of STORED
                                 * bytes of the device at POSITION */
};

struct run {
  uint64_t logical;             /* byte of the file */
  uint64_t position;            /* byte of the device, or of runs->bytes */
  uint64_t length;              /* bytes of the file, never 0 */
  uint32_t stored;              /* RUN_ENCODED: bytes on the device; 0 where
                                 * they lie in pieces, of which the format knows
                                 * (from runs->bytes, say): the file's bytes
                                 * are compared then */
  uint32_t within;              /* RUN_ENCODED: where in what is decoded the
                                 * run begins */
  uint8_t kind;                 /* enum run_kind */
  uint8_t encoding;             /* RUN_ENCODED: the format's own number */
};

/* What no run tells of reads as zeros. */
struct runs {
  struct run *list;             /* owned; by logical, disjoint */
  size_t count, capacity;
  uint64_t size;                /* of the file, bytes; runs may reach beyond */
  uint8_t *bytes;               /* owned: what is inline, or what the format
                                 * needs to decode; NULL */
  size_t bytes_length;
  bool damaged;                 /* some runs are missing: what no run tells of
                                 * cannot be read */
};

void runs_clear (struct runs *runs);

static inline void
cleanup_runs (struct runs *runs)
{
  runs_clear (runs);
}

#define CLEANUP_RUNS __attribute__ ((cleanup (cleanup_runs)))

/* Appends a run behind the others; one that continues a plain or unwritten one
 * is joined with it.  -EIO for one that is not in order, and for more than 2
 * million, which no honest file has; -ENOMEM. */
errint_t runs_add (struct runs *runs, const struct run *run);

/* Index of the first run that ends after LOGICAL; count if none does. */
size_t runs_find (const struct runs *runs, uint64_t logical);

/* What lies at an offset of a file. */
struct piece {
  const struct run *run;        /* NULL: none tells */
  uint64_t position;            /* of a plain or inline one, at that offset */
  uint64_t length;              /* so far it goes on like that; UINT64_MAX
                                 * after the last run */
};

struct piece runs_at (const struct runs *runs, uint64_t offset);

/* Does the piece read as zeros without a look at the disk? */
static inline bool
piece_is_zero (const struct piece *piece)
{
  return piece->run == NULL || piece->run->kind == RUN_UNWRITTEN;
}

/* As next_data of engine.h; -EIO where runs are damaged. */
errint_t runs_next_data (const struct runs *runs, uint64_t offset,
                         uint64_t *start, uint64_t *length);

#endif
