/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A block list of any bytes: a byte of flags, 8 bytes for the file's size, 60
 * for the inode's block list, then blocks, of which the first is number 24.
 * Bit 0: extents, else indirect blocks; bit 1: metadata_csum, with right sums
 * one level down; bit 2: 64bit.
 */
#include <config.h>

#include <string.h>

#include "ext/mapping.h"
#include "ext/ondisk.h"
#include "fuzz.h"
#include "tiny_filesystem.h"

#define HEADER 69
#define NUMBER 12

static void
check_runs (const struct ext_filesystem *fs, const struct ext_mapping *mapping)
{
  uint64_t end = 0;

  for (size_t i = 0; i < mapping->runs.count; ++i) {
    const struct run *run = &mapping->runs.list[i];
    const struct ext_mapping_blocks blocks = ext_mapping_blocks (fs, mapping,
                                                                 i);

    FUZZ_REQUIRE (run->length > 0 && run->logical >= end);
    FUZZ_REQUIRE (ext_filesystem_has_blocks (fs, blocks.physical,
                                             blocks.count));
    FUZZ_REQUIRE (blocks.count * fs->reader.block_size == run->length);
    end = run->logical + run->length;
    FUZZ_REQUIRE (runs_find (&mapping->runs, run->logical) == i);
    FUZZ_REQUIRE (runs_find (&mapping->runs, end - 1) == i);
  }
  for (size_t i = 0; i < mapping->tree_count; ++i)
    FUZZ_REQUIRE (ext_filesystem_has_blocks (fs, mapping->tree[i], 1));
}

static void
read_around (const struct ext_filesystem *fs, const struct runs *runs,
             uint64_t offset)
{
  uint8_t buffer[3000];
  size_t length = sizeof buffer;

  if (offset > runs->size)
    return;
  if (length > runs->size - offset)
    length = (size_t) (runs->size - offset);
  reader_load (&fs->reader, runs, buffer, length, offset);
}

static void
examine (const struct ext_filesystem *fs, const struct ext_inode *inode)
{
  CLEANUP_MAPPING struct ext_mapping mapping = { .tree = NULL };
  CLEANUP_MAPPING struct ext_mapping opened = { .tree = NULL };
  const struct runs *runs = &opened.runs;

  ext_mapping_read (fs, inode, &mapping);
  check_runs (fs, &mapping);
  if (ext_mapping_open (fs, inode, &opened) < 0)
    return;
  read_around (fs, runs, 0);
  read_around (fs, runs, runs->size > 3000 ? runs->size - 3000 : 0);
  for (size_t i = 0; i < runs->count && i < 64; ++i)
    read_around (fs, runs, runs->list[i].logical + 7);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct tiny_filesystem tiny;
  struct ext_inode inode;
  uint8_t *raw;

  if (size < HEADER || size - HEADER > TINY_DATA_MAX)
    return 0;
  tiny_filesystem_make (&tiny, (data[0] & 2 ? TINY_SUMS : 0) |
                        (data[0] & 4 ? TINY_WIDE : 0),
                        data + HEADER, size - HEADER);
  tiny_filesystem_put_inode (&tiny, NUMBER, 0100644, TINY_FIRST, 1);
  raw = tiny_filesystem_inode (&tiny, NUMBER);
  memcpy (raw + 4, data + 1, 4);
  memcpy (raw + 108, data + 5, 4);
  ondisk_put_le32 (raw + 32, data[0] & 1 ? 0x80000 : 0);
  memcpy (raw + 40, data + 9, 60);
  if (tiny_filesystem_open (&tiny) == 0 &&
      ext_inode_read (tiny.fs, NUMBER, &inode) == 0)
    examine (tiny.fs, &inode);
  tiny_filesystem_clear (&tiny);
  return 0;
}
