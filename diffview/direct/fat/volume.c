/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reads boot sectors, see fat/volume.h.
 */
#include <config.h>

#include <string.h>

#include "bytes.h"
#include "fat/volume.h"

#define BOOT_SECTOR 512

/* The most clusters of each kind (FAT specification, section 3.5; Linux,
 * fs/fat/fat.h). */
#define FAT_12_CLUSTERS 0xff4
#define FAT_16_CLUSTERS 0xfff4
#define FAT_32_CLUSTERS 0x0ffffff6
#define FAT_EX_CLUSTERS 0xfffffff5

/* exFAT, section 3.1: a cluster has at most 2^25 bytes. */
#define CLUSTER_SHIFT_MAX 25

/* exFAT, section 3.4: sectors that the checksum in the next one covers. */
#define CHECKED_SECTORS 11
#define SECTOR_MAX 4096

static bool
is_power_of_two (uint32_t value)
{
  return value != 0 && (value & (value - 1)) == 0;
}

/* FAT specification, section 3. */
static const char *
parse_fat (const unsigned char *sector, struct fat_volume *volume)
{
  uint32_t sector_size = bytes_le16 (sector + 11);
  uint32_t cluster_sectors = sector[13];
  uint32_t reserved = bytes_le16 (sector + 14);
  uint32_t copies = sector[16];
  uint32_t root_entries = bytes_le16 (sector + 17);
  uint64_t sectors = bytes_le16 (sector + 19);
  uint32_t table_sectors = bytes_le16 (sector + 22);
  bool is_32 = table_sectors == 0;
  uint64_t data, clusters, entries;

  if (is_32)
    table_sectors = bytes_le32 (sector + 36);
  if (sectors == 0)
    sectors = bytes_le32 (sector + 32);
  if (!is_power_of_two (sector_size) || sector_size < 512
      || sector_size > SECTOR_MAX || !is_power_of_two (cluster_sectors)
      || reserved == 0 || copies == 0 || table_sectors == 0
      || (sector[21] != 0xf0 && sector[21] < 0xf8)
      || root_entries % (sector_size / FAT_ENTRY_SIZE) != 0)
    return "its boot sector is damaged";
  if (is_32 && bytes_le16 (sector + 42) != 0)
    return "it has a version of FAT32 that is not known";
  data = reserved + (uint64_t) copies * table_sectors
    + root_entries / (sector_size / FAT_ENTRY_SIZE);
  if (data >= sectors)
    return "its boot sector is damaged";
  clusters = (sectors - data) / cluster_sectors;
  volume->kind = is_32 ? FAT_32
    : clusters > FAT_12_CLUSTERS ? FAT_16 : FAT_12;
  /* A table that is too small has entries for fewer. */
  entries = (uint64_t) table_sectors * sector_size * 8 / volume->kind;
  if (entries <= FAT_FIRST_CLUSTER)
    return "its boot sector is damaged";
  if (clusters > entries - FAT_FIRST_CLUSTER)
    clusters = entries - FAT_FIRST_CLUSTER;
  if (clusters > (is_32 ? FAT_32_CLUSTERS : FAT_16_CLUSTERS))
    return "its boot sector is damaged";
  volume->sector_size = sector_size;
  volume->cluster_size = cluster_sectors * sector_size;
  volume->cluster_count = (uint32_t) clusters;
  volume->table = (uint64_t) reserved * sector_size;
  volume->table_length = (uint64_t) table_sectors * sector_size;
  volume->table_copies = copies;
  volume->heap = data * sector_size;
  volume->root_length = is_32 ? 0 : root_entries * FAT_ENTRY_SIZE;
  volume->root = volume->heap - volume->root_length;
  volume->root_cluster = is_32 ? bytes_le32 (sector + 44) : 0;
  volume->length = sectors * sector_size;
  return NULL;
}

/* exFAT specification, section 3.1. */
static const char *
parse_exfat (const unsigned char *sector, struct fat_volume *volume)
{
  uint64_t sectors = bytes_le64 (sector + 72);
  uint64_t table = bytes_le32 (sector + 80);
  uint64_t table_sectors = bytes_le32 (sector + 84);
  uint64_t heap = bytes_le32 (sector + 88);
  uint64_t clusters = bytes_le32 (sector + 92);
  unsigned sector_shift = sector[108], cluster_shift = sector[109];
  unsigned copies = sector[110];
  bool second = (bytes_le16 (sector + 106) & 1) != 0;

  for (int i = 11; i < 64; ++i)
    if (sector[i] != 0)
      return "its boot sector is damaged";
  if (sector_shift < 9 || sector_shift > 12
      || cluster_shift > CLUSTER_SHIFT_MAX - sector_shift
      || (copies != 1 && copies != 2) || sectors > UINT64_MAX >> 13
      || clusters > FAT_EX_CLUSTERS
      || table + copies * table_sectors > heap || heap > sectors
      || clusters > (sectors - heap) >> cluster_shift
      || (clusters + FAT_FIRST_CLUSTER) * 4 > table_sectors << sector_shift)
    return "its boot sector is damaged";
  if (sector[105] != 1)
    return "it has a version of exFAT that is not known";
  if (second && copies == 2)    /* only TexFAT does this */
    return "its second allocation table is the one in use";
  volume->kind = FAT_EX;
  volume->sector_size = UINT32_C (1) << sector_shift;
  volume->cluster_size = UINT32_C (1) << (sector_shift + cluster_shift);
  volume->cluster_count = (uint32_t) clusters;
  volume->table = table << sector_shift;
  volume->table_length = table_sectors << sector_shift;
  volume->table_copies = copies;
  volume->heap = heap << sector_shift;
  volume->root_cluster = bytes_le32 (sector + 96);
  volume->length = sectors << sector_shift;
  return NULL;
}

/* exFAT specification, section 3.4: over everything but the flags and the
 * percentage in use, which change without it. */
static errint_t
check_boot_region (const struct fat_volume *volume, const char **reason)
{
  unsigned char sector[SECTOR_MAX];
  uint32_t sum = 0;
  errint_t err = 0;

  for (uint32_t i = 0; i <= CHECKED_SECTORS; ++i) {
    err = blocks_read (volume->blocks, volume->side, sector,
                       volume->sector_size, (uint64_t) i * volume->sector_size);
    if (err < 0)
      return err;
    if (i == CHECKED_SECTORS)
      break;
    for (uint32_t j = 0; j < volume->sector_size; ++j)
      if (i != 0 || (j != 106 && j != 107 && j != 112))
        sum = (sum << 31 | sum >> 1) + sector[j];
  }
  for (uint32_t j = 0; j < volume->sector_size; j += 4)
    if (bytes_le32 (sector + j) != sum) {
      *reason = "the checksum of its boot sectors is wrong";
      return -ENOTSUP;
    }
  return 0;
}

errint_t
fat_volume_open (struct blocks *blocks, enum side side,
                 struct fat_volume *volume, const char **reason)
{
  unsigned char sector[BOOT_SECTOR];
  bool is_exfat;
  errint_t err = blocks_read (blocks, side, sector, sizeof sector, 0);

  if (err < 0)
    return err;
  *volume = (struct fat_volume) { .blocks = blocks, .side = side };
  is_exfat = memcmp (sector + 3, "EXFAT   ", 8) == 0;
  *reason = is_exfat ? parse_exfat (sector, volume)
    : parse_fat (sector, volume);
  if (*reason != NULL)
    return -ENOTSUP;
  if (volume->root_cluster != 0
      && !fat_volume_has_cluster (volume, volume->root_cluster)) {
    *reason = "its root directory is not on it";
    return -ENOTSUP;
  }
  if (volume->root_cluster == 0 && volume->root_length == 0) {
    *reason = "it has no root directory";
    return -ENOTSUP;
  }
  return is_exfat ? check_boot_region (volume, reason) : 0;
}
