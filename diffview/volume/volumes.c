/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Partitions and what is in them, by libblkid on a window of the disk.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <blkid/blkid.h>

#include "boot_sector.h"
#include "disk_window.h"
#include "layers.h"
#include "partition_tables.h"
#include "slice.h"
#include "volumes.h"

/* Where signatures are: most within 64 KiB and a bit, VMFS and UDF after
 * 1 MiB; at the end those of MD, within 128 KiB.  With very many partitions
 * the start has to do. */
#define HEAD (1024 * 1024 + 64 * 1024)
#define SHORT_HEAD (128 * 1024)
#define TAIL (160 * 1024)
#define MANY 128

#define SMALL_SECTOR 512
#define LARGE_SECTOR 4096

struct probing {
  struct disk_window *window;
  const struct log *log;
  blkid_probe probe;            /* of the whole disk, or NULL */
  size_t count;                 /* of volumes */
  const struct volumes *base;   /* what the base's disk has, or NULL */
};

static errint_t
no_memory (const struct log *log)
{
  return log_error (log, -ENOMEM, "cannot look for filesystems", NULL);
}

/* A copy of TEXT, which may be NULL; false without memory. */
static bool
copy_text (const char *text, char **copy)
{
  if (text == NULL || text[0] == '\0')
    return true;
  *copy = strdup (text);
  return *copy != NULL;
}

static const char *
value_of (blkid_probe probe, const char *name)
{
  const char *value;

  return blkid_probe_lookup_value (probe, name, &value, NULL) == 0
    ? value : NULL;
}

/* Partitions that hold a boot loader or nothing, by what their entry says. */
static bool
is_boot_type (const char *type)
{
  static const char *const types[] = {
    "21686148-6449-6e6f-744e-656564454649",     /* BIOS boot */
    "9e1a2d38-c612-4316-aa26-8b49521e5a8b",     /* PReP boot */
    "e3c9e316-0b5c-4db8-817d-f92df00215ae",     /* Microsoft reserved */
    "0x41",                                     /* PReP boot, MBR */
  };

  for (size_t i = 0; type != NULL && i < sizeof types / sizeof types[0]; ++i)
    if (strcasecmp (type, types[i]) == 0)
      return true;
  return false;
}

static enum volume_use
use_of (const char *type, const char *usage)
{
  if (type == NULL || usage == NULL)
    return VOLUME_UNKNOWN;
  if (strcmp (usage, "filesystem") == 0)
    return VOLUME_FILESYSTEM;
  if (strcmp (usage, "raid") == 0 || strcmp (usage, "crypto") == 0
      || strcmp (type, "bcache") == 0)
    return VOLUME_CONTAINER;
  if (strcmp (type, "swap") == 0 || strcmp (type, "swsuspend") == 0)
    return VOLUME_SWAP;
  return VOLUME_UNKNOWN;
}

static errint_t
copy_signatures (struct probing *probing, const struct volume *volume)
{
  const uint64_t head = probing->count > MANY ? SHORT_HEAD : HEAD;
  const uint64_t length = volume->length;
  errint_t error;

  error = disk_window_copy (probing->window, volume->offset,
                            length < head ? length : head);
  if (error == 0 && length > TAIL)
    error = disk_window_copy (probing->window,
                              volume->offset + length - TAIL, TAIL);
  if (error == 0)
    error = boot_sector_copy (probing->window, volume->offset, length);
  return error;
}

static errint_t
take_values (blkid_probe probe, struct volume *volume)
{
  const char *type = value_of (probe, "TYPE");

  volume->use = use_of (type, value_of (probe, "USAGE"));
  return copy_text (type, &volume->type)
    && copy_text (value_of (probe, "UUID"), &volume->uuid)
    && copy_text (value_of (probe, "LABEL"), &volume->label) ? 0 : -ENOMEM;
}

/* What the base has at the same place, or NULL. */
static const struct volume *
find_in_base (const struct probing *probing, const struct volume *volume)
{
  const struct volumes *base = probing->base;

  for (size_t i = 0; base != NULL && i < base->count; ++i)
    if (base->list[i].partition == volume->partition
        && base->list[i].offset == volume->offset)
      return &base->list[i];
  return NULL;
}

/* May both be one filesystem?  The guest can change its UUID, and make one ext
 * of another. */
static bool
same_kind (const char *a, const char *b)
{
  return a != NULL && b != NULL
    && (strcmp (a, b) == 0
        || (strncmp (a, "ext", 3) == 0 && strncmp (b, "ext", 3) == 0));
}

/* Takes the first filesystem among the signatures of a volume, of those of
 * WANTED's kind if that is not NULL. */
static errint_t
take_filesystem (blkid_probe probe, const struct volume *wanted,
                 struct volume *volume)
{
  errint_t error = 0;

  blkid_reset_probe (probe);
  while (error == 0 && volume->use != VOLUME_FILESYSTEM
         && blkid_do_probe (probe) == 0) {
    const char *type = value_of (probe, "TYPE");

    if (use_of (type, value_of (probe, "USAGE")) == VOLUME_FILESYSTEM
        && (wanted == NULL || same_kind (wanted->type, type)))
      error = take_values (probe, volume);
  }
  return error;
}

static void
tell_choice (const struct probing *probing, const struct volume *volume)
{
  const char *type = volume->type != NULL ? volume->type : "unknown";
  static const char what[] = "several filesystems have left their signature";

  if (volume->name != NULL)
    log_report (probing->log, LOG_LEVEL_WARNING, what, volume->name,
                "it is taken for %s", type);
  else
    log_report (probing->log, LOG_LEVEL_WARNING, what,
                volume->partition_uuid, "partition %u is taken for %s",
                volume->partition, type);
}

/* libblkid looks no further where it finds a container (LVM, RAID, LUKS), of
 * which a few bytes in a boot block are enough, and prefers one filesystem to
 * another: is the one that the base has there still there? */
static errint_t
prefer_base (struct probing *probing, blkid_probe probe,
             struct volume *volume)
{
  const struct volume *base = find_in_base (probing, volume);
  struct volume found = { .partition = volume->partition };
  errint_t error;

  if (base == NULL || base->use != VOLUME_FILESYSTEM
      || same_kind (base->type, volume->type))
    return 0;
  error = take_filesystem (probe, base, &found);
  if (error == 0 && found.use == VOLUME_FILESYSTEM) {
    struct volume container = *volume;

    volume->use = found.use;
    volume->type = found.type;
    volume->uuid = found.uuid;
    volume->label = found.label;
    found.type = container.type;
    found.uuid = container.uuid;
    found.label = container.label;
    tell_choice (probing, volume);
  }
  volume_clear (&found);
  return error;
}

/* A volume with several signatures is what a guest's disk may well have, left
 * from an earlier life or put there to confuse: the filesystem that the base
 * has there is taken if it is among them, else the first one, and the user
 * told. */
static errint_t
take_first_filesystem (struct probing *probing, blkid_probe probe,
                       struct volume *volume)
{
  const struct volume *base = find_in_base (probing, volume);
  errint_t error = 0;

  if (base != NULL)
    error = take_filesystem (probe, base, volume);
  if (error == 0 && volume->use != VOLUME_FILESYSTEM)
    error = take_filesystem (probe, NULL, volume);
  if (error == 0)
    tell_choice (probing, volume);
  return error;
}

/* What libblkid finds in a volume whose signatures were copied. */
static errint_t
identify (struct probing *probing, struct volume *volume)
{
  blkid_probe probe = blkid_new_probe ();
  int result;
  errint_t error = 0;

  if (probe == NULL)
    return -ENOMEM;
  blkid_probe_enable_superblocks (probe, 1);
  blkid_probe_set_superblocks_flags (probe, BLKID_SUBLKS_TYPE
                                     | BLKID_SUBLKS_USAGE
                                     | BLKID_SUBLKS_UUID
                                     | BLKID_SUBLKS_LABEL);
  result = blkid_probe_set_device (probe, disk_window_file (probing->window),
                                   (blkid_loff_t) volume->offset,
                                   (blkid_loff_t) volume->length);
  if (result == 0)
    result = blkid_do_safeprobe (probe);
  if (result == 0) {
    error = take_values (probe, volume);
    if (error == 0)
      error = prefer_base (probing, probe, volume);
  }
  else if (result == -2)
    error = take_first_filesystem (probing, probe, volume);
  else if (disk_window_is_blank (probing->window, volume->offset,
                                 volume->length))
    volume->use = VOLUME_BLANK;
  blkid_free_probe (probe);
  return error;
}

/* What is in there.  ENTRY_TYPE is the partition's type in the table, or
 * NULL. */
static errint_t
probe_volume (struct probing *probing, struct volume *volume,
              const char *entry_type)
{
  errint_t error;

  if (volume->length == 0)
    return 0;
  error = copy_signatures (probing, volume);
  if (error != 0)
    return error;
  if (identify (probing, volume) != 0)
    return no_memory (probing->log);
  if (volume->type == NULL && is_boot_type (entry_type))
    volume->use = VOLUME_BOOT;
  return 0;
}

/* Where a partition is, as far as it is on the disk; libblkid counts sectors
 * of 512 bytes, whatever those of the disk. */
static void
place (const struct probing *probing, blkid_partition partition,
       struct volume *volume)
{
  const uint64_t disk = disk_window_size (probing->window);
  uint64_t start = (uint64_t) blkid_partition_get_start (partition);
  uint64_t size = (uint64_t) blkid_partition_get_size (partition);

  volume->partition = (unsigned) blkid_partition_get_partno (partition);
  if (start < disk / 512) {
    volume->offset = start * 512;
    volume->length = size < (disk - volume->offset) / 512
      ? size * 512 : disk - volume->offset;
    if (volume->length >= size * 512)
      return;
  }
  log_report (probing->log, LOG_LEVEL_WARNING, "odd partition table", NULL,
              "partition %u ends beyond the end of the disk",
              volume->partition);
}

static errint_t
probe_partition (struct probing *probing, blkid_partition partition,
                 struct volume *volume)
{
  char number[16];
  const char *type = blkid_partition_get_type_string (partition);

  place (probing, partition, volume);
  if (!copy_text (blkid_partition_get_uuid (partition),
                  &volume->partition_uuid)
      || !copy_text (blkid_partition_get_name (partition),
                     &volume->partition_label))
    return no_memory (probing->log);
  if (type == NULL) {
    snprintf (number, sizeof number, "0x%x",
              (unsigned) blkid_partition_get_type (partition));
    type = number;
  }
  return probe_volume (probing, volume, type);
}

static int
by_number (const void *a, const void *b)
{
  const struct volume *left = a, *right = b;

  return left->partition < right->partition
    ? -1 : left->partition > right->partition;
}

/* The entries of the table, extended ones left out. */
static errint_t
probe_partitions (struct probing *probing, blkid_partlist partitions,
                  struct volumes *volumes)
{
  const int count = blkid_partlist_numof_partitions (partitions);

  if (count > PARTITIONS_MAX) {
    log_report (probing->log, LOG_LEVEL_ERROR,
                "cannot read the partition table", NULL,
                "more than %d partitions", PARTITIONS_MAX);
    return -E2BIG;
  }
  probing->count = (size_t) count;
  volumes->list = calloc ((size_t) count + 1, sizeof *volumes->list);
  if (volumes->list == NULL)
    return no_memory (probing->log);
  for (int i = 0; i < count; ++i) {
    blkid_partition partition = blkid_partlist_get_partition (partitions, i);
    errint_t error;

    if (partition == NULL || blkid_partition_is_extended (partition))
      continue;
    error = probe_partition (probing, partition,
                             &volumes->list[volumes->count++]);
    if (error != 0)
      return error;
  }
  qsort (volumes->list, volumes->count, sizeof *volumes->list, by_number);
  return 0;
}

static errint_t
probe_whole (struct probing *probing, struct volumes *volumes)
{
  probing->count = 1;
  volumes->list = calloc (1, sizeof *volumes->list);
  if (volumes->list == NULL)
    return no_memory (probing->log);
  volumes->count = 1;
  volumes->list[0].length = disk_window_size (probing->window);
  return probe_volume (probing, &volumes->list[0], NULL);
}

/* A table without entries may be a filesystem's boot sector. */
static errint_t
probe_empty_table (struct probing *probing, struct volumes *volumes)
{
  errint_t error = probe_whole (probing, volumes);

  if (error != 0)
    return error;
  if (volumes->list[0].type == NULL)
    volumes->count = 0;
  else
    free (steal_pointer (&volumes->table));
  return 0;
}

/* A guest's kernel mounts a filesystem that takes the whole disk no less when
 * a partition table was written into its boot block.  So where the base's disk
 * has one, it is looked for; partitions are looked at as well. */
static errint_t
add_whole (struct probing *probing, struct volumes *volumes)
{
  struct volume whole = { .length = disk_window_size (probing->window) };
  const struct volume *base = find_in_base (probing, &whole);
  errint_t error;

  if (base == NULL || (base->use != VOLUME_FILESYSTEM
                       && base->use != VOLUME_CONTAINER))
    return 0;
  error = probe_volume (probing, &whole, NULL);
  if (error < 0 || (whole.use != VOLUME_FILESYSTEM
                    && whole.use != VOLUME_CONTAINER)) {
    volume_clear (&whole);
    return error;
  }
  log_report (probing->log, LOG_LEVEL_WARNING, "odd partition table", NULL,
              "it lies in what takes the whole disk, as in the base (%s)",
              whole.type);
  memmove (volumes->list + 1, volumes->list,
           volumes->count * sizeof *volumes->list);
  volumes->list[0] = whole;
  volumes->count++;
  return 0;
}

/* What a table has in sectors of volumes->sector_size, or the disk without a
 * table. */
static errint_t
probe_table (struct probing *probing, struct volumes *volumes)
{
  const uint64_t size = disk_window_size (probing->window);
  const struct volume disk = { .length = size };
  blkid_partlist partitions;
  errint_t error;

  blkid_free_probe (probing->probe);
  probing->probe = blkid_new_probe ();
  if (probing->probe == NULL)
    return no_memory (probing->log);
  error = partition_tables_copy (probing->window, probing->log,
                                 &volumes->table_areas,
                                 &volumes->sector_size);
  /* A filesystem's boot sector can look like a partition table. */
  if (error == 0)
    error = copy_signatures (probing, &disk);
  if (error != 0)
    return error;
  blkid_probe_enable_superblocks (probing->probe, 0);
  blkid_probe_enable_partitions (probing->probe, 1);
  if (blkid_probe_set_device (probing->probe,
                              disk_window_file (probing->window), 0,
                              (blkid_loff_t) size) != 0
      || blkid_probe_set_sectorsize (probing->probe,
                                     volumes->sector_size) != 0)
    return no_memory (probing->log);
  partitions = blkid_probe_get_partitions (probing->probe);
  if (partitions == NULL || blkid_partlist_get_table (partitions) == NULL)
    return probe_whole (probing, volumes);
  if (!copy_text (blkid_parttable_get_type (blkid_partlist_get_table
                                            (partitions)), &volumes->table))
    return no_memory (probing->log);
  if (blkid_partlist_numof_partitions (partitions) == 0)
    return probe_empty_table (probing, volumes);
  error = probe_partitions (probing, partitions, volumes);
  return error == 0 ? add_whole (probing, volumes) : error;
}

/* Is there a table, and does none of its partitions hold anything known? */
static bool
is_unknown (const struct volumes *volumes)
{
  for (size_t i = 0; i < volumes->count; ++i)
    if (volumes->list[i].type != NULL)
      return false;
  return volumes->table != NULL;
}

/* An MBR does not say which sectors it counts in: those that lead to something
 * that is known. */
static errint_t
try_large_sectors (struct probing *probing, struct volumes *volumes)
{
  CLEANUP (volumes_free) struct volumes *large = calloc (1, sizeof *large);
  errint_t error;

  if (large == NULL)
    return no_memory (probing->log);
  large->sector_size = LARGE_SECTOR;
  error = probe_table (probing, large);
  if (error == 0 && !is_unknown (large)) {
    const struct volumes small = *volumes;

    *volumes = *large;
    *large = small;
  }
  return error;
}

static errint_t
probe_disk (struct probing *probing, struct volumes *volumes)
{
  const struct volumes *base = probing->base;
  bool fits = false;
  errint_t error;

  volumes->sector_size = SMALL_SECTOR;
  if (disk_window_size (probing->window) == 0)
    return probe_whole (probing, volumes);
  error = partition_tables_mbr_fits (probing->window, LARGE_SECTOR, &fits);
  if (error != 0)
    return error;
  /* The disk of a clone has the sectors of its golden image. */
  if (fits && base != NULL && base->table != NULL)
    volumes->sector_size = base->sector_size;
  error = probe_table (probing, volumes);
  if (error == 0 && fits && (base == NULL || base->table == NULL)
      && volumes->sector_size == SMALL_SECTOR && is_unknown (volumes))
    error = try_large_sectors (probing, volumes);
  return error;
}

/* The devices of what was found. */
static errint_t
open_devices (struct device *disk, struct volumes *volumes)
{
  errint_t error = 0;

  for (size_t i = 0; i < volumes->count && error == 0; ++i) {
    struct volume *volume = &volumes->list[i];

    error = slice_open (disk, volume->offset, volume->length,
                        &volume->device);
  }
  return error;
}

errint_t
volume_probe (const struct volume *base, size_t count, const struct log *log,
              struct volume *volume)
{
  CLEANUP (disk_window_close) struct disk_window *window = NULL;
  struct volume known = base != NULL ? *base : (struct volume) { .offset = 0 };
  const struct volumes only = { .list = &known, .count = 1 };
  struct probing probing = {
    .log = log, .count = count, .base = base != NULL ? &only : NULL,
  };
  errint_t error = disk_window_open (volume->device, log, &window);

  probing.window = window;
  return error == 0 ? probe_volume (&probing, volume, NULL) : error;
}

errint_t
volumes_probe (struct device *disk, const struct volumes *base,
               const struct log *log, struct volumes **result)
{
  CLEANUP (volumes_free) struct volumes *volumes = NULL;
  CLEANUP (disk_window_close) struct disk_window *window = NULL;
  struct probing probing = { .log = log, .base = base };
  errint_t error = disk_window_open (disk, log, &window);

  if (error != 0)
    return error;
  volumes = calloc (1, sizeof *volumes);
  probing.window = window;
  error = volumes == NULL ? no_memory (log) : probe_disk (&probing, volumes);
  blkid_free_probe (probing.probe);
  if (error == 0 && open_devices (disk, volumes) != 0)
    error = no_memory (log);
  if (error == 0)
    error = layers_open (volumes, base, log);
  if (error == 0)
    *result = steal_pointer (&volumes);
  return error;
}
