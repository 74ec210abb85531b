/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Directory entries of exFAT (exFAT specification, sections 6 and 7), read as
 * Linux does (fs/exfat/dir.c).
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "fat/directory_private.h"
#include "fat/name.h"

#define TYPE_END 0x00
#define TYPE_FILE 0x85
#define TYPE_STREAM 0xc0
#define TYPE_NAME 0xc1
#define NAME_UNITS 15           /* in one entry */

/* Of the stream entry: its clusters are side by side. */
#define NO_CHAIN 0x02

/* Of a time: the offset to UTC is known, 15 minutes, 7 bits with sign. */
#define OFFSET_VALID 0x80
#define QUARTER 900

static struct entry_time
read_time (const unsigned char *stamp, unsigned hundredths, uint8_t offset)
{
  struct entry_time time = fat_time (bytes_le16 (stamp + 2),
                                     bytes_le16 (stamp), hundredths);

  if (offset & OFFSET_VALID)
    time.seconds -= ((offset & 0x3f) - (offset & 0x40)) * QUARTER;
  return time;
}

/* The two entries that say everything but the name. */
static void
parse (const unsigned char *entry, const unsigned char *stream,
       struct fat_file *file)
{
  *file = (struct fat_file) {
    .attributes = bytes_le16 (entry + 4),
    .crtime = read_time (entry + 8, entry[20], entry[22]),
    .mtime = read_time (entry + 12, entry[21], entry[23]),
    .atime = read_time (entry + 16, 0, entry[24]),
    .contiguous = (stream[1] & NO_CHAIN) != 0,
    .valid = bytes_le64 (stream + 8),
    .cluster = bytes_le32 (stream + 20),
    .size = bytes_le64 (stream + 24),
  };
  if (file->size > INT64_MAX)
    file->size = INT64_MAX;
  if (file->valid > file->size)
    file->valid = file->size;
}

/* Where the entry behind the one at POSITION lies. */
static errint_t
next_position (const struct fat_volume *volume, uint64_t position,
               bool contiguous, uint64_t *next)
{
  struct fat_chain chain;
  uint64_t offset = position - volume->heap;
  errint_t err;

  if (position < volume->heap)
    return -EIO;
  *next = position + FAT_ENTRY_SIZE;
  if ((offset + FAT_ENTRY_SIZE) % volume->cluster_size != 0)
    return 0;
  err = fat_chain_start (volume,
                         (uint32_t) (offset / volume->cluster_size)
                         + FAT_FIRST_CLUSTER, contiguous, &chain);
  if (err == 0)
    err = fat_chain_next (&chain);
  if (err < 0 || chain.cluster == 0)
    return err < 0 ? err : -EIO;
  *next = fat_volume_cluster (volume, chain.cluster);
  return 0;
}

errint_t
fat_read_exfat_file (const struct fat_volume *volume, uint64_t position,
                     bool contiguous, struct fat_file *file)
{
  unsigned char entry[2][FAT_ENTRY_SIZE];
  uint64_t next = 0;
  errint_t err = blocks_read (volume->blocks, volume->side, entry[0],
                              FAT_ENTRY_SIZE, position);

  if (err == 0)
    err = next_position (volume, position, contiguous, &next);
  if (err == 0)
    err = blocks_read (volume->blocks, volume->side, entry[1],
                       FAT_ENTRY_SIZE, next);
  if (err == 0 && (entry[0][0] != TYPE_FILE || entry[1][0] != TYPE_STREAM))
    err = -EIO;
  if (err == 0)
    parse (entry[0], entry[1], file);
  return err;
}

/* A file's entries as they come. */
struct entry_set {
  uint64_t position;            /* of the first */
  unsigned left;                /* secondary entries still to come */
  bool is_directory, has_stream;
  size_t length, count;         /* units of the name, and those read */
  uint16_t units[FAT_NAME_UNITS + NAME_UNITS];
};

static int
visit_set (struct fat_walk *walk, const struct entry_set *set)
{
  char name[FAT_NAME_BYTES];
  size_t length = fat_name_from_utf16 (set->units, set->length, name);

  return walk->visit (walk->opaque, name, length,
                      fat_number (set->position, walk->flag),
                      set->is_directory);
}

/* Takes a secondary entry; true when the set makes no sense with it. */
static bool
add_secondary (struct entry_set *set, const unsigned char *entry)
{
  --set->left;
  if (!set->has_stream) {
    set->has_stream = entry[0] == TYPE_STREAM;
    set->length = entry[3];
    return !set->has_stream || set->length == 0;
  }
  if (set->count >= set->length)        /* a vendor's */
    return (entry[0] & TYPE_STREAM) != TYPE_STREAM;
  if (entry[0] != TYPE_NAME)
    return true;
  for (size_t i = 0; i < NAME_UNITS; ++i)
    set->units[set->count++] = bytes_le16 (entry + 2 + 2 * i);
  return false;
}

int
fat_walk_exfat (struct fat_walk *walk)
{
  struct entry_set set = { .left = 0 };
  const unsigned char *entry;
  uint64_t position;
  int result;

  while ((result = fat_cursor_next (&walk->cursor, &entry, &position)) > 0) {
    if (entry[0] == TYPE_END)
      break;
    if (set.left > 0) {
      if (add_secondary (&set, entry)) {
        walk->cursor.damaged = true;
        set.left = 0;
      } else if (set.left == 0 && set.count >= set.length) {
        result = visit_set (walk, &set);
        if (result != 0)
          return result;
      } else if (set.left == 0)
        walk->cursor.damaged = true;
      if (entry[0] != TYPE_FILE)
        continue;
    }
    if (entry[0] != TYPE_FILE)
      continue;
    set = (struct entry_set) {
      .position = position, .left = entry[1],
      .is_directory = (bytes_le16 (entry + 4) & FAT_DIRECTORY) != 0,
    };
    if (set.left < 2)
      walk->cursor.damaged = true;
  }
  if (set.left > 0)
    walk->cursor.damaged = true;
  return result < 0 ? result : 0;
}
