/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Inodes that differ: the written blocks of the inode tables of both sides
 * held against each other.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ext/checksum.h"
#include "ext/inode.h"
#include "ext/owners.h"

#define PIECE ((size_t) 256 * 1024)

struct tables {
  const struct ext_filesystem *fs[SIDES];
  const struct extents *written;
  struct inode_set *changed;
  uint8_t *bytes[SIDES];        /* owned */
};

/* Are two inodes the same, and could the kernel read both?  A checksum alone
 * that differs may be a wrong one. */
static bool
are_equal (const struct tables *tables, uint32_t number, size_t offset)
{
  struct ext_inode inode;

  inode.number = number;
  inode.length = tables->fs[SIDE_BASE]->inode_size;
  if (memcmp (tables->bytes[SIDE_BASE] + offset,
              tables->bytes[SIDE_OVERLAY] + offset, inode.length) == 0)
    return true;
  if (!ext_inode_raw_equal (tables->bytes[SIDE_BASE] + offset,
                            tables->bytes[SIDE_OVERLAY] + offset,
                            inode.length))
    return false;
  for (int side = 0; side < SIDES; ++side) {
    memcpy (inode.raw, tables->bytes[side] + offset, inode.length);
    if (!ext_checksum_inode_valid (tables->fs[side], &inode))
      return false;
  }
  return true;
}

/* Compares inodes FIRST to FIRST + COUNT - 1, which lie together at
 * POSITION. */
static errint_t
compare_inodes (struct tables *tables, uint32_t first, uint32_t count,
                uint64_t position)
{
  uint32_t size = tables->fs[SIDE_BASE]->inode_size;
  bool readable = true;
  errint_t err;

  for (int side = 0; side < SIDES; ++side) {
    err = blocks_read_bulk (tables->fs[side]->reader.blocks, side,
                            tables->bytes[side], (size_t) count * size,
                            position);
    if (err == -ENOMEM)
      return err;
    if (err < 0)
      readable = false;
  }
  for (uint32_t i = 0; i < count; ++i) {
    if (readable && are_equal (tables, first + i, (size_t) i * size))
      continue;
    err = inode_set_add (tables->changed,
                         (struct inode_id) { .number = first + i }, NULL);
    if (err < 0)
      return err;
  }
  return 0;
}

/* The inodes of GROUP in bytes FROM to TO of its table. */
static errint_t
compare_range (struct tables *tables, uint32_t group,
               uint64_t from, uint64_t to)
{
  const struct ext_filesystem *fs = tables->fs[SIDE_BASE];
  uint32_t first = (uint32_t) (from / fs->inode_size);
  uint32_t end = (uint32_t) ((to + fs->inode_size - 1) / fs->inode_size);
  uint32_t at_once = (uint32_t) (PIECE / fs->inode_size);
  uint64_t number = (uint64_t) group * fs->inodes_per_group + 1;
  errint_t err = 0;

  if (number > fs->inode_count)
    return 0;
  if (end > fs->inode_count - (number - 1))
    end = (uint32_t) (fs->inode_count - (number - 1));
  while (first < end && err == 0) {
    uint32_t count = end - first < at_once ? end - first : at_once;

    err = compare_inodes (tables, (uint32_t) number + first, count,
                          fs->inode_table[group] * fs->reader.block_size +
                          (uint64_t) first * fs->inode_size);
    first += count;
  }
  return err;
}

static errint_t
compare_group (struct tables *tables, uint32_t group)
{
  const struct ext_filesystem *fs = tables->fs[SIDE_BASE];
  const struct extents *written = tables->written;
  uint64_t start = fs->inode_table[group] * fs->reader.block_size;
  uint64_t length = (uint64_t) fs->inodes_per_group * fs->inode_size;
  uint64_t done = 0;            /* bytes of the table */
  errint_t err = 0;

  for (size_t i = extents_find (written, start);
       i < written->count && written->list[i].offset < start + length &&
         err == 0; ++i) {
    const struct extent *extent = &written->list[i];
    uint64_t from = extent->offset > start ? extent->offset - start : 0;
    uint64_t to = extent->offset + extent->length - start;

    if (from < done)            /* an inode that two extents share */
      from = done;
    if (to > length)
      to = length;
    if (from >= to)
      continue;
    err = compare_range (tables, group, from, to);
    done = (to + fs->inode_size - 1) / fs->inode_size * fs->inode_size;
  }
  return err;
}

errint_t
ext_changed_inodes_find (const struct reader *base,
                         const struct reader *overlay,
                         const struct extents *written,
                         struct inode_set *changed)
{
  struct tables tables = {
    .fs = { ext_filesystem_of (base), ext_filesystem_of (overlay) },
    .written = written, .changed = changed,
  };
  const struct ext_filesystem *fs = tables.fs[SIDE_BASE];
  errint_t err = 0;

  for (int side = 0; side < SIDES; ++side)
    if ((tables.bytes[side] = malloc (PIECE)) == NULL)
      err = -ENOMEM;
  for (uint32_t group = 0; group < fs->group_count && err == 0; ++group)
    err = compare_group (&tables, group);
  for (int side = 0; side < SIDES; ++side)
    free (tables.bytes[side]);
  return err;
}
