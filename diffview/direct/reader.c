/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reading a file through its runs, see format.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "path.h"

errint_t
reader_init (struct reader *reader, const struct format *format,
             struct blocks *blocks, enum side side)
{
  *reader = (struct reader) {
    .format = format, .blocks = blocks, .side = side,
    .budget = calloc (1, sizeof *reader->budget),
  };
  return reader->budget == NULL ? -ENOMEM : 0;
}

void
reader_clear (struct reader *reader)
{
  free (reader->budget);
}

struct checked_names {
  name_visit *visit;
  void *opaque;
  bool *incomplete;
};

static int
visit_checked (void *opaque, const char *name, size_t length,
               struct inode_id inode, enum entry_type type)
{
  const struct checked_names *names = opaque;

  if (length <= NAME_LENGTH_MAX && path_valid_name (name, length))
    return names->visit (names->opaque, name, length, inode, type);
  *names->incomplete = true;
  return 0;
}

int
reader_names (const struct reader *reader, struct inode_id directory,
              name_visit *visit, void *opaque, bool *incomplete)
{
  struct checked_names names = {
    .visit = visit, .opaque = opaque, .incomplete = incomplete,
  };

  return reader->format->names (reader, directory, visit_checked, &names,
                                incomplete);
}

/* Reads up to the next change of what lies there: *PART bytes. */
static errint_t
load_part (const struct reader *reader, const struct runs *runs,
           uint8_t *buffer, size_t length, uint64_t offset, size_t *part)
{
  struct piece piece = runs_at (runs, offset);

  *part = piece.length < length ? (size_t) piece.length : length;
  if (piece.run == NULL && runs->damaged)
    return -EIO;
  if (piece_is_zero (&piece)) {
    memset (buffer, 0, *part);
    return 0;
  }
  switch ((enum run_kind) piece.run->kind) {
  case RUN_PLAIN:
    return blocks_read_bulk (reader->blocks, reader->side, buffer, *part,
                             piece.position);
  case RUN_INLINE:
    if (piece.position > runs->bytes_length
        || *part > runs->bytes_length - piece.position)
      return -EIO;
    memcpy (buffer, runs->bytes + piece.position, *part);
    return 0;
  case RUN_ENCODED:
    return reader->format->decode == NULL ? -EIO
      : reader->format->decode (reader, runs, piece.run, buffer, *part,
                                offset - piece.run->logical);
  case RUN_UNWRITTEN:
    break;
  }
  return -EIO;
}

errint_t
reader_load (const struct reader *reader, const struct runs *runs,
             void *buffer, size_t length, uint64_t offset)
{
  uint8_t *bytes = buffer;
  errint_t err = 0;

  if (offset > runs->size || length > runs->size - offset)
    return -EIO;
  while (length > 0 && err == 0) {
    size_t part = 0;

    err = load_part (reader, runs, bytes, length, offset, &part);
    bytes += part;
    offset += part;
    length -= part;
  }
  return err;
}

errint_t
reader_splice (const struct reader *reader, const struct runs *runs,
               int pipe, size_t length, uint64_t offset)
{
  errint_t err = 0;

  if (offset > runs->size || length > runs->size - offset)
    return -ENOTSUP;
  while (length > 0 && err == 0) {
    struct piece piece = runs_at (runs, offset);
    size_t part = piece.length < length ? (size_t) piece.length : length;

    if (piece.run == NULL || piece.run->kind != RUN_PLAIN)
      return -ENOTSUP;
    err = blocks_splice (reader->blocks, reader->side, pipe, part,
                         piece.position);
    offset += part;
    length -= part;
  }
  return err;
}
