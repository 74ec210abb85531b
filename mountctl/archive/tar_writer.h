/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A tar stream (pax interchange format) made with libarchive, entry by entry.
 * Knows neither views nor deltas.
 */
#ifndef DELTAFS_TAR_WRITER_H
#define DELTAFS_TAR_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "entry.h"
#include "errint.h"
#include "extents.h"
#include "stream.h"

struct tar_writer;

struct tar_header {
  const char *path;             /* relative, any bytes */
  const struct entry *metadata;
  const char *link;             /* a hard link to this path, or NULL */
  /* Xattrs that are not told, beside those that cannot be; NULL: none. */
  bool (*leaves_out_xattr) (const char *name);
  /* The parts of a file that are no hole, within its size; NULL: all. */
  const struct extents *data;
};

/* A stream of entries into STREAM (borrowed).  Access control lists are
 * written as such (SCHILY.acl.*), or, where ACLS_AS_XATTRS, as the xattrs that
 * the kernel knows them by.  -ENOMEM. */
errint_t tar_writer_new (struct stream *stream, bool acls_as_xattrs,
                         struct tar_writer **writer);
void tar_writer_free (struct tar_writer *writer);
DEFINE_CLEANUP (struct tar_writer *, tar_writer_free)

/* Can the name of this xattr be told? */
bool tar_writer_takes_xattr (const char *name);

/* Begins an entry; the one before it is complete.  Of times only the mtime is
 * told; no xattr of which tar_writer_takes_xattr says no.  -EINVAL where the
 * format cannot tell this entry, then nothing was written; other errors are
 * the stream's, or -ENOMEM. */
errint_t tar_writer_begin (struct tar_writer *writer,
                           const struct tar_header *header);

/* The bytes of a file in their order, holes included: LENGTH of them, which
 * lie all in one part of the header's data or all in one hole (then BYTES is
 * not looked at). */
errint_t tar_writer_data (struct tar_writer *writer, const void *bytes,
                          uint64_t length);

/* The end of the archive.  The stream is not flushed. */
errint_t tar_writer_end (struct tar_writer *writer);

#endif
