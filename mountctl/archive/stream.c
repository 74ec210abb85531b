/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The buffer and the digest of a stream, see stream.h.
 */
#include <config.h>

#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stream.h"

#define BUFFER_SIZE (256 * 1024)

struct stream {
  int fd;
  errint_t error;
  bool with_digest;
  struct sha256_ctx digest;
  size_t used;                  /* bytes of buffer */
  uint8_t buffer[BUFFER_SIZE];
};

struct stream *
stream_new (int fd, bool with_digest)
{
  struct stream *stream = malloc (sizeof *stream);

  if (stream == NULL)
    return NULL;
  stream->fd = fd;
  stream->error = 0;
  stream->with_digest = with_digest;
  stream->used = 0;
  sha256_init (&stream->digest);
  return stream;
}

void
stream_free (struct stream *stream)
{
  free (stream);
}

static void
write_out (struct stream *stream, const uint8_t *bytes, size_t length)
{
  while (length > 0 && stream->error == 0) {
    ssize_t written = write (stream->fd, bytes, length);

    if (written < 0 && errno != EINTR)
      stream->error = -errno;
    if (written > 0) {
      bytes += written;
      length -= (size_t) written;
    }
  }
}

errint_t
stream_flush (struct stream *stream)
{
  write_out (stream, stream->buffer, stream->used);
  stream->used = 0;
  return stream->error;
}

errint_t
stream_write (struct stream *stream, const void *bytes, size_t length)
{
  if (stream->with_digest)
    sha256_update (&stream->digest, length, bytes);
  if (length > sizeof stream->buffer - stream->used)
    stream_flush (stream);
  if (length >= sizeof stream->buffer)
    write_out (stream, bytes, length);
  else {
    memcpy (stream->buffer + stream->used, bytes, length);
    stream->used += length;
  }
  return stream->error;
}

errint_t
stream_error (const struct stream *stream)
{
  return stream->error;
}

void
sha256_text (const uint8_t digest[32], char text[SHA256_TEXT_SIZE])
{
  static const char digits[] = "0123456789abcdef";

  for (int i = 0; i < 32; ++i) {
    text[2 * i] = digits[digest[i] >> 4];
    text[2 * i + 1] = digits[digest[i] & 15];
  }
  text[64] = '\0';
}

void
stream_digest (struct stream *stream, char text[SHA256_TEXT_SIZE])
{
  uint8_t digest[SHA256_DIGEST_SIZE];

  sha256_digest (&stream->digest, sizeof digest, digest);
  sha256_text (digest, text);
}
