/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A list of files with their SHA-256 digests, which "sha256sum -c" reads.
 */
#ifndef DELTAFS_MANIFEST_H
#define DELTAFS_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "errint.h"
#include "log.h"

struct manifest;

/* Opens FILE for writing.  A file that holds something other than a manifest is
 * refused, and so is standard output, the archive's.  Reported. */
errint_t manifest_open (const char *file, const struct log *log,
                        struct manifest **manifest);

/* To be called once before the first line: what was in the file goes.
 * Reported. */
errint_t manifest_start (struct manifest *manifest, const struct log *log);
void manifest_free (struct manifest *manifest);
DEFINE_CLEANUP (struct manifest *, manifest_free)

/* The digest of one file after the other: begin, the bytes in their order,
 * end. */
void manifest_begin (struct manifest *manifest);
void manifest_update (struct manifest *manifest, const void *bytes,
                      size_t length);
void manifest_end (struct manifest *manifest, uint8_t digest[32]);

/* Adds the line of a file. */
void manifest_add (struct manifest *manifest, const uint8_t digest[32],
                   const char *path);

/* Has everything arrived?  Reported. */
errint_t manifest_finish (struct manifest *manifest, const struct log *log);

#endif
