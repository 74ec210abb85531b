/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * 128 bits that tell one sequence of bytes from another, for names and for
 * finding damage.  No defence against somebody who wants two sequences to
 * have the same digest.
 */
#ifndef DELTAFS_DIGEST_H
#define DELTAFS_DIGEST_H

#include <stddef.h>
#include <stdint.h>

struct digest {
  uint8_t bytes[16];
};

#define DIGEST_TEXT_LENGTH 32

/* The digest of LENGTH bytes (XXH3, 128 bits, in its canonical form). */
struct digest digest_of (const void *bytes, size_t length);

/* DIGEST in lower-case hexadecimal, with a NUL. */
void digest_text (const struct digest *digest,
                  char text[DIGEST_TEXT_LENGTH + 1]);

#endif
