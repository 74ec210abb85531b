/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An inode of any bytes: a byte of flags, 256 bytes of the inode, then blocks,
 * of which the first, number 24, is meant for xattrs.  Inode 13 holds
 * all these blocks, for xattrs that name it as the place of their value.  Bit
 * 0: the first block is the xattr block whatever the inode says; bit 1:
 * metadata_csum, with right sums; bit 2: huge_file.
 */
#include <config.h>

#include <string.h>

#include "ext/attributes.h"
#include "ext/ondisk.h"
#include "ext/record.h"
#include "fuzz.h"
#include "tiny_filesystem.h"

#define INODE 256
#define NUMBER 12
#define VALUE 13

static bool
is_value (void *opaque, uint32_t number)
{
  (void) opaque;
  return number == VALUE;
}

static void
examine (const struct ext_filesystem *fs)
{
  CLEANUP (arena_free) struct arena *arena = arena_new ();
  struct ext_inode inode;
  struct entry entry;
  bool refers;

  FUZZ_REQUIRE (arena != NULL);
  FUZZ_REQUIRE (ext_record_read (fs, NUMBER, arena, &entry, &inode) == 0);
  FUZZ_REQUIRE (entry.type == ENTRY_SYMLINK || entry.target == NULL);
  FUZZ_REQUIRE (entry.target == NULL ||
                strlen (entry.target) == entry.target_length);
  FUZZ_REQUIRE (entry.mtime.nanoseconds <= 999999999);
  for (size_t i = 0; entry.xattrs != NULL && i < entry.xattrs->count; ++i) {
    const struct entry_xattr *xattr = &entry.xattrs->list[i];

    FUZZ_REQUIRE (xattr->length <= 65536 && xattr->value != NULL);
    FUZZ_REQUIRE (i == 0 || strcmp (xattr[-1].name, xattr->name) < 0);
    FUZZ_REQUIRE (entry_find_xattr (&entry, xattr->name) == xattr);
  }
  if (ext_inode_read (fs, NUMBER, &inode) == 0)
    FUZZ_REQUIRE (ext_attributes_refer (fs, &inode, is_value, NULL,
                                        &refers) == 0);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct tiny_filesystem tiny;
  uint8_t *raw;

  if (size < 1 + INODE || size - 1 - INODE > TINY_DATA_MAX)
    return 0;
  tiny_filesystem_make (&tiny, (data[0] & 2 ? TINY_SUMS : 0) |
                        (data[0] & 4 ? TINY_HUGE : 0),
                        data + 1 + INODE, size - 1 - INODE);
  raw = tiny_filesystem_inode (&tiny, NUMBER);
  memcpy (raw, data + 1, INODE);
  if (data[0] & 1)
    ondisk_put_le32 (raw + 104, TINY_FIRST);
  tiny_filesystem_put_inode (&tiny, VALUE, 0100600, TINY_FIRST,
                             tiny_filesystem_blocks (&tiny));
  ondisk_put_le32 (tiny_filesystem_inode (&tiny, VALUE) + 32, 0x280000);
  if (tiny_filesystem_open (&tiny) == 0)
    examine (tiny.fs);
  tiny_filesystem_clear (&tiny);
  return 0;
}
