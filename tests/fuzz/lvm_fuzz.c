/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * LVM's metadata of any bytes.  The first byte says what the others are: even,
 * the text of a volume group, which is put on a physical volume as LVM would;
 * odd, the start of a physical volume, the sums in which are made right unless
 * it is 3.
 */
#include <config.h>

#include <string.h>

#include "bytes.h"
#include "device.h"
#include "fuzz.h"
#include "lvm.h"

#define DISK (1u << 18)         /* bytes of a physical volume */
#define SECTOR 512
#define AREA 4096               /* where its metadata lies */
#define AREA_SIZE (DISK / 2)

struct memory {
  struct device device;         /* first: the two are converted */
  uint8_t bytes[DISK];
};

static struct memory disks[2];

static errint_t
read_memory (struct device *device, void *buffer, size_t length,
             uint64_t offset)
{
  FUZZ_REQUIRE (offset <= DISK && length <= DISK - offset);
  memcpy (buffer, ((struct memory *) device)->bytes + offset, length);
  return 0;
}

static void
place_in_memory (const struct device *device, uint64_t offset,
                 struct device_place *place)
{
  FUZZ_REQUIRE (offset < DISK);
  *place = (struct device_place) {
    .on_disk = true, .length = DISK - offset,
    .position = (device == &disks[1].device ? DISK : 0) + offset,
  };
}

static const struct device_operations operations = {
  .read = read_memory, .place = place_in_memory,
};

static void
put_le32 (uint8_t *bytes, uint32_t value)
{
  value = htole32 (value);
  memcpy (bytes, &value, sizeof value);
}

static void
put_le64 (uint8_t *bytes, uint64_t value)
{
  value = htole64 (value);
  memcpy (bytes, &value, sizeof value);
}

static uint32_t
sum (const uint8_t *bytes, size_t length)
{
  uint32_t value = UINT32_C (0xf597a6cf);

  for (; length > 0; --length) {
    value ^= *bytes++;
    for (int bit = 0; bit < 8; ++bit)
      value = value >> 1 ^ (value & 1 ? 0xedb88320 : 0);
  }
  return value;
}

static void
repair (uint8_t *disk)
{
  uint8_t *label = disk + SECTOR, *area = disk + AREA;
  const uint64_t at = bytes_le64 (area + 40), size = bytes_le64 (area + 48);

  put_le32 (label + 16, sum (label + 20, SECTOR - 20));
  if (at < AREA_SIZE && size <= AREA_SIZE - at)
    put_le32 (area + 56, sum (area + at, (size_t) size));
  put_le32 (area, sum (area + 4, SECTOR - 4));
}

/* A physical volume with one metadata area, whose id is the letter 32 times. */
static void
format (uint8_t *disk, char letter, const uint8_t *text, size_t size)
{
  uint8_t *label = disk + SECTOR, *area = disk + AREA;

  memcpy (label, "LABELONE", 8);
  label[8] = 1;
  label[20] = 32;
  memcpy (label + 24, "LVM2 001", 8);
  memset (label + 32, letter, 32);
  put_le64 (label + 64, DISK);
  put_le64 (label + 72, AREA + AREA_SIZE);
  put_le64 (label + 104, AREA);
  put_le64 (label + 112, AREA_SIZE);
  memcpy (area + 4, " LVM2 x[5A%r0N*>", 16);
  area[20] = 1;
  put_le64 (area + 24, AREA);
  put_le64 (area + 32, AREA_SIZE);
  if (size > 0) {
    put_le64 (area + 40, SECTOR);
    put_le64 (area + 48, size);
    memcpy (area + SECTOR, text, size);
  }
  repair (disk);
}

/* All of it comes from a physical volume, and can be read. */
static void
look_at (struct device *device)
{
  uint8_t bytes[SECTOR];
  uint64_t offset = 0;

  FUZZ_REQUIRE (device->size > 0);
  for (unsigned i = 0; offset < device->size && i < 10000; ++i) {
    const uint64_t rest = device->size - offset;
    struct device_place place;

    device->operations->place (device, offset, &place);
    FUZZ_REQUIRE (place.on_disk && place.length > 0
                  && place.position < 2 * DISK
                  && place.length <= 2 * DISK - place.position);
    FUZZ_REQUIRE (device_read (device, bytes,
                               rest < SECTOR ? (size_t) rest : SECTOR,
                               offset) == 0);
    offset += place.length;
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct lvm_member members[2] = { { .device = &disks[0].device },
                                   { .device = &disks[1].device } };
  struct lvm_volumes volumes = { .list = NULL };
  size_t length = size > 0 ? size - 1 : 0;

  memset (disks, 0, sizeof disks);
  for (int i = 0; i < 2; ++i)
    disks[i].device = (struct device) { .operations = &operations,
                                        .size = DISK };
  format (disks[1].bytes, 'B', NULL, 0);
  if (size > 0 && (data[0] & 1)) {
    memcpy (disks[0].bytes, data + 1, length < DISK ? length : DISK);
    if (data[0] != 3)
      repair (disks[0].bytes);
  }
  else
    format (disks[0].bytes, 'A', data + 1,
            length < AREA_SIZE - SECTOR ? length : AREA_SIZE - SECTOR);
  FUZZ_REQUIRE (lvm_open (members, 2, &volumes) == 0);
  for (size_t i = 0; i < volumes.count; ++i) {
    FUZZ_REQUIRE (strchr (volumes.list[i].name, '/') != NULL
                  && strstr (volumes.list[i].name, "/../") == NULL);
    FUZZ_REQUIRE (volumes.list[i].device != NULL
                  || volumes.list[i].reason != NULL);
    if (volumes.list[i].device != NULL)
      look_at (volumes.list[i].device);
  }
  lvm_volumes_clear (&volumes);
  for (int i = 0; i < 2; ++i)
    free (members[i].reason);
  return 0;
}
