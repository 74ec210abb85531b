/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A disk of any bytes (memory_disks.h, of which the overlay's side is taken):
 * partition tables, boot sectors, superblocks of every kind.  Bit 0 of the
 * flags: the sums of a GPT are left as they are.
 */
#include <config.h>

#include <string.h>

#include "ext/ondisk.h"
#include "fuzz.h"
#include "memory_disks.h"
#include "pair_device.h"
#include "random_bytes.h"
#include "volumes.h"

#define SECTOR 512

static uint32_t
crc32 (const uint8_t *bytes, size_t length)
{
  uint32_t value = UINT32_MAX;

  for (; length > 0; --length) {
    value ^= *bytes++;
    for (int bit = 0; bit < 8; ++bit)
      value = value >> 1 ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value;
}

static void
repair_gpt (uint8_t *disk, size_t size)
{
  uint8_t *header = disk + SECTOR;
  uint64_t entries, length;

  if (size < 4 * SECTOR || memcmp (header, "EFI PART", 8) != 0)
    return;
  entries = (uint64_t) ondisk_le32 (header + 72) * SECTOR;
  length = (uint64_t) ondisk_le32 (header + 80) * ondisk_le32 (header + 84);
  if (entries <= size && length <= size - entries)
    ondisk_put_le32 (header + 88, crc32 (disk + entries, (size_t) length));
  ondisk_put_le32 (header + 16, 0);
  ondisk_put_le32 (header + 16, crc32 (header, 92));
}

/* Over a base that has BASE; NULL: nothing is known of it. */
static void
probe (struct image_pair *pair, const struct volumes *base)
{
  CLEANUP (device_close) struct device *device = NULL;
  CLEANUP (volumes_free) struct volumes *volumes = NULL;
  uint64_t disk = pair->size[SIDE_OVERLAY];

  FUZZ_REQUIRE (pair_device_open (pair, SIDE_OVERLAY, &device) == 0);
  if (volumes_probe (device, base, &fuzz_log, &volumes) < 0)
    return;
  FUZZ_REQUIRE (volumes->count <= 1024 + (base != NULL));
  for (size_t i = 0; i < volumes->count; ++i) {
    const struct volume *volume = &volumes->list[i];

    FUZZ_REQUIRE (volume->offset <= disk &&
                  volume->length <= disk - volume->offset);
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static char ext4[] = "ext4";
  CLEANUP (pair_close) struct image_pair *pair =
    memory_disks_read (data, size);
  uint64_t disk = pair->size[SIDE_OVERLAY];
  struct volume whole = {
    .length = disk, .use = VOLUME_FILESYSTEM, .type = ext4,
  };
  const struct volumes base = { .list = &whole, .count = 1 };

  if (!(pair->flags & 1))
    repair_gpt (pair->bytes[SIDE_OVERLAY], (size_t) disk);
  probe (pair, NULL);
  probe (pair, &base);
  return 0;
}

size_t
LLVMFuzzerCustomMutator (uint8_t *data, size_t size, size_t capacity,
                         unsigned seed)
{
  CLEANUP (pair_close) struct image_pair *pair =
    memory_disks_read (data, size);
  struct random_bytes random = { .state = seed };
  uint8_t *disk = pair->bytes[SIDE_OVERLAY];
  size_t length = pair->size[SIDE_OVERLAY];

  /* What counts is mostly at the start of a sector that is in use. */
  for (int tries = 0; tries < 100; ++tries) {
    size_t at = (size_t) random_below (&random, length / SECTOR) * SECTOR;

    if (disk[at] != 0 || disk[at + 3] != 0 || disk[at + 510] != 0) {
      random_change (&random, disk + at, SECTOR);
      break;
    }
  }
  if (random_below (&random, 8) == 0)
    pair->flags ^= 1;
  return memory_disks_write (pair, data, capacity);
}
