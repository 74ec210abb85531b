/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Layouts as in QEMU's block/vdi.c, docs/interop/parallels.txt and
 * block/qcow.c.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "old_tables.h"

#define SECTOR 512
/* Of a table; QEMU allows more, but no disk needs it. */
#define ENTRIES_MAX (8 * 1024 * 1024)
/* Of a hostile image all tables may be the same; so many bytes of them are
 * looked through. */
#define TABLES_BUDGET (UINT64_C (1) << 30)
#define QCOW_COMPRESSED (UINT64_C (1) << 63)

static const char too_short[] =
  "truncated: the file is shorter than its tables say";

static errint_t
invalid (const char **reason)
{
  *reason = too_short;
  return -EINVAL;
}

static errint_t
read_whole (const struct image_file *file, unsigned char *buffer,
            size_t length, uint64_t offset, const char **reason)
{
  size_t got;
  errint_t error = image_file_read (file, buffer, length, offset, &got);

  if (error != 0) {
    *reason = strerror (-error);
    return error;
  }
  return got == length ? 0 : invalid (reason);
}

/* A new table of LENGTH bytes at OFFSET, to be freed. */
static errint_t
read_table (const struct image_file *file, size_t length, uint64_t offset,
            unsigned char **table, const char **reason)
{
  *table = malloc (length + 1);
  if (*table == NULL) {
    *reason = strerror (ENOMEM);
    return -ENOMEM;
  }
  return read_whole (file, *table, length, offset, reason);
}

static errint_t
size_of (const struct image_file *file, uint64_t *size, const char **reason)
{
  errint_t error = image_file_size (file, size);

  if (error != 0)
    *reason = strerror (-error);
  return error;
}

/* Offset of the data at 344, size of a block at 376, blocks allocated at
 * 388. */
errint_t
vdi_tables_check (const struct image_file *file, const char **reason)
{
  unsigned char header[392];
  uint64_t size, data;
  errint_t error = read_whole (file, header, sizeof header, 0, reason);

  if (error == 0)
    error = size_of (file, &size, reason);
  if (error != 0)
    return error;
  data = (uint64_t) bytes_le32 (header + 376) * bytes_le32 (header + 388);
  if (data > size || bytes_le32 (header + 344) > size - data)
    return invalid (reason);
  return 0;
}

/* Sectors of a cluster at 28, entries at 32, the table at 64: sectors, or
 * clusters when the magic number says so. */
errint_t
parallels_tables_check (const struct image_file *file, const char **reason)
{
  CLEANUP_FREE_BYTES unsigned char *table = NULL;
  unsigned char header[64];
  uint64_t size, cluster, unit;
  size_t entries;
  errint_t error = read_whole (file, header, sizeof header, 0, reason);

  if (error == 0)
    error = size_of (file, &size, reason);
  if (error != 0)
    return error;
  cluster = (uint64_t) bytes_le32 (header + 28) * SECTOR;
  entries = bytes_le32 (header + 32);
  unit = memcmp (header, "WithouFreSpacExt", 16) == 0 ? cluster : SECTOR;
  /* What QEMU refuses is left to QEMU. */
  if (cluster == 0 || entries > ENTRIES_MAX)
    return 0;
  error = read_table (file, entries * 4, sizeof header, &table, reason);
  for (size_t i = 0; error == 0 && i < entries; ++i) {
    const uint64_t place = bytes_le32 (table + 4 * i);

    if (place != 0 && (cluster > size || place > (size - cluster) / unit))
      error = invalid (reason);
  }
  return error;
}

/* The cluster of each entry of an L2 table at OFFSET lies in the file, the
 * last one perhaps in part: it may be where the disk ends. */
static errint_t
check_qcow_l2 (const struct image_file *file, uint64_t offset,
               size_t entries, uint64_t size, const char **reason)
{
  CLEANUP_FREE_BYTES unsigned char *table = NULL;
  errint_t error = read_table (file, entries * 8, offset, &table, reason);

  for (size_t i = 0; error == 0 && i < entries; ++i) {
    const uint64_t entry = bytes_be64 (table + 8 * i);

    if ((entry & QCOW_COMPRESSED) == 0 && entry >= size)
      error = invalid (reason);
  }
  return error;
}

/* Size of the disk at 24, bits of a cluster and of an L2 table at 32 and 33,
 * L1 table at 40. */
errint_t
qcow_tables_check (const struct image_file *file, const char **reason)
{
  CLEANUP_FREE_BYTES unsigned char *table = NULL;
  unsigned char header[48];
  uint64_t size, entries, budget = TABLES_BUDGET;
  unsigned bits;
  errint_t error = read_whole (file, header, sizeof header, 0, reason);

  if (error == 0)
    error = size_of (file, &size, reason);
  /* QEMU's limits for both. */
  if (error != 0 || header[32] < 9 || header[32] > 16
      || header[33] < 6 || header[33] > 13)
    return error;
  bits = header[32] + header[33];
  entries = (bytes_be64 (header + 24) >> bits) + 1;
  if (entries > ENTRIES_MAX)
    return 0;
  error = read_table (file, entries * 8, bytes_be64 (header + 40), &table,
                      reason);
  for (size_t i = 0; error == 0 && i < entries; ++i) {
    const uint64_t offset = bytes_be64 (table + 8 * i);
    const uint64_t length = UINT64_C (8) << header[33];

    if (offset == 0 || budget < length)
      continue;
    budget -= length;
    error = check_qcow_l2 (file, offset, (size_t) 1 << header[33], size,
                           reason);
  }
  return error;
}
