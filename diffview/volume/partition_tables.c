/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Layouts: UEFI specification, section 5.3 (GPT); for the MBR's extended
 * partitions libblkid/src/partitions/dos.c, whose reader has no limit for a
 * chain that holds partitions.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "partition_tables.h"

#define SECTOR 512
#define LARGE_SECTOR 4096
#define START (64 * 1024)
#define MBR_TABLE 446
#define MBR_ENTRY 16
#define MBR_ENTRIES 4
#define MBR_TYPE_GPT 0xee
#define ENTRIES_MAX_BYTES (1024 * 1024)

/* The extended boot records that were seen, by sector. */
struct chain {
  struct disk_window *window;
  const struct log *log;
  struct extents *areas;
  unsigned sector_size;         /* what the chain counts in, bytes */
  uint32_t seen[PARTITIONS_MAX];
  size_t count;
};

static bool
is_extended (const unsigned char *entry)
{
  return entry[4] == 0x05 || entry[4] == 0x0f || entry[4] == 0x85;
}

static bool
is_boot_record (const unsigned char *sector)
{
  return sector[510] == 0x55 && sector[511] == 0xaa;
}

static bool
was_seen (const struct chain *chain, uint32_t sector)
{
  for (size_t i = 0; i < chain->count; ++i)
    if (chain->seen[i] == sector)
      return true;
  return false;
}

static errint_t
too_many (const struct log *log)
{
  log_report (log, LOG_LEVEL_ERROR, "cannot read the partition table", NULL,
              "more than %d partitions", PARTITIONS_MAX);
  return -E2BIG;
}

/* A part of a table; one that would end beyond all numbers is none. */
static errint_t
add_area (struct extents *areas, const struct log *log,
          uint64_t offset, uint64_t length)
{
  return extents_add (areas, offset, length) == -ENOMEM
    ? log_error (log, -ENOMEM, "cannot read the partition table", NULL) : 0;
}

/* Finds the entry by which RECORD goes on; NULL when it is the last. */
static unsigned char *
find_link (unsigned char *record)
{
  for (int i = 0; i < MBR_ENTRIES; ++i) {
    unsigned char *entry = record + MBR_TABLE + i * MBR_ENTRY;

    if (is_extended (entry) && bytes_le32 (entry + 12) != 0)
      return entry;
  }
  return NULL;
}

/* Follows the chain of the extended partition at START, sectors.  Every
 * link is relative to START. */
static errint_t
follow (struct chain *chain, uint32_t start)
{
  uint32_t place = start;

  for (;;) {
    unsigned char record[SECTOR], *link;
    uint32_t next;
    errint_t error;

    if (chain->count == PARTITIONS_MAX)
      return too_many (chain->log);
    chain->seen[chain->count++] = place;
    error = disk_window_read (chain->window, record, sizeof record,
                              (uint64_t) place * chain->sector_size);
    if (error != 0 || !is_boot_record (record))
      return error;
    error = add_area (chain->areas, chain->log,
                      (uint64_t) place * chain->sector_size, SECTOR);
    if (error != 0)
      return error;
    link = find_link (record);
    if (link == NULL)
      return 0;
    next = start + bytes_le32 (link + 8);
    if (was_seen (chain, next)) {
      log_report (chain->log, LOG_LEVEL_WARNING, "odd partition table", NULL,
                  "its logical partitions run in a circle");
      /* The record is on the disk, or it would not have a signature. */
      memset (record + MBR_TABLE, 0, MBR_ENTRIES * MBR_ENTRY);
      return disk_window_patch (chain->window, record, sizeof record,
                                (uint64_t) place * chain->sector_size);
    }
    place = next;
  }
}

static errint_t
copy_mbr (struct disk_window *window, const struct log *log,
          struct extents *areas, unsigned sector_size, unsigned char *mbr)
{
  struct chain *chain;
  errint_t error = 0;

  if (!is_boot_record (mbr))
    return 0;
  chain = calloc (1, sizeof *chain);
  if (chain == NULL)
    return log_error (log, -ENOMEM, "cannot read the partition table", NULL);
  chain->window = window;
  chain->log = log;
  chain->areas = areas;
  chain->sector_size = sector_size;
  for (int i = 0; error == 0 && i < MBR_ENTRIES; ++i) {
    const unsigned char *entry = mbr + MBR_TABLE + i * MBR_ENTRY;
    const uint32_t start = bytes_le32 (entry + 8);

    if (bytes_le32 (entry + 12) == 0)
      continue;
    /* Tables of other systems nest there. */
    error = disk_window_copy (window, (uint64_t) start * sector_size, START);
    if (error == 0 && is_extended (entry) && start != 0
        && !was_seen (chain, start))
      error = follow (chain, start);
  }
  free (chain);
  return error;
}

static bool
is_gpt (const unsigned char *header)
{
  return memcmp (header, "EFI PART", 8) == 0;
}

/* Copies the entries of the GPT header at LBA, if there is one. */
static errint_t
copy_gpt (struct disk_window *window, const struct log *log,
          struct extents *areas, unsigned sector_size, uint64_t lba,
          uint64_t *alternate)
{
  unsigned char header[SECTOR];
  uint64_t length, offset;
  errint_t error = disk_window_read (window, header, sizeof header,
                                     lba * sector_size);

  *alternate = 0;
  if (error != 0 || !is_gpt (header))
    return error;
  *alternate = bytes_le64 (header + 32);
  length = (uint64_t) bytes_le32 (header + 80) * bytes_le32 (header + 84);
  if (length > ENTRIES_MAX_BYTES)
    return too_many (log);
  error = add_area (areas, log, lba * sector_size, sector_size);
  if (error != 0
      || __builtin_mul_overflow (bytes_le64 (header + 72), sector_size,
                                 &offset))
    return error;
  error = add_area (areas, log, offset, length);
  return error == 0 ? disk_window_copy (window, offset, length) : error;
}

static errint_t
copy_gpts (struct disk_window *window, const struct log *log,
           struct extents *areas, unsigned sector_size)
{
  const uint64_t last = disk_window_size (window) / sector_size - 1;
  uint64_t alternate, ignored;
  errint_t error = copy_gpt (window, log, areas, sector_size, 1, &alternate);

  if (error == 0)
    error = copy_gpt (window, log, areas, sector_size, last, &ignored);
  /* A disk that was enlarged has its second table in the middle. */
  if (error == 0 && alternate > 1 && alternate < last)
    error = copy_gpt (window, log, areas, sector_size, alternate, &ignored);
  return error;
}

errint_t
partition_tables_copy (struct disk_window *window, const struct log *log,
                       struct extents *areas, unsigned *sector_size)
{
  unsigned char start[LARGE_SECTOR + SECTOR];
  errint_t error;

  error = disk_window_copy (window, 0, START);
  if (error == 0)
    error = disk_window_read (window, start, sizeof start, 0);
  if (error != 0 || disk_window_size (window) < sizeof start)
    return error;
  if (is_gpt (start + SECTOR))
    *sector_size = SECTOR;
  else if (is_gpt (start + LARGE_SECTOR))
    *sector_size = LARGE_SECTOR;
  error = add_area (areas, log, 0, SECTOR);
  if (error == 0)
    error = copy_gpts (window, log, areas, *sector_size);
  if (error == 0)
    error = copy_mbr (window, log, areas, *sector_size, start);
  return error;
}

errint_t
partition_tables_mbr_fits (struct disk_window *window, unsigned sector_size,
                           bool *fits)
{
  unsigned char mbr[SECTOR];
  errint_t error = disk_window_read (window, mbr, sizeof mbr, 0);

  *fits = error == 0 && is_boot_record (mbr);
  for (int i = 0; *fits && i < MBR_ENTRIES; ++i) {
    const unsigned char *entry = mbr + MBR_TABLE + i * MBR_ENTRY;
    const uint64_t end = (uint64_t) bytes_le32 (entry + 8)
      + bytes_le32 (entry + 12);

    *fits = entry[4] != MBR_TYPE_GPT
      && end <= disk_window_size (window) / sector_size;
  }
  return error;
}
