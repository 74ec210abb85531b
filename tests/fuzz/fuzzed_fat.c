/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * FAT and exFAT for engine_fuzz.c: the boot sector says which it is.
 */
#include <config.h>

#include <string.h>

#include "fuzzed_format.h"

#define SECTOR 512u
#define CHECKED (11 * SECTOR)   /* exFAT: the checksum lies behind it */

const char fuzzed_type[] = "vfat";

/* FAT has no checksums; exFAT has one that is looked at, of its boot sectors. */
void
fuzzed_repair (uint8_t *bytes, size_t size)
{
  uint32_t sum = 0;

  if (size < CHECKED + SECTOR || memcmp (bytes + 3, "EXFAT   ", 8) != 0)
    return;
  for (size_t i = 0; i < CHECKED; ++i)
    if (i != 106 && i != 107 && i != 112)
      sum = (sum << 31 | sum >> 1) + bytes[i];
  for (size_t i = 0; i < SECTOR; ++i)
    bytes[CHECKED + i] = (uint8_t) (sum >> i % 4 * 8);
}

/* Sectors that are in use are changed, on the overlay and now and then on both
 * sides. */
void
fuzzed_damage (struct random_bytes *random, struct image_pair *pair)
{
  uint8_t *overlay = pair->bytes[SIDE_OVERLAY];
  size_t sectors = pair->size[SIDE_OVERLAY] / SECTOR;

  for (int tries = 0; tries < 100 && sectors > 0; ++tries) {
    size_t at = (size_t) random_below (random, sectors) * SECTOR;

    if (overlay[at] == 0 && overlay[at + 32] == 0)
      continue;
    random_change (random, overlay + at, SECTOR);
    if (random_below (random, 4) == 0 && at + SECTOR <= pair->size[SIDE_BASE])
      memcpy (pair->bytes[SIDE_BASE] + at, overlay + at, SECTOR);
    if (random_below (random, 2) == 0)
      return;
  }
}
