/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The grain directory and tables of a sparse VMDK file (VMware, "Virtual Disk
 * Format 5.0", hosted sparse extents), to find grains beyond the file's end.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "vmdk_header.h"

#define SECTOR 512
/* QEMU's limits. */
#define TABLE_ENTRIES_MAX 512
#define TABLES_MAX (512 * 1024)
#define FLAG_COMPRESSED (UINT32_C (1) << 16)

static const char too_short[] =
  "truncated: the file is shorter than its tables say";

struct tables {
  const struct image_file *file;
  uint64_t size;                /* of the file, bytes */
  uint64_t grain;               /* sectors */
  uint64_t capacity;            /* sectors */
  uint32_t entries;             /* in a table */
  const char **reason;
};

static errint_t
invalid (const struct tables *tables, const char *text)
{
  *tables->reason = text;
  return -EINVAL;
}

static errint_t
read_entries (const struct tables *tables, unsigned char *entries,
              size_t count, uint64_t sector)
{
  size_t got;
  errint_t error = image_file_read (tables->file, entries, count * 4,
                                    sector * SECTOR, &got);

  if (error != 0) {
    *tables->reason = strerror (-error);
    return error;
  }
  return got == count * 4 ? 0 : invalid (tables, too_short);
}

/* One table, the INDEXth, at SECTOR. */
static errint_t
check_table (const struct tables *tables, uint64_t index, uint32_t sector)
{
  unsigned char entries[TABLE_ENTRIES_MAX * 4];
  errint_t error = read_entries (tables, entries, tables->entries, sector);

  for (uint32_t i = 0; error == 0 && i < tables->entries; ++i) {
    const uint64_t place = bytes_le32 (entries + 4 * i);
    const uint64_t start = (index * tables->entries + i) * tables->grain;
    uint64_t length = tables->grain;

    /* 0 is a hole, 1 is zeros. */
    if (place <= 1 || start >= tables->capacity)
      continue;
    if (length > tables->capacity - start)
      length = tables->capacity - start;
    if ((place + length) * SECTOR > tables->size)
      return invalid (tables, too_short);
  }
  return error;
}

static errint_t
check_directory (const struct tables *tables, uint64_t sector,
                 size_t count)
{
  CLEANUP_FREE_BYTES unsigned char *directory = malloc (count * 4 + 1);
  errint_t error;

  if (directory == NULL) {
    *tables->reason = strerror (ENOMEM);
    return -ENOMEM;
  }
  error = read_entries (tables, directory, count, sector);
  for (size_t i = 0; error == 0 && i < count; ++i)
    if (bytes_le32 (directory + 4 * i) != 0)
      error = check_table (tables, i, bytes_le32 (directory + 4 * i));
  return error;
}

errint_t
vmdk_tables_check (const struct image_file *file, const char **reason)
{
  struct tables tables = { .file = file, .reason = reason };
  unsigned char header[64] = { 0 };
  uint64_t span, directory;
  size_t got;
  errint_t error = image_file_read (file, header, sizeof header, 0, &got);

  if (error == 0)
    error = image_file_size (file, &tables.size);
  if (error != 0) {
    *reason = strerror (-error);
    return error;
  }
  if (memcmp (header, "KDMV", 4) != 0
      || (bytes_le32 (header + 8) & FLAG_COMPRESSED) != 0)
    return 0;
  tables.capacity = bytes_le64 (header + 12);
  tables.grain = bytes_le64 (header + 20);
  tables.entries = bytes_le32 (header + 44);
  directory = bytes_le64 (header + 56);
  /* What QEMU refuses is left to QEMU. */
  if (tables.entries == 0 || tables.entries > TABLE_ENTRIES_MAX
      || tables.grain == 0 || tables.grain > UINT32_MAX
      || directory > UINT32_MAX)
    return 0;
  span = tables.grain * tables.entries;
  if (tables.capacity / span >= TABLES_MAX)
    return 0;
  return check_directory (&tables, directory,
                          (size_t) ((tables.capacity + span - 1) / span));
}
