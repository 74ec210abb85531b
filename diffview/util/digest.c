/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Digests by xxHash, see digest.h.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

/* Compiled in: nothing has to be linked. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "digest.h"

struct digest
digest_of (const void *bytes, size_t length)
{
  XXH128_canonical_t canonical;
  struct digest digest;

  XXH128_canonicalFromHash (&canonical, XXH3_128bits (bytes, length));
  memcpy (digest.bytes, canonical.digest, sizeof digest.bytes);
  return digest;
}

void
digest_text (const struct digest *digest, char text[DIGEST_TEXT_LENGTH + 1])
{
  for (size_t i = 0; i < sizeof digest->bytes; ++i)
    snprintf (text + 2 * i, 3, "%02x", digest->bytes[i]);
}
