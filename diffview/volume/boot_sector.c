/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Boot sectors of Microsoft's filesystems: "Microsoft FAT Specification",
 * "exFAT file system specification", and for NTFS the fields that libblkid
 * reads (libblkid/src/superblocks/ntfs.c).
 */
#include <config.h>

#include <string.h>

#include "boot_sector.h"
#include "bytes.h"

/* A root directory or a few records of the master file table. */
#define AREA (64 * 1024)

struct volume_window {
  struct disk_window *window;
  uint64_t offset, length;
};

/* AREA bytes at UNITS units of SIZE bytes from the volume's start. */
static errint_t
copy_area (const struct volume_window *volume, uint64_t units, uint64_t size)
{
  uint64_t offset;

  if (__builtin_mul_overflow (units, size, &offset)
      || offset >= volume->length)
    return 0;
  return disk_window_copy (volume->window, volume->offset + offset,
                           volume->length - offset < AREA
                           ? volume->length - offset : AREA);
}

static errint_t
copy_ntfs (const struct volume_window *volume, const unsigned char *sector)
{
  const uint64_t sector_size = bytes_le16 (sector + 11);
  /* A power of two, or the negative exponent of one. */
  const uint64_t sectors = sector[13] <= 128
    ? sector[13] : UINT64_C (1) << (256 - sector[13] < 32
                                    ? 256 - sector[13] : 31);

  return copy_area (volume, bytes_le64 (sector + 48), sector_size * sectors);
}

/* The entry of CLUSTER in a table of 32-bit numbers, and the cluster. */
static errint_t
copy_cluster (const struct volume_window *volume, uint64_t table,
              uint64_t heap, uint64_t cluster, uint64_t cluster_size)
{
  uint64_t offset;
  errint_t error = copy_area (volume, table + 4 * cluster, 1);

  if (error != 0 || cluster < 2
      || __builtin_mul_overflow (cluster - 2, cluster_size, &offset)
      || __builtin_add_overflow (offset, heap, &offset))
    return error;
  return copy_area (volume, offset, 1);
}

static errint_t
copy_exfat (const struct volume_window *volume, const unsigned char *sector)
{
  const unsigned sector_bits = sector[108], cluster_bits = sector[109];

  if (sector_bits < 9 || sector_bits > 12 || cluster_bits > 25 - sector_bits)
    return 0;
  return copy_cluster (volume,
                       (uint64_t) bytes_le32 (sector + 80) << sector_bits,
                       (uint64_t) bytes_le32 (sector + 88) << sector_bits,
                       bytes_le32 (sector + 96),
                       UINT64_C (1) << (sector_bits + cluster_bits));
}

static errint_t
copy_fat (const struct volume_window *volume, const unsigned char *sector)
{
  const uint64_t sector_size = bytes_le16 (sector + 11);
  const uint64_t cluster_size = sector_size * sector[13];
  const uint64_t reserved = bytes_le16 (sector + 14);
  const uint64_t tables = sector[16];
  const uint64_t short_table = bytes_le16 (sector + 22);
  const uint64_t table = short_table != 0
    ? short_table : bytes_le32 (sector + 36);
  errint_t error;

  /* FAT12 and FAT16: the root directory follows the tables. */
  error = copy_area (volume, reserved + tables * table, sector_size);
  if (error != 0 || short_table != 0)
    return error;
  /* FAT32: a cluster chain; and the sector with the counts. */
  error = copy_cluster (volume, reserved * sector_size,
                        (reserved + tables * table) * sector_size,
                        bytes_le32 (sector + 44), cluster_size);
  if (error == 0)
    error = copy_area (volume, bytes_le16 (sector + 48), sector_size);
  return error;
}

errint_t
boot_sector_copy (struct disk_window *window,
                  uint64_t offset, uint64_t length)
{
  const struct volume_window volume = { window, offset, length };
  unsigned char sector[512];
  errint_t error;

  if (length < sizeof sector)
    return 0;
  error = disk_window_read (window, sector, sizeof sector, offset);
  if (error != 0)
    return error;
  if (memcmp (sector + 3, "NTFS    ", 8) == 0)
    return copy_ntfs (&volume, sector);
  if (memcmp (sector + 3, "EXFAT   ", 8) == 0)
    return copy_exfat (&volume, sector);
  return copy_fat (&volume, sector);
}
