/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Walking a directory's blocks (Documentation/filesystems/ext4 of Linux,
 * directory.rst).  The inner nodes of a hashed directory look like blocks
 * without names.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ext/checksum.h"
#include "ext/directory.h"
#include "ext/mapping.h"
#include "ext/ondisk.h"

#define HEADER_SIZE 8
#define ENTRY_MIN 12
#define INLINE_PARENT 4         /* bytes of the parent's number */
struct iteration {
  const struct ext_filesystem *fs;
  ext_directory_visit *visit;
  void *opaque;
  bool incomplete;
};

uint32_t
ext_directory_record_length (const struct ext_filesystem *fs,
                             const uint8_t *entry)
{
  uint32_t stored = ondisk_le16 (entry + 4);

  if (fs->reader.block_size < 65536)
    return stored;
  if (stored == 65535 || stored == 0)
    return fs->reader.block_size;
  return (stored & 65532) | (stored & 3) << 16;
}

/* The entries in a block or in a part of an inode. */
static int
visit_block (struct iteration *iteration, const uint8_t *block, size_t length)
{
  size_t at = 0;

  while (length - at >= ENTRY_MIN) {
    const uint8_t *entry = block + at;
    uint32_t inode = ondisk_le32 (entry);
    uint32_t record = ext_directory_record_length (iteration->fs, entry);
    const char *name = (const char *) entry + HEADER_SIZE;
    size_t name_length = entry[6];
    int stop = 0;

    if (record < ENTRY_MIN || record % 4 != 0 || record > length - at ||
        name_length + HEADER_SIZE > record) {
      iteration->incomplete = true;
      return 0;
    }
    at += record;
    if (inode == 0 || (name_length == 1 && name[0] == '.') ||
        (name_length == 2 && memcmp (name, "..", 2) == 0))
      continue;
    stop = iteration->visit (iteration->opaque, name, name_length, inode);
    if (stop != 0)
      return stop;
  }
  if (at < length)
    iteration->incomplete = true;
  return 0;
}

int
ext_directory_visit_block (const struct ext_filesystem *fs,
                           const uint8_t *block,
                           ext_directory_visit *visit, void *opaque,
                           bool *incomplete)
{
  struct iteration iteration = {
    .fs = fs, .visit = visit, .opaque = opaque,
  };
  int stop = visit_block (&iteration, block, fs->reader.block_size);

  if (iteration.incomplete)
    *incomplete = true;
  return stop;
}

static int
visit_inline (struct iteration *iteration, const struct runs *runs)
{
  size_t first = runs->bytes_length < INODE_BLOCK_BYTES ?
    runs->bytes_length : INODE_BLOCK_BYTES;
  int stop = 0;

  if (first > INLINE_PARENT)
    stop = visit_block (iteration, runs->bytes + INLINE_PARENT,
                        first - INLINE_PARENT);
  if (stop == 0 && runs->bytes_length > first)
    stop = visit_block (iteration, runs->bytes + first,
                        runs->bytes_length - first);
  return stop;
}

static int
visit_blocks (struct iteration *iteration, const struct ext_inode *inode,
              const struct ext_mapping *mapping)
{
  const struct ext_filesystem *fs = iteration->fs;
  CLEANUP_FREE_BYTES uint8_t *block = malloc (fs->reader.block_size);
  uint64_t end = mapping->runs.size / fs->reader.block_size +
    (mapping->runs.size % fs->reader.block_size != 0);
  uint64_t visited = 0;

  if (block == NULL)
    return -ENOMEM;
  for (size_t i = 0; i < mapping->runs.count; ++i) {
    const struct ext_mapping_blocks run = ext_mapping_blocks (fs, mapping, i);

    for (uint64_t j = 0; j < run.count && run.logical + j < end; ++j) {
      int stop;

      if (run.unwritten)
        break;
      if (!budget_draw (&fs->reader.budget->directory_blocks, 1)) {
        iteration->incomplete = true;
        return 0;
      }
      visited++;
      stop = ext_filesystem_read_block (fs, run.physical + j, block);
      if (stop == 0 &&
          !ext_checksum_directory_valid (fs, inode, block, run.logical + j))
        stop = -EIO;
      if (stop == -EIO) {
        iteration->incomplete = true;
        continue;
      }
      if (stop == 0)
        stop = visit_block (iteration, block, fs->reader.block_size);
      if (stop != 0)
        return stop;
    }
  }
  /* A directory has no holes. */
  if (visited != end || mapping->runs.damaged)
    iteration->incomplete = true;
  return 0;
}

int
ext_directory_iterate (const struct ext_filesystem *fs,
                       const struct ext_inode *inode,
                       ext_directory_visit *visit, void *opaque,
                       bool *incomplete)
{
  CLEANUP_MAPPING struct ext_mapping mapping = { .tree = NULL };
  struct iteration iteration = {
    .fs = fs, .visit = visit, .opaque = opaque,
  };
  int stop = ext_mapping_open (fs, inode, &mapping);

  if (stop == -EIO) {
    iteration.incomplete = true;
    stop = 0;
  } else if (stop == 0)
    stop = mapping.runs.bytes != NULL ?
      visit_inline (&iteration, &mapping.runs) :
      visit_blocks (&iteration, inode, &mapping);
  if (iteration.incomplete)
    *incomplete = true;
  return stop;
}
