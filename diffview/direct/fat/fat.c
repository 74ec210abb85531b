/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What format.h asks, answered for FAT and exFAT.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fat/chain.h"
#include "fat/claim.h"
#include "fat/copies.h"
#include "fat/directory.h"
#include "fat/fat.h"
#include "fat/fat_private.h"

static const char *const types[] = { "vfat", "exfat", NULL };

static void
fat_close (struct reader *reader)
{
  reader_clear (reader);
  free (reader);
}

static errint_t
fat_open (struct blocks *blocks, enum side side, const char **reason,
          struct reader **result)
{
  struct fat_reader *fat = calloc (1, sizeof *fat);
  const struct fat_volume *volume;
  uint64_t room;
  errint_t err;

  if (fat == NULL)
    return -ENOMEM;
  volume = &fat->volume;
  err = reader_init (&fat->reader, &fat_format, blocks, side);
  if (err == 0)
    err = fat_volume_open (blocks, side, &fat->volume, reason);
  if (err < 0) {
    fat_close (&fat->reader);
    return err;
  }
  fat->volume.budget = fat->reader.budget;
  fat->reader.start = volume->sector_size;
  fat->reader.block_size = volume->sector_size;
  fat->reader.block_count = volume->length / volume->sector_size;
  /* No honest one is larger than its device. */
  room = blocks_length (blocks, side) / volume->sector_size;
  budget_start (fat->reader.budget,
                room < fat->reader.block_count ? room
                : fat->reader.block_count, fat->reader.block_size);
  *result = &fat->reader;
  return 0;
}

/* Whatever was written, a directory entry may have moved: both trees are
 * walked. */
static bool
fat_comparable (const struct reader *base, const struct reader *overlay)
{
  (void) base;
  (void) overlay;
  return false;
}

static struct inode_id
fat_root (const struct reader *reader)
{
  (void) reader;
  return (struct inode_id) { .number = FAT_ROOT };
}

/* Of a directory, as Linux tells it: of its clusters. */
static errint_t
directory_size (const struct fat_volume *volume, uint64_t number,
                const struct fat_file *file, uint64_t *size)
{
  struct fat_chain chain;
  errint_t err;

  *size = 0;
  if (number == FAT_ROOT && volume->root_cluster == 0)
    *size = volume->root_length;
  else if (number != FAT_ROOT && volume->kind == FAT_EX)
    *size = file->size;
  if (*size > 0)
    return 0;
  err = fat_chain_start (volume, file->cluster, file->contiguous, &chain);
  while (err == 0 && chain.cluster != 0) {
    *size += volume->cluster_size;
    err = fat_chain_next (&chain);
  }
  return err;
}

/* As a mount of Linux with its defaults shows it, and the attributes that it does
 * not show (fs/fat/inode.c, fs/exfat/inode.c). */
static errint_t
fat_entry (const struct reader *reader, struct inode_id id,
           struct arena *arena, struct entry *entry)
{
  const struct fat_volume *volume = fat_volume_of (reader);
  struct fat_file file;
  uint64_t cluster = volume->cluster_size;
  bool directory;
  errint_t err = fat_file_read (volume, id.number, &file);

  (void) arena;
  *entry = (struct entry) { .inode = id.number };
  if (err < 0) {
    entry->missing = ENTRY_NO_METADATA;
    return err == -EIO ? 0 : err;
  }
  directory = (file.attributes & FAT_DIRECTORY) != 0;
  entry->type = directory ? ENTRY_DIRECTORY : ENTRY_FILE;
  entry->permissions
    = !directory && (file.attributes & FAT_READ_ONLY) != 0 ? 0555 : 0755;
  entry->attributes
    = file.attributes & (FAT_READ_ONLY | FAT_HIDDEN | FAT_SYSTEM);
  entry->links = directory ? 2 : 1;
  entry->size = file.size;
  if (directory)
    err = directory_size (volume, id.number, &file, &entry->size);
  entry->blocks = (entry->size + cluster - 1) / cluster * (cluster / 512);
  entry->mtime = entry->ctime = file.mtime;
  entry->atime = file.atime;
  return err == -EIO ? 0 : err;
}

/* LENGTH bytes of the file at LOGICAL, or what it has of them, from the beginning of a
 * cluster on. */
static errint_t
add_piece (const struct fat_volume *volume, const struct fat_file *file,
           uint32_t cluster, uint64_t logical, uint64_t length,
           struct runs *runs)
{
  uint64_t valid = file->valid > logical ? file->valid - logical : 0;
  struct run run = {
    .logical = logical, .position = fat_volume_cluster (volume, cluster),
    .kind = RUN_PLAIN,
  };
  errint_t err = 0;

  if (length > file->size - logical)
    length = file->size - logical;
  if (valid > length)
    valid = length;
  run.length = valid;
  if (valid > 0)
    err = runs_add (runs, &run);
  run.logical += valid;
  run.position += valid;
  run.length = length - valid;
  run.kind = RUN_UNWRITTEN;
  return err < 0 || run.length == 0 ? err : runs_add (runs, &run);
}

/* Clusters side by side, as far as the volume has them. */
static errint_t
add_contiguous (const struct fat_volume *volume, const struct fat_file *file,
                struct runs *runs)
{
  uint64_t room;
  errint_t err;

  if (file->size == 0)
    return 0;
  if (!fat_volume_has_cluster (volume, file->cluster))
    return -EIO;
  room = (uint64_t) (volume->cluster_count
                     - (file->cluster - FAT_FIRST_CLUSTER))
    * volume->cluster_size;
  err = add_piece (volume, file, file->cluster, 0, room, runs);
  return err == 0 && room < file->size ? -EIO : err;
}

static errint_t
add_chain (const struct fat_volume *volume, const struct fat_file *file,
           struct runs *runs)
{
  struct fat_chain chain;
  uint64_t logical = 0;
  errint_t err = fat_chain_start (volume, file->cluster, false, &chain);

  while (err == 0 && logical < file->size) {
    if (chain.cluster == 0)     /* the chain is too short */
      return -EIO;
    err = add_piece (volume, file, chain.cluster, logical,
                     volume->cluster_size, runs);
    logical += volume->cluster_size;
    if (err == 0 && logical < file->size)
      err = fat_chain_next (&chain);
  }
  return err;
}

static errint_t
fat_runs (const struct reader *reader, struct inode_id id, struct runs *runs)
{
  const struct fat_volume *volume = fat_volume_of (reader);
  struct fat_file file;
  errint_t err = fat_file_read (volume, id.number, &file);

  if (err < 0 || (file.attributes & FAT_DIRECTORY) != 0)
    return err < 0 ? err : -EIO;
  runs->size = file.size;
  err = file.contiguous ? add_contiguous (volume, &file, runs)
    : add_chain (volume, &file, runs);
  if (err != -EIO)
    return err;
  runs->damaged = true;
  return 0;
}

struct visiting {
  name_visit *visit;
  void *opaque;
};

static int
visit_name (void *opaque, const char *name, size_t length, uint64_t number,
            bool is_directory)
{
  const struct visiting *visiting = opaque;

  return visiting->visit (visiting->opaque, name, length,
                          (struct inode_id) { .number = number },
                          is_directory ? ENTRY_DIRECTORY : ENTRY_FILE);
}

static int
fat_names (const struct reader *reader, struct inode_id directory,
           name_visit *visit, void *opaque, bool *incomplete)
{
  struct visiting visiting = { .visit = visit, .opaque = opaque };
  int result = fat_directory_iterate (fat_volume_of (reader), directory.number,
                                      visit_name, &visiting, incomplete);

  if (result != -EIO)
    return result;
  *incomplete = true;
  return 0;
}

static const char *
fat_remark (const struct reader *reader)
{
  return fat_copies_differ (fat_volume_of (reader))
    ? "its allocation tables differ; the first one counts" : NULL;
}

const struct format fat_format = {
  .name = "fat",
  .types = types,
  .numbers_are_made_up = true,
  .open = fat_open,
  .close = fat_close,
  .comparable = fat_comparable,
  .root = fat_root,
  .entry = fat_entry,
  .runs = fat_runs,
  .names = fat_names,
  .claim = fat_claim,
  .remark = fat_remark,
};
