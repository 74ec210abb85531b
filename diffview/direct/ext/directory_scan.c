/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reading directories' blocks in large pieces, see directory_scan.h.
 */
#include <config.h>

#include <stdlib.h>

#include "ext/directory.h"
#include "ext/directory_scan.h"

#define READ_MAX ((uint64_t) 512 * 1024)
/* Reading so much that is not needed costs less than another request. */
#define GAP_MAX ((uint64_t) 32 * 1024)
/* An honest filesystem of a million directories has hardly more pieces than
 * that. */
#define PIECES_MAX ((size_t) 8 << 20)

struct running {
  struct ext_directory_scan *scan;
  errint_t (*visit) (void *opaque, uint32_t directory, uint32_t inode);
  void *opaque;
  uint32_t directory;
  uint8_t *bytes;               /* owned */
};

static errint_t
append (struct ext_directory_scan *scan,
        const struct ext_directory_piece *piece)
{
  if (scan->count == PIECES_MAX ||
      !budget_draw (&scan->fs->reader.budget->directory_blocks, piece->count))
    return -EFBIG;
  if (scan->count == scan->capacity) {
    size_t capacity = scan->capacity == 0 ? 256 : scan->capacity * 2;
    struct ext_directory_piece *pieces =
      reallocarray (scan->pieces, capacity, sizeof *pieces);

    if (pieces == NULL)
      return -ENOMEM;
    scan->pieces = pieces;
    scan->capacity = capacity;
  }
  scan->pieces[scan->count++] = *piece;
  return 0;
}

errint_t
ext_directory_scan_add (struct ext_directory_scan *scan,
                        const struct ext_inode *inode,
                        const struct ext_mapping *mapping)
{
  const struct ext_filesystem *fs = scan->fs;
  uint64_t size = ext_inode_size (fs, inode);
  uint64_t end = size / fs->reader.block_size + (size % fs->reader.block_size != 0);
  /* Pieces fit into one read. */
  uint64_t most = READ_MAX / fs->reader.block_size;
  struct ext_directory_piece piece = { .directory = inode->number };
  errint_t err = 0;

  if (!ext_mapping_applies (inode))
    return append (scan, &piece);
  for (size_t i = 0; i < mapping->runs.count && err == 0; ++i) {
    const struct ext_mapping_blocks run = ext_mapping_blocks (fs, mapping, i);
    uint64_t count = run.logical >= end || run.unwritten ? 0 :
      run.count < end - run.logical ? run.count : end - run.logical;

    for (uint64_t done = 0; done < count && err == 0; done += piece.count) {
      piece.physical = run.physical + done;
      piece.count = (uint32_t) (count - done < most ? count - done : most);
      err = append (scan, &piece);
    }
  }
  return err;
}

static int
visit_name (void *opaque, const char *name, size_t length, uint32_t inode)
{
  struct running *running = opaque;

  (void) name;
  (void) length;
  return running->visit (running->opaque, running->directory, inode);
}

/* A directory whose names are in its inode. */
static errint_t
visit_inline (struct running *running, uint32_t directory)
{
  struct ext_inode inode;
  bool incomplete;
  errint_t err = ext_inode_read_raw (running->scan->fs, directory, &inode);

  running->directory = directory;
  if (err == 0)
    err = ext_directory_iterate (running->scan->fs, &inode, visit_name,
                                 running,
                                 &incomplete);
  return err == -ENOMEM || err == -EFBIG ? err : 0;
}

/* The pieces FIRST to END - 1, which lie near each other; one by one where
 * they cannot be read together. */
static errint_t
visit_together (struct running *running, size_t first, size_t end)
{
  struct ext_directory_scan *scan = running->scan;
  const struct ext_filesystem *fs = scan->fs;
  uint64_t start = scan->pieces[first].physical;
  uint64_t blocks = scan->pieces[end - 1].physical +
    scan->pieces[end - 1].count - start;
  errint_t err = blocks_read_bulk (fs->reader.blocks, fs->reader.side,
                                   running->bytes,
                                   (size_t) (blocks * fs->reader.block_size),
                                   start * fs->reader.block_size);

  if (err == -ENOMEM || (err < 0 && end == first + 1))
    return err == -ENOMEM ? err : 0;
  for (size_t i = first; i < end; ++i) {
    /* A copy: the list may grow and move. */
    const struct ext_directory_piece piece = scan->pieces[i];
    const uint8_t *bytes = running->bytes +
      (piece.physical - start) * fs->reader.block_size;
    bool incomplete;
    errint_t stop = 0;

    running->directory = piece.directory;
    if (err < 0)
      stop = visit_together (running, i, i + 1);
    else
      for (uint32_t j = 0; j < piece.count && stop == 0; ++j)
        stop = ext_directory_visit_block (fs,
                                          bytes + j * fs->reader.block_size,
                                          visit_name, running, &incomplete);
    if (stop != 0)
      return stop;
  }
  return 0;
}

static int
compare_pieces (const void *a, const void *b)
{
  const struct ext_directory_piece *x = a, *y = b;

  if (x->physical != y->physical)
    return x->physical < y->physical ? -1 : 1;
  return x->count < y->count ? -1 : x->count > y->count;
}

/* How many pieces from FIRST on can be read with one request. */
static size_t
end_of_read (const struct ext_directory_scan *scan, size_t first, size_t end)
{
  const struct ext_directory_piece *pieces = scan->pieces;
  uint64_t size = scan->fs->reader.block_size;
  size_t next = first + 1;

  while (next < end &&
         pieces[next].physical >=
         pieces[next - 1].physical + pieces[next - 1].count &&
         (pieces[next].physical - pieces[next - 1].physical -
          pieces[next - 1].count) * size <= GAP_MAX &&
         (pieces[next].physical + pieces[next].count -
          pieces[first].physical) * size <= READ_MAX)
    next++;
  return next;
}

errint_t
ext_directory_scan_run (struct ext_directory_scan *scan, size_t from,
                        errint_t (*visit) (void *opaque, uint32_t directory,
                                           uint32_t inode),
                        void *opaque)
{
  struct running running = {
    .scan = scan, .visit = visit, .opaque = opaque,
    .bytes = malloc (READ_MAX),
  };
  size_t end = scan->count;
  errint_t err = running.bytes == NULL ? -ENOMEM : 0;

  if (end > from)
    qsort (scan->pieces + from, end - from, sizeof *scan->pieces,
           compare_pieces);
  while (from < end && err == 0) {
    size_t next = from + 1;

    if (scan->pieces[from].count == 0)
      err = visit_inline (&running, scan->pieces[from].directory);
    else {
      next = end_of_read (scan, from, end);
      err = visit_together (&running, from, next);
    }
    from = next;
  }
  free (running.bytes);
  return err;
}

void
ext_directory_scan_clear (struct ext_directory_scan *scan)
{
  free (scan->pieces);
  scan->pieces = NULL;
  scan->count = scan->capacity = 0;
}
