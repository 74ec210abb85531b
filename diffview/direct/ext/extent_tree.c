/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The extent tree of an inode, walked without recursion (format:
 * Documentation/filesystems/ext4 of Linux, ifork.rst).
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <ext2fs/ext2fs.h>
#include <ext2fs/ext3_extents.h>

#include "ext/checksum.h"
#include "ext/mapping.h"
#include "ext/ondisk.h"

#define DEPTH_MAX 5
#define ENTRY_SIZE 12
#define HEADER_SIZE 12
#define LOGICAL_END ((uint64_t) 1 << 32)

/* A node on the way from the root to a leaf. */
struct node {
  const uint8_t *bytes;
  uint8_t *block;               /* owned: of all but the root */
  unsigned entries, next;       /* next: the entry to look at */
  uint64_t end;                 /* logical blocks below this are its own */
};

static const uint8_t *
entry_of (const struct node *node, unsigned index)
{
  return node->bytes + HEADER_SIZE + index * ENTRY_SIZE;
}

/* Both kinds of entries begin with the logical block. */
static uint64_t
logical_of (const struct node *node, unsigned index)
{
  return ondisk_le32 (entry_of (node, index));
}

/* Checks a node and sets NODE up to walk it. */
static errint_t
enter (struct node *node, const uint8_t *bytes, size_t length,
       unsigned depth, uint64_t start, uint64_t end)
{
  node->bytes = bytes;
  node->entries = ONDISK_LE16 (bytes, struct ext3_extent_header, eh_entries);
  node->next = 0;
  node->end = end;
  if (ONDISK_LE16 (bytes, struct ext3_extent_header, eh_magic) !=
      EXT3_EXT_MAGIC ||
      ONDISK_LE16 (bytes, struct ext3_extent_header, eh_depth) != depth ||
      node->entries > (length - HEADER_SIZE) / ENTRY_SIZE)
    return -EIO;
  for (unsigned i = 0; i < node->entries; ++i) {
    uint64_t logical = logical_of (node, i);

    if (logical < start || logical >= end)
      return -EIO;
    start = logical + 1;
  }
  return 0;
}

static errint_t
add_leaf (const struct ext_filesystem *fs, const struct node *node,
          struct ext_mapping *mapping)
{
  for (unsigned i = 0; i < node->entries; ++i) {
    const uint8_t *entry = entry_of (node, i);
    uint32_t length = ONDISK_LE16 (entry, struct ext3_extent, ee_len);
    struct ext_mapping_blocks run = {
      .logical = logical_of (node, i),
      .physical = ondisk_join
        (ONDISK_LE16 (entry, struct ext3_extent, ee_start_hi),
         ONDISK_LE32 (entry, struct ext3_extent, ee_start)),
      .count = length,
    };
    errint_t err;

    if (length > EXT_INIT_MAX_LEN) {
      run.count = length - EXT_INIT_MAX_LEN;
      run.unwritten = true;
    }
    if (run.count == 0 || run.logical + run.count > node->end)
      return -EIO;
    err = ext_mapping_add_blocks (fs, mapping, &run);
    if (err < 0)
      return err;
  }
  return 0;
}

/* Reads the node that the next entry of PARENT names. */
static errint_t
descend (const struct ext_filesystem *fs, const struct ext_inode *inode,
         struct node *parent, struct node *child, unsigned depth,
         struct ext_mapping *mapping)
{
  const uint8_t *entry = entry_of (parent, parent->next);
  uint64_t start = logical_of (parent, parent->next);
  uint64_t end = parent->next + 1 < parent->entries ?
    logical_of (parent, parent->next + 1) : parent->end;
  uint64_t block = ondisk_join
    (ONDISK_LE16 (entry, struct ext3_extent_idx, ei_leaf_hi),
     ONDISK_LE32 (entry, struct ext3_extent_idx, ei_leaf));
  errint_t err = ext_mapping_add_tree (fs, mapping, block);

  parent->next++;
  if (err < 0)
    return err;
  if (child->block == NULL &&
      (child->block = malloc (fs->reader.block_size)) == NULL)
    return -ENOMEM;
  err = ext_filesystem_read_block (fs, block, child->block);
  if (err == 0)
    err = enter (child, child->block, fs->reader.block_size, depth, start,
                 end);
  if (err == 0 && !ext_checksum_extents_valid (fs, inode, child->block))
    return -EIO;
  /* An empty node could be named any number of times. */
  return err == 0 && child->entries == 0 ? -EIO : err;
}

/* One node that cannot be read does not hide the others. */
static errint_t
walk (const struct ext_filesystem *fs, const struct ext_inode *inode,
      struct node *path, unsigned depth, struct ext_mapping *mapping)
{
  errint_t result = 0;
  unsigned level = 0;

  for (;;) {
    struct node *node = &path[level];
    errint_t err = 0;

    if (level == depth)
      err = add_leaf (fs, node, mapping);
    else if (node->next < node->entries) {
      err = descend (fs, inode, node, &path[level + 1], depth - level - 1,
                     mapping);
      if (err == 0) {
        level++;
        continue;
      }
    } else if (level == 0)
      return result;
    else {
      level--;
      continue;
    }
    if (err < 0)
      result = err;
    if (err == -ENOMEM || (level == 0 && depth == 0))
      return result;
    if (level == depth)
      level--;
  }
}

errint_t
ext_mapping_read_extents (const struct ext_filesystem *fs,
                          const struct ext_inode *inode,
                          struct ext_mapping *mapping)
{
  struct node path[DEPTH_MAX + 1];
  const uint8_t *root = ext_inode_block_bytes (inode);
  unsigned depth = ONDISK_LE16 (root, struct ext3_extent_header, eh_depth);
  errint_t err;

  if (depth > DEPTH_MAX)
    return -EIO;
  memset (path, 0, sizeof path);
  err = enter (&path[0], root, INODE_BLOCK_BYTES, depth, 0, LOGICAL_END);
  if (err == 0)
    err = walk (fs, inode, path, depth, mapping);
  for (unsigned i = 1; i <= depth; ++i)
    free (path[i].block);
  return err;
}
