/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Extended attributes as they are stored: in the inode, in leaves, and large
 * values in blocks of their own (xfs_attr_sf_hdr, xfs_attr3_leafblock and
 * xfs_attr3_rmt_hdr of xfs_da_format.h).
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "xfs/attributes.h"
#include "xfs/extent_list.h"

#define LEAF_MAGIC 0x3bee
#define NODE_MAGIC 0x3ebe
#define REMOTE_MAGIC UINT32_C (0x5841524d)      /* "XARM" */
#define LEAF_HEADER 80
#define NODE_HEADER 64
#define REMOTE_HEADER 56
#define ENTRY 8
#define VALUE_MAX 65536
#define LEVELS_MAX 5            /* XFS_DA_NODE_MAXDEPTH */

/* xfs_attr_sf_hdr: total size, count; entries are lengths, flags, name, value. */
static int
visit_short (const struct xfs_fork_bytes *fork, xfs_attribute_visit *visit,
             void *opaque, bool *incomplete)
{
  size_t length = fork->length < 4 ? 0 : bytes_be16 (fork->bytes);
  size_t at = 4;
  int result = 0;

  if (length < 4 || length > fork->length) {
    *incomplete = true;
    return 0;
  }
  for (unsigned i = 0; i < fork->bytes[2] && result == 0; ++i) {
    const uint8_t *entry = fork->bytes + at;
    struct xfs_attribute attribute;

    if (length - at < 3 || entry[0] == 0
        || (size_t) 3 + entry[0] + entry[1] > length - at) {
      *incomplete = true;
      return 0;
    }
    attribute = (struct xfs_attribute) {
      .name = (const char *) entry + 3, .name_length = entry[0],
      .flags = entry[2],
      .value = entry + 3 + entry[0], .value_length = entry[1],
    };
    at += (size_t) 3 + entry[0] + entry[1];
    if (!(attribute.flags & XFS_ATTRIBUTE_INCOMPLETE))
      result = visit (opaque, &attribute);
  }
  if (result == 0 && at != length)
    *incomplete = true;
  return result;
}

struct leaves {
  const struct xfs_filesystem *fs;
  const struct xfs_inode *inode;
  const struct xfs_extents *extents;
  xfs_attribute_visit *visit;
  void *opaque;
  bool *incomplete;
  uint8_t *block;               /* owned */
  uint8_t *value;               /* owned: VALUE_MAX bytes and a block, once
                                 * there is need of it */
};

/* Reads one block of a remote value, at OFFSET of the fork, behind what is in the
 * buffer; *GOT are its bytes. */
static errint_t
read_value_block (const struct leaves *leaves, uint64_t offset, size_t done,
                  size_t left, size_t *got)
{
  const struct xfs_filesystem *fs = leaves->fs;
  uint8_t *to = leaves->value + done;
  uint64_t block = xfs_extents_block (leaves->extents, offset);
  uint8_t header[REMOTE_HEADER];
  errint_t err = block == UINT64_MAX || !xfs_draw_list (fs) ? -EIO
    : xfs_read_metadata (fs, block, &xfs_header_remote,
                         leaves->inode->number, to, fs->block_size);

  if (err < 0)
    return err;
  memcpy (header, to, sizeof header);
  *got = fs->block_size - REMOTE_HEADER;
  if (*got > left)
    *got = left;
  if (bytes_be32 (header) != REMOTE_MAGIC
      || bytes_be32 (header + 4) != done || bytes_be32 (header + 8) != *got)
    return -EIO;
  memmove (to, to + REMOTE_HEADER, *got);
  return 0;
}

static errint_t
read_remote (struct leaves *leaves, uint64_t offset,
             struct xfs_attribute *attribute)
{
  size_t done = 0, got = 0;
  errint_t err = 0;

  if (attribute->value_length > VALUE_MAX)
    return -EIO;
  if (leaves->value == NULL)
    leaves->value = malloc (VALUE_MAX + XFS_BLOCK_MAX);
  if (leaves->value == NULL)
    return -ENOMEM;
  for (; done < attribute->value_length && err == 0; done += got)
    err = read_value_block (leaves, offset++, done,
                            attribute->value_length - done, &got);
  attribute->value = leaves->value;
  return err;
}

/* Entry number INDEX of the leaf in memory. */
static errint_t
read_entry (struct leaves *leaves, uint32_t index,
            struct xfs_attribute *attribute)
{
  uint32_t size = leaves->fs->block_size;
  const uint8_t *entry = leaves->block + LEAF_HEADER + (size_t) index * ENTRY;
  uint32_t at = bytes_be16 (entry + 4);
  const uint8_t *bytes = leaves->block + at;
  bool local = (entry[6] & XFS_ATTRIBUTE_LOCAL) != 0;
  uint32_t fixed = local ? 3 : 9;

  if (at < LEAF_HEADER || at > size - fixed)
    return -EIO;
  *attribute = (struct xfs_attribute) {
    .name = (const char *) bytes + fixed,
    .name_length = bytes[fixed - 1],
    .flags = entry[6],
    .value_length = local ? bytes_be16 (bytes) : bytes_be32 (bytes + 4),
  };
  if (attribute->name_length == 0
      || attribute->name_length > size - at - fixed)
    return -EIO;
  if (attribute->flags & XFS_ATTRIBUTE_INCOMPLETE)
    return 0;
  if (!local)
    return read_remote (leaves, bytes_be32 (bytes), attribute);
  attribute->value = bytes + fixed + attribute->name_length;
  return attribute->value_length
    > size - at - fixed - attribute->name_length ? -EIO : 0;
}

static int
visit_leaf (struct leaves *leaves)
{
  uint32_t count = bytes_be16 (leaves->block + 56);
  int result = 0;

  if (count > (leaves->fs->block_size - LEAF_HEADER) / ENTRY) {
    *leaves->incomplete = true;
    return 0;
  }
  for (uint32_t i = 0; i < count && result == 0; ++i) {
    struct xfs_attribute attribute;

    result = read_entry (leaves, i, &attribute);
    if (result == -EIO) {
      *leaves->incomplete = true;
      result = 0;
    } else if (result == 0
               && !(attribute.flags & XFS_ATTRIBUTE_INCOMPLETE))
      result = leaves->visit (leaves->opaque, &attribute);
  }
  return result;
}

/* Reads the node or leaf at OFFSET of the fork. */
static errint_t
read_block (struct leaves *leaves, uint64_t offset)
{
  uint64_t block = xfs_extents_block (leaves->extents, offset);

  return block == UINT64_MAX || !xfs_draw_list (leaves->fs) ? -EIO
    : xfs_read_metadata (leaves->fs, block, &xfs_header_leaf,
                         leaves->inode->number, leaves->block,
                         leaves->fs->block_size);
}

/* Finds the first leaf, which is in memory then. */
static errint_t
find_first (struct leaves *leaves)
{
  uint64_t offset = 0;

  for (int level = 0; level <= LEVELS_MAX; ++level) {
    errint_t err = read_block (leaves, offset);
    uint32_t magic;

    if (err < 0)
      return err;
    magic = bytes_be16 (leaves->block + 8);
    if (magic == LEAF_MAGIC)
      return 0;
    if (magic != NODE_MAGIC || bytes_be16 (leaves->block + 56) == 0)
      return -EIO;
    offset = bytes_be32 (leaves->block + NODE_HEADER + 4);
  }
  return -EIO;
}

/* Each leaf names the next one. */
static int
visit_leaves (struct leaves *leaves)
{
  uint64_t left = 0;
  int result = find_first (leaves);

  /* No more leaves than the fork has blocks, or they go in circles. */
  for (size_t i = 0; i < leaves->extents->count; ++i)
    left += leaves->extents->list[i].count;
  while (result == 0) {
    uint32_t next = bytes_be32 (leaves->block);

    result = visit_leaf (leaves);
    if (next == 0 || result != 0)
      return result;
    result = left-- == 0 ? -EIO : read_block (leaves, next);
    if (result == 0 && bytes_be16 (leaves->block + 8) != LEAF_MAGIC)
      result = -EIO;
  }
  if (result != -EIO)
    return result;
  *leaves->incomplete = true;
  return 0;
}

int
xfs_attributes_iterate (const struct xfs_filesystem *fs,
                        const struct xfs_inode *inode,
                        xfs_attribute_visit *visit, void *opaque,
                        bool *incomplete)
{
  CLEANUP_XFS_EXTENTS struct xfs_extents extents = { .list = NULL };
  struct xfs_fork_bytes fork
    = xfs_inode_fork (fs, inode, XFS_FORK_ATTRIBUTES);
  struct leaves leaves = {
    .fs = fs, .inode = inode, .extents = &extents, .visit = visit,
    .opaque = opaque, .incomplete = incomplete,
  };
  int result;

  if (fork.length == 0)
    return 0;
  if (fork.format == XFS_FORK_LOCAL)
    return visit_short (&fork, visit, opaque, incomplete);
  result = xfs_extents_read (fs, inode, XFS_FORK_ATTRIBUTES, &extents);
  if (result == -EIO)
    *incomplete = true;
  else if (result < 0)
    return result;
  if (extents.count == 0)       /* the last one was removed */
    return 0;
  leaves.block = malloc (fs->block_size);
  result = leaves.block == NULL ? -ENOMEM : visit_leaves (&leaves);
  free (leaves.block);
  free (leaves.value);
  return result;
}
