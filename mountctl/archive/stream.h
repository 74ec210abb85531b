/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Bytes on their way to a file descriptor: buffered, and with a digest of all
 * of them where one is wanted.
 */
#ifndef DELTAFS_STREAM_H
#define DELTAFS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "errint.h"

#define SHA256_TEXT_SIZE 65     /* of the digest as text, with its NUL */

struct stream;

/* A stream to FD, which stays the caller's; NULL without memory.  Not
 * flushed when freed. */
struct stream *stream_new (int fd, bool with_digest);
void stream_free (struct stream *stream);
DEFINE_CLEANUP (struct stream *, stream_free)

/* Writes all LENGTH bytes.  A negative errno, and the same one for everything
 * that follows. */
errint_t stream_write (struct stream *stream, const void *bytes,
                       size_t length);
errint_t stream_flush (struct stream *stream);

/* How writing went so far: 0 or the negative errno. */
errint_t stream_error (const struct stream *stream);

/* SHA-256 of all bytes that were written, as lower-case hexadecimal digits.
 * Once, at the end. */
void stream_digest (struct stream *stream, char text[SHA256_TEXT_SIZE]);

/* The 32 bytes of a SHA-256 digest as text. */
void sha256_text (const uint8_t digest[32], char text[SHA256_TEXT_SIZE]);

#endif
