/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A directory of any bytes: a byte of flags, then its blocks.  Bit 0: the
 * names are in the inode (the first 60 bytes, then what follows as the value of
 * system.data); bit 1: metadata_csum, with right sums.
 */
#include <config.h>

#include <string.h>
#include <sys/stat.h>

#include "ext/directory.h"
#include "ext/directory_scan.h"
#include "ext/mapping.h"
#include "ext/ondisk.h"
#include "fuzz.h"
#include "name_list.h"
#include "path.h"
#include "tiny_filesystem.h"

#define ROOM 64                 /* in the inode, for the value */

static void
put_inline (struct tiny_filesystem *tiny, const uint8_t *data, size_t size)
{
  uint8_t *inode = tiny_filesystem_inode (tiny, INODE_ROOT);
  size_t more = size > 60 ? size - 60 : 0;

  if (more > ROOM)
    more = ROOM;
  ondisk_put_le32 (inode + 4, 60 + (uint32_t) more);
  ondisk_put_le32 (inode + 32, 0x10000000);
  memset (inode + 40, 0, 60);
  memcpy (inode + 40, data, size < 60 ? size : 60);
  ondisk_put_le32 (inode + 160, 0xea020000);
  inode[164] = 4;
  inode[165] = 7;
  ondisk_put_le16 (inode + 166, 24);
  ondisk_put_le32 (inode + 172, (uint32_t) more);
  memcpy (inode + 180, "data", 4);
  if (more > 0)
    memcpy (inode + 188, data + 60, more);
}

static errint_t
count (void *opaque, uint32_t directory, uint32_t inode)
{
  (void) inode;
  FUZZ_REQUIRE (directory == INODE_ROOT);
  ++*(size_t *) opaque;
  return 0;
}

/* The two ways to read names agree, but for names that come twice. */
static void
examine (const struct ext_filesystem *fs, const struct ext_inode *inode)
{
  const struct inode_id root = { .number = INODE_ROOT };
  CLEANUP_NAME_LIST struct name_list names = { 0 };
  CLEANUP_MAPPING struct ext_mapping mapping = { .tree = NULL };
  struct ext_directory_scan scan = { .fs = fs };
  size_t counted = 0;

  FUZZ_REQUIRE (name_list_read (&fs->reader, root, &names) == 0);
  for (size_t i = 0; i < names.count; ++i) {
    const char *name = name_list_text (&names, i);

    FUZZ_REQUIRE (strlen (name) == names.list[i].length &&
                  path_valid_name (name, names.list[i].length));
    FUZZ_REQUIRE (i == 0 || strcmp (name_list_text (&names, i - 1), name) < 0);
  }
  if (ext_mapping_applies (inode))
    ext_mapping_read (fs, inode, &mapping);
  FUZZ_REQUIRE (ext_directory_scan_add (&scan, inode, &mapping) == 0);
  FUZZ_REQUIRE (ext_directory_scan_run (&scan, 0, count, &counted) == 0);
  FUZZ_REQUIRE (counted >= names.count);
  ext_directory_scan_clear (&scan);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  struct tiny_filesystem tiny;
  struct ext_inode inode;

  if (size < 1 || size - 1 > TINY_DATA_MAX)
    return 0;
  tiny_filesystem_make (&tiny, data[0] & 2 ? TINY_SUMS : 0, data + 1,
                        size - 1);
  if (data[0] & 1)
    put_inline (&tiny, data + 1, size - 1);
  else
    tiny_filesystem_put_inode (&tiny, INODE_ROOT, 040755, TINY_FIRST,
                               tiny_filesystem_blocks (&tiny));
  if (tiny_filesystem_open (&tiny) == 0 &&
      ext_inode_read (tiny.fs, INODE_ROOT, &inode) == 0)
    examine (tiny.fs, &inode);
  tiny_filesystem_clear (&tiny);
  return 0;
}
