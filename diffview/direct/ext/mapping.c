/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The flat list of an inode's blocks, see mapping.h.
 */
#include <config.h>

#include <stdlib.h>
#include <sys/stat.h>

#include <ext2fs/ext2fs.h>

#include "mapping.h"
#include "ondisk.h"

/* More pieces than this no honest file has; the list is kept in memory. */
#define RUNS_MAX ((size_t) 2 << 20)

bool
mapping_applies (const struct inode *inode)
{
  uint16_t mode = inode_mode (inode);
  uint32_t flags = inode_flags (inode);

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
mapping_add_run (const struct filesystem *fs, struct mapping *mapping,
                 const struct mapping_run *run)
{
  struct mapping_run *last = mapping->count == 0 ? NULL :
    &mapping->runs[mapping->count - 1];

  if (!filesystem_has_blocks (fs, run->physical, run->count) ||
      (last != NULL && run->logical < last->logical + last->count))
    return -EIO;
  if (last != NULL && run->logical == last->logical + last->count &&
      run->physical == last->physical + last->count &&
      run->unwritten == last->unwritten) {
    last->count += run->count;
    return 0;
  }
  if (mapping->count == RUNS_MAX)
    return -EIO;
  if (mapping->count == mapping->capacity) {
    size_t capacity = mapping->capacity == 0 ? 4 : mapping->capacity * 2;
    struct mapping_run *runs =
      reallocarray (mapping->runs, capacity, sizeof *runs);

    if (runs == NULL)
      return -ENOMEM;
    mapping->runs = runs;
    mapping->capacity = capacity;
  }
  mapping->runs[mapping->count++] = *run;
  return 0;
}

errint_t
mapping_add_tree (const struct filesystem *fs, struct mapping *mapping,
                  uint64_t block)
{
  if (!filesystem_has_blocks (fs, block, 1) ||
      !budget_draw (&fs->budget->list_blocks, 1))
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
mapping_read (const struct filesystem *fs, const struct inode *inode,
              struct mapping *mapping)
{
  if (inode_flags (inode) & EXT4_EXTENTS_FL)
    return mapping_read_extents (fs, inode, mapping);
  return mapping_read_indirect (fs, inode, mapping);
}

void
mapping_clear (struct mapping *mapping)
{
  free (mapping->runs);
  free (mapping->tree);
  *mapping = (struct mapping) { 0 };
}

size_t
mapping_find (const struct mapping *mapping, uint64_t logical)
{
  size_t low = 0, high = mapping->count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const struct mapping_run *run = &mapping->runs[middle];

    if (run->logical + run->count <= logical)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}
