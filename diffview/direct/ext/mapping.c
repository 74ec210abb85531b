/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The flat list of an inode's blocks, see mapping.h (Documentation/filesystems/
 * ext4 of Linux, inlinedata.rst).
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <ext2fs/ext2fs.h>

#include "ext/attribute_list.h"
#include "ext/mapping.h"
#include "ext/ondisk.h"

bool
ext_mapping_applies (const struct ext_inode *inode)
{
  uint16_t mode = ext_inode_mode (inode);
  uint32_t flags = ext_inode_flags (inode);

  if (flags & EXT4_INLINE_DATA_FL)
    return false;
  if (S_ISREG (mode) || S_ISDIR (mode))
    return true;
  /* The target of a short symlink takes the place of the list. */
  return S_ISLNK (mode) &&
    ((flags & EXT4_EXTENTS_FL) != 0 ||
     ONDISK_LE32 (inode->raw, struct ext2_inode_large, i_size) >=
     INODE_BLOCK_BYTES);
}

errint_t
ext_mapping_add_blocks (const struct ext_filesystem *fs,
                        struct ext_mapping *mapping,
                        const struct ext_mapping_blocks *blocks)
{
  const uint32_t size = fs->reader.block_size;
  const struct run run = {
    .logical = blocks->logical * size,
    .position = blocks->physical * size,
    .length = blocks->count * size,
    .kind = blocks->unwritten ? RUN_UNWRITTEN : RUN_PLAIN,
  };

  return !ext_filesystem_has_blocks (fs, blocks->physical, blocks->count) ?
    -EIO : runs_add (&mapping->runs, &run);
}

struct ext_mapping_blocks
ext_mapping_blocks (const struct ext_filesystem *fs,
                    const struct ext_mapping *mapping,
                    size_t index)
{
  const struct run *run = &mapping->runs.list[index];
  const uint32_t size = fs->reader.block_size;

  return (struct ext_mapping_blocks) {
    .logical = run->logical / size,
    .physical = run->position / size,
    .count = run->length / size,
    .unwritten = run->kind == RUN_UNWRITTEN,
  };
}

errint_t
ext_mapping_add_tree (const struct ext_filesystem *fs,
                      struct ext_mapping *mapping,
                      uint64_t block)
{
  if (!ext_filesystem_has_blocks (fs, block, 1) ||
      !budget_draw (&fs->reader.budget->list_blocks, 1))
    return -EIO;
  if (mapping->tree_count == mapping->tree_capacity) {
    size_t capacity =
      mapping->tree_capacity == 0 ? 4 : mapping->tree_capacity * 2;
    uint64_t *tree = reallocarray (mapping->tree, capacity, sizeof *tree);

    if (tree == NULL)
      return -ENOMEM;
    mapping->tree = tree;
    mapping->tree_capacity = capacity;
  }
  mapping->tree[mapping->tree_count++] = block;
  return 0;
}

errint_t
ext_mapping_read (const struct ext_filesystem *fs,
                  const struct ext_inode *inode,
                  struct ext_mapping *mapping)
{
  if (ext_inode_flags (inode) & EXT4_EXTENTS_FL)
    return ext_mapping_read_extents (fs, inode, mapping);
  return ext_mapping_read_indirect (fs, inode, mapping);
}

void
ext_mapping_clear (struct ext_mapping *mapping)
{
  runs_clear (&mapping->runs);
  free (mapping->tree);
  *mapping = (struct ext_mapping) { 0 };
}

/* Inline data: the first 60 bytes take the place of the block list, the rest is
 * the value of the attribute system.data. */
static errint_t
open_inline (const struct ext_inode *inode, struct runs *runs)
{
  struct ext_attribute_list list;
  struct ext_attribute attribute;
  int found = ext_attribute_list_of_inode (inode, &list);

  if ((runs->bytes = calloc (1, FILESYSTEM_INODE_MAX)) == NULL)
    return -ENOMEM;
  memcpy (runs->bytes, ext_inode_block_bytes (inode), INODE_BLOCK_BYTES);
  runs->bytes_length = INODE_BLOCK_BYTES;
  if (found < 0)
    return found;
  while ((found = ext_attribute_list_next (&list, &attribute)) > 0)
    if (attribute.index == ATTRIBUTE_SYSTEM && attribute.name_length == 4 &&
        memcmp (attribute.name, "data", 4) == 0) {
      if (attribute.value == NULL)
        return -EIO;
      /* A value lies within the inode, so it fits beside the 60 bytes. */
      memcpy (runs->bytes + INODE_BLOCK_BYTES, attribute.value,
              attribute.value_length);
      runs->bytes_length += attribute.value_length;
      break;
    }
  return found < 0 ? found :
    runs_add (runs, &(struct run) { .length = runs->bytes_length,
                                    .kind = RUN_INLINE });
}

errint_t
ext_mapping_open (const struct ext_filesystem *fs,
                  const struct ext_inode *inode,
                  struct ext_mapping *mapping)
{
  errint_t err;

  mapping->runs.size = ext_inode_size (fs, inode);
  if (mapping->runs.size > INT64_MAX)
    return -EIO;
  if (ext_inode_flags (inode) & EXT4_INLINE_DATA_FL)
    return open_inline (inode, &mapping->runs);
  if (!ext_mapping_applies (inode))
    return -EIO;
  err = ext_mapping_read (fs, inode, mapping);
  if (err == -EIO) {
    mapping->runs.damaged = true;
    err = 0;
  }
  return err;
}

errint_t
ext_mapping_read_xattr_inode (const struct ext_filesystem *fs, uint32_t number,
                              void *buffer, size_t length)
{
  CLEANUP_MAPPING struct ext_mapping mapping = { .tree = NULL };
  struct ext_inode inode;
  errint_t err;

  if (!ext_inode_number_valid (fs, number))
    return -EIO;
  err = ext_inode_read (fs, number, &inode);
  if (err < 0)
    return err;
  if (!(ext_inode_flags (&inode) & EXT4_EA_INODE_FL) ||
      !S_ISREG (ext_inode_mode (&inode)))
    return -EIO;
  err = ext_mapping_open (fs, &inode, &mapping);
  if (err == 0 && mapping.runs.size != length)
    err = -EIO;
  return err < 0 ? err :
    reader_load (&fs->reader, &mapping.runs, buffer, length, 0);
}
