/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Writing the members of a delta into a tar stream, with a manifest.  What
 * cannot be told is named and left out; the stream is a whole archive all the
 * same.
 */
#ifndef DELTAFS_ARCHIVE_DELTA_H
#define DELTAFS_ARCHIVE_DELTA_H

#include <stdbool.h>

#include "delta.h"
#include "errint.h"
#include "log.h"
#include "manifest.h"
#include "members.h"
#include "progress.h"
#include "stream.h"

struct archive_delta {
  const struct delta *delta;
  struct members *members;      /* their groups are filled in */
  struct stream *stream;
  bool acls_as_xattrs;          /* as tar_writer_new says */
  struct manifest *manifest;    /* or NULL */
  const struct progress *progress;      /* or NULL */
  const struct log *log;
  bool incomplete;              /* result: something was left out, and named,
                                 * or is there in part; sockets do not count */
};

/* Writes the archive; STREAM is not flushed.  Errors of the stream (not
 * reported), -ENOMEM. */
errint_t archive_delta (struct archive_delta *archive);

#endif
