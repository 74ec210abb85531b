/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Directory entries of FAT12, FAT16 and FAT32 (FAT specification, sections 6
 * and 7), read as Linux does (fs/fat/dir.c): an entry behind a free one counts,
 * whatever the specification says of those behind the end.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "fat/directory_private.h"
#include "fat/name.h"

#define DELETED 0xe5
#define LAST_PART 0x40
#define PARTS_MAX 20
#define PART_UNITS 13

/* A long name whose parts come, the last one first, before the short name. */
struct long_name {
  unsigned expected;            /* part that has to come next; 0: the end */
  bool pending;                 /* the short name has to follow */
  uint8_t checksum;
  uint16_t units[PARTS_MAX * PART_UNITS];
  size_t count;
};

static bool
is_free (const unsigned char *entry)
{
  return entry[0] == 0 || entry[0] == DELETED;
}

static void
parse (const struct fat_volume *volume, const unsigned char *entry,
       struct fat_file *file)
{
  *file = (struct fat_file) {
    .attributes = entry[11],
    .cluster = bytes_le16 (entry + 26),
    .mtime = fat_time (bytes_le16 (entry + 24), bytes_le16 (entry + 22), 0),
    .atime = fat_time (bytes_le16 (entry + 18), 0, 0),
    .crtime = fat_time (bytes_le16 (entry + 16), bytes_le16 (entry + 14),
                        entry[13]),
  };
  if (volume->kind == FAT_32)
    file->cluster |= (uint32_t) bytes_le16 (entry + 20) << 16;
  if (!(file->attributes & FAT_DIRECTORY))
    file->size = file->valid = bytes_le32 (entry + 28);
}

errint_t
fat_read_file (const struct fat_volume *volume, uint64_t position,
               struct fat_file *file)
{
  unsigned char entry[FAT_ENTRY_SIZE];
  errint_t err = blocks_read (volume->blocks, volume->side, entry,
                              sizeof entry, position);

  if (err == 0 && (is_free (entry) || (entry[11] & FAT_LABEL) != 0))
    err = -EIO;
  if (err == 0)
    parse (volume, entry, file);
  return err;
}

/* Takes one part of a long name. */
static void
add_part (struct long_name *name, const unsigned char *entry)
{
  static const unsigned char places[PART_UNITS] = {
    1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30,
  };
  unsigned part = entry[0];

  if (part & LAST_PART) {
    part &= (unsigned) ~LAST_PART;
    name->expected = part;
    name->checksum = entry[13];
    name->count = (size_t) part * PART_UNITS;
  }
  name->pending = false;
  if (part == 0 || part > PARTS_MAX || part != name->expected
      || entry[13] != name->checksum) {
    name->expected = 0;
    return;
  }
  for (size_t i = 0; i < PART_UNITS; ++i)
    name->units[(part - 1) * PART_UNITS + i]
      = bytes_le16 (entry + places[i]);
  name->expected = part - 1;
  name->pending = part == 1;
}

/* Of an entry that is no part of a long name. */
static int
visit_entry (struct fat_walk *walk, const struct long_name *long_name,
             const unsigned char *entry, uint64_t position)
{
  char name[FAT_NAME_BYTES];
  size_t length = 0;

  if (memcmp (entry, ".          ", FAT_SHORT_NAME) == 0
      || memcmp (entry, "..         ", FAT_SHORT_NAME) == 0)
    return 0;
  if (long_name->pending
      && long_name->checksum == fat_name_checksum (entry))
    length = fat_name_from_utf16 (long_name->units, long_name->count, name);
  if (length == 0)
    length = fat_name_from_short (entry, entry[12], name);
  return walk->visit (walk->opaque, name, length,
                      fat_number (position, walk->flag),
                      (entry[11] & FAT_DIRECTORY) != 0);
}

int
fat_walk (struct fat_walk *walk)
{
  struct long_name long_name = { .expected = 0 };
  const unsigned char *entry;
  uint64_t position;
  int result;

  while ((result = fat_cursor_next (&walk->cursor, &entry, &position)) > 0) {
    if (entry[0] != DELETED && entry[11] == FAT_LONG_NAME) {
      add_part (&long_name, entry);
      continue;
    }
    result = is_free (entry) || (entry[11] & FAT_LABEL) != 0 ? 0
      : visit_entry (walk, &long_name, entry, position);
    if (result != 0)
      return result;
    long_name.pending = false;
    long_name.expected = 0;
  }
  return result;
}
