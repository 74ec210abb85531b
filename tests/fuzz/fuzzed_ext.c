/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ext2/3/4 for engine_fuzz.c.
 */
#include <config.h>

#include "ext_bytes.h"
#include "ext_damage.h"
#include "fuzzed_format.h"

const char fuzzed_type[] = "ext4";

void
fuzzed_repair (uint8_t *bytes, size_t size)
{
  struct ext_bytes ext;

  if (ext_bytes_open (&ext, bytes, size))
    ext_bytes_repair (&ext);
}

void
fuzzed_damage (struct random_bytes *random, struct image_pair *pair)
{
  ext_damage (random, pair);
}
