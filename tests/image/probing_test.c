/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Probing damaged disks: partition tables and boot sectors whose every field
 * may be anything.  It ends, and what it tells lies on the disk.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "volumes.h"

#define ROUNDS 4000
#define DISK (2 * 1024 * 1024)
#define SECTOR 512

static unsigned char disk[DISK];
static uint64_t bytes_read;

static errint_t
read_disk (struct device *device, void *buffer, size_t length,
           uint64_t offset)
{
  (void) device;
  memcpy (buffer, disk + offset, length);
  bytes_read += length;
  return 0;
}

static void
place_on_disk (const struct device *device, uint64_t offset,
               struct device_place *place)
{
  *place = (struct device_place) {
    .on_disk = true, .position = offset, .length = device->size - offset,
  };
}

static const struct device_operations operations = {
  .read = read_disk, .place = place_on_disk,
};

static struct device device = {
  .operations = &operations, .size = DISK, .side = SIDE_OVERLAY,
};

static void
swallow (void *opaque, enum log_level level, const char *message)
{
  (void) opaque;
  (void) level;
  assert_non_null (message);
}

static const struct log quiet = { .write = swallow };

static void
put (unsigned char *place, uint64_t value, size_t size)
{
  for (size_t i = 0; i < size; ++i)
    place[i] = (unsigned char) (value >> (8 * i));
}

static void
put_entry (unsigned char *sector, int index, unsigned char type,
           uint32_t start, uint32_t size)
{
  unsigned char *entry = sector + 446 + 16 * index;

  entry[4] = type;
  put (entry + 8, start, 4);
  put (entry + 12, size, 4);
  put (sector + 510, 0xaa55, 2);
}

/* Two primary partitions and a chain of four logical ones. */
static void
make_mbr (void)
{
  put_entry (disk, 0, 0x83, 64, 256);
  put_entry (disk, 1, 0xa5, 320, 64);
  put_entry (disk, 2, 5, 512, 3000);
  for (int i = 0; i < 4; ++i) {
    unsigned char *record = disk + (size_t) (512 + 256 * i) * SECTOR;

    put_entry (record, 0, 0x83, 32, 128);
    if (i < 3)
      put_entry (record, 1, 5, 256 * ((uint32_t) i + 1), 256);
  }
}

static uint32_t
checksum (const unsigned char *bytes, size_t length)
{
  uint32_t value = UINT32_MAX;

  for (size_t i = 0; i < length; ++i) {
    value ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit)
      value = (value >> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value;
}

/* Makes the sums of a header and its entries right again, so that the damage
 * gets through. */
static void
sum_gpt (unsigned char *header)
{
  const unsigned char *entries = disk + 2 * SECTOR;

  put (header + 88, checksum (entries, (size_t) 128 * 128), 4);
  put (header + 16, 0, 4);
  put (header + 16, checksum (header, 92), 4);
}

static void
make_gpt (void)
{
  unsigned char *header = disk + SECTOR, *entry = disk + 2 * SECTOR;

  put_entry (disk, 0, 0xee, 1, DISK / SECTOR - 1);
  memcpy (header, "EFI PART\0\0\1\0\x5c\0\0\0", 16);
  put (header + 24, 1, 8);
  put (header + 32, DISK / SECTOR - 1, 8);
  put (header + 40, 34, 8);
  put (header + 48, DISK / SECTOR - 34, 8);
  header[56] = 1;
  put (header + 72, 2, 8);
  put (header + 80, 128, 4);
  put (header + 84, 128, 4);
  for (unsigned char i = 0; i < 5; ++i, entry += 128) {
    memset (entry, 0x11, 16);
    entry[16] = i;
    put (entry + 32, 64 + 256 * (unsigned) i, 8);
    put (entry + 40, 64 + 256 * (unsigned) i + 200, 8);
  }
}

/* The start of a filesystem at sector 64. */
static unsigned char *
make_boot_sector (unsigned kind)
{
  unsigned char *sector = disk + 64 * SECTOR;

  put (sector + 11, 512, 2);
  sector[13] = 1;
  put (sector + 14, 1, 2);
  sector[16] = 2;
  sector[21] = 0xf8;
  put (sector + 32, 4000, 4);
  put (sector + 510, 0xaa55, 2);
  if (kind == 0) {
    memcpy (sector + 3, "NTFS    ", 8);
    put (sector + 40, 255, 8);
    put (sector + 48, 4, 8);
    sector[64] = 0xf6;
  }
  else if (kind == 1) {
    memcpy (sector, "\xeb\x76\x90" "EXFAT   ", 11);
    put (sector + 80, 24, 4);
    put (sector + 88, 64, 4);
    put (sector + 96, 2, 4);
    sector[108] = 9;
    sector[109] = 1;
  }
  else {
    memcpy (sector, "\xeb\x58\x90mkfs.fat", 11);
    put (sector + 36, 100, 4);
    put (sector + 44, 2, 4);
    put (sector + 48, 1, 2);
    memcpy (sector + 82, "FAT32   ", 8);
  }
  return sector;
}

static void
damage (unsigned char *place, size_t length)
{
  static const unsigned char bytes[] = { 0, 1, 2, 0x7f, 0x80, 0xff };

  for (int n = 1 + rand () % 6; n > 0; --n) {
    const size_t start = (size_t) rand () % length;
    const size_t count = 1 + (size_t) rand () % 8;

    for (size_t i = start; i < start + count && i < length; ++i)
      place[i] = rand () % 2 == 0 ? (unsigned char) rand ()
        : bytes[(size_t) rand () % sizeof bytes];
  }
}

static void
probe (void)
{
  CLEANUP (volumes_free) struct volumes *volumes = NULL;
  errint_t error;

  bytes_read = 0;
  error = volumes_probe (&device, NULL, &quiet, &volumes);
  assert_true (error == 0 || error == -E2BIG);
  /* Nothing is read twice. */
  assert_true (bytes_read <= DISK);
  if (error != 0)
    return;
  assert_true (volumes->count <= 1024);
  for (size_t i = 0; i < volumes->count; ++i) {
    assert_true (volumes->list[i].offset <= DISK);
    assert_true (volumes->list[i].length <= DISK - volumes->list[i].offset);
  }
}

static void
damaged_mbr (void **state)
{
  (void) state;
  for (int round = 0; round < ROUNDS; ++round) {
    memset (disk, 0, sizeof disk);
    make_mbr ();
    damage (disk + 440, 72);
    for (int i = 0; i < 4; ++i)
      if (rand () % 2 == 0)
        damage (disk + (size_t) (512 + 256 * i) * SECTOR + 446, 64);
    probe ();
  }
}

static void
damaged_gpt (void **state)
{
  (void) state;
  for (int round = 0; round < ROUNDS; ++round) {
    memset (disk, 0, sizeof disk);
    make_gpt ();
    damage (disk + 2 * SECTOR, 640);
    if (round % 2 == 0)
      damage (disk + SECTOR + 24, 64);
    sum_gpt (disk + SECTOR);
    probe ();
  }
}

static void
damaged_boot_sectors (void **state)
{
  (void) state;
  for (int round = 0; round < ROUNDS; ++round) {
    memset (disk, 0, sizeof disk);
    if (round % 2 == 0)
      make_mbr ();
    damage (make_boot_sector ((unsigned) round % 3), 120);
    /* The whole disk, half of the time. */
    if (round % 2 != 0)
      memcpy (disk, disk + 64 * SECTOR, SECTOR);
    probe ();
  }
}

static void
noise (void **state)
{
  (void) state;
  for (int round = 0; round < 50; ++round) {
    for (size_t i = 0; i < sizeof disk; ++i)
      disk[i] = (unsigned char) rand ();
    put (disk + 510, 0xaa55, 2);
    probe ();
  }
}

int
main (void)
{
  static const struct CMUnitTest tests[] = {
    cmocka_unit_test (damaged_mbr),
    cmocka_unit_test (damaged_gpt),
    cmocka_unit_test (damaged_boot_sectors),
    cmocka_unit_test (noise),
  };
  const char *given = getenv ("SEED");
  const unsigned seed = given != NULL ? (unsigned) strtoul (given, NULL, 10)
    : (unsigned) time (NULL);

  printf ("# SEED=%u\n", seed);
  srand (seed);
  return cmocka_run_group_tests (tests, NULL, NULL);
}
