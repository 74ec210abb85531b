/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whose are the written blocks, and what are the changed inodes' names: one
 * scan of the base's inode tables, then one of its directories.  Bitmaps are
 * not believed: who tampers with a disk writes them too.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <ext2fs/ext2fs.h>

#include "attributes.h"
#include "changes.h"
#include "directory_scan.h"
#include "inode_tables.h"
#include "mapping.h"
#include "ondisk.h"

/* A directory's name in another. */
struct parent {
  uint32_t child, parent;
};

struct scan {
  struct changes *changes;
  const struct filesystem *fs;  /* the base's */
  const struct extents *written;
  struct directory_scan directories;
  struct number_set is_directory;
  struct number_set late;       /* inodes looked at though their group's
                                 * descriptor says that they are unused */
  struct parent *parents;       /* owned: by child after the scan */
  size_t parent_count, parent_capacity;
  bool values_changed;          /* an inode that holds an xattr is changed */
};

static bool
blocks_are_written (const struct scan *scan, uint64_t block, uint64_t count)
{
  uint32_t size = scan->fs->block_size;

  return extents_touches (scan->written, block * size, count * size);
}

/* Was a block written that the inode refers to?  MAPPING is its block
 * list. */
static bool
owns_written (const struct scan *scan, const struct inode *inode,
              const struct mapping *mapping)
{
  uint64_t xattr_block = inode_xattr_block (scan->fs, inode);
  bool owns = xattr_block != 0 && xattr_block < scan->fs->block_count &&
    blocks_are_written (scan, xattr_block, 1);

  for (size_t i = 0; i < mapping->tree_count && !owns; ++i)
    owns = blocks_are_written (scan, mapping->tree[i], 1);
  for (size_t i = 0; i < mapping->count && !owns; ++i)
    owns = blocks_are_written (scan, mapping->runs[i].physical,
                               mapping->runs[i].count);
  return owns;
}

static errint_t
look_at (void *opaque, const struct inode *inode)
{
  CLEANUP_MAPPING struct mapping mapping = { 0 };
  struct scan *scan = opaque;
  struct number_set *changed_set = &scan->changes->changed;
  bool changed = number_set_has (changed_set, inode->number);
  bool directory =
    entry_type_of_mode (inode_mode (inode)) == ENTRY_DIRECTORY;
  errint_t err = 0;

  /* The filesystem's own inodes have no names. */
  if (!inode_in_use (inode) || !inode_number_valid (scan->fs, inode->number))
    return 0;
  if (mapping_applies (inode) && (directory || !changed))
    err = mapping_read (scan->fs, inode, &mapping);
  if (err == -ENOMEM)
    return err;
  /* Of a list that is damaged nobody knows. */
  if (!changed && (err < 0 || owns_written (scan, inode, &mapping))) {
    changed = true;
    err = number_set_add (changed_set, inode->number, NULL);
    if (err < 0)
      return err;
  }
  if (changed && (inode_flags (inode) & EXT4_EA_INODE_FL))
    scan->values_changed = true;
  if (!directory)
    return 0;
  err = number_set_add (&scan->is_directory, inode->number, NULL);
  return err < 0 ? err :
    directory_scan_add (&scan->directories, inode, &mapping);
}

static bool
value_is_changed (void *opaque, uint32_t number)
{
  const struct changes *changes = opaque;

  return number_set_has (&changes->changed, number);
}

/* An inode whose xattr's value is in an inode that is changed. */
static errint_t
look_at_values (void *opaque, const struct inode *inode)
{
  struct scan *scan = opaque;
  struct changes *changes = scan->changes;
  bool refers;
  errint_t err;

  if (!inode_in_use (inode) ||
      number_set_has (&changes->changed, inode->number))
    return 0;
  err = attributes_refer (scan->fs, inode, value_is_changed, changes,
                          &refers);
  if (err == 0 && refers)
    err = number_set_add (&changes->changed, inode->number, NULL);
  return err;
}

/* The base's descriptors are believed so far only as no name tells
 * otherwise. */
static errint_t
look_at_unused (struct scan *scan, uint32_t number)
{
  const struct filesystem *fs = scan->fs;
  struct inode inode;
  bool added;
  errint_t err;

  if (number > fs->inode_count ||
      (number - 1) % fs->inodes_per_group <
      fs->inodes_initialized[(number - 1) / fs->inodes_per_group])
    return 0;
  err = number_set_add (&scan->late, number, &added);
  if (err < 0 || !added)
    return err;
  err = inode_read_raw (fs, number, &inode);
  return err == 0 ? look_at (scan, &inode) : err == -ENOMEM ? err : 0;
}

static errint_t
add_parent (struct scan *scan, uint32_t child, uint32_t parent)
{
  if (scan->parent_count == scan->parent_capacity) {
    size_t capacity =
      scan->parent_capacity == 0 ? 256 : scan->parent_capacity * 2;
    struct parent *list =
      reallocarray (scan->parents, capacity, sizeof *list);

    if (list == NULL)
      return -ENOMEM;
    scan->parents = list;
    scan->parent_capacity = capacity;
  }
  scan->parents[scan->parent_count++] =
    (struct parent) { .child = child, .parent = parent };
  return 0;
}

static errint_t
visit_name (void *opaque, uint32_t directory, uint32_t inode)
{
  struct scan *scan = opaque;
  struct changes *changes = scan->changes;
  errint_t err = 0;

  if (number_set_has (&scan->is_directory, inode))
    err = add_parent (scan, inode, directory);
  if (err == 0 && number_set_has (&changes->changed, inode))
    err = number_set_add (&changes->marked, directory, NULL);
  return err;
}

/* The same, and a look at inodes that are said to be unused. */
static errint_t
visit_name_first (void *opaque, uint32_t directory, uint32_t inode)
{
  errint_t err = look_at_unused (opaque, inode);

  return err < 0 ? err : visit_name (opaque, directory, inode);
}

/* Whose xattrs are in changed inodes? */
static errint_t
scan_values (struct scan *scan)
{
  bool incomplete = false;      /* what cannot be read is nobody's */
  errint_t err;

  if (!scan->values_changed)
    return 0;
  err = inode_tables_visit (scan->fs, look_at_values, scan, &incomplete);
  for (size_t i = 0; i < scan->late.capacity && err == 0; ++i) {
    struct inode inode;

    if (scan->late.slots[i] == 0)
      continue;
    err = inode_read_raw (scan->fs, (uint32_t) (scan->late.slots[i] - 1),
                          &inode);
    err = err == 0 ? look_at_values (scan, &inode) :
      err == -ENOMEM ? err : 0;
  }
  return err;
}

/* The names in the directories, in those included that this finds. */
static errint_t
scan_names (struct scan *scan)
{
  size_t from = 0;
  errint_t err = 0;

  while (from < scan->directories.count && err == 0) {
    size_t end = scan->directories.count;

    err = directory_scan_run (&scan->directories, from, visit_name_first,
                              scan);
    from = end;
  }
  if (err < 0 || scan->late.count == 0)
    return err;
  /* Names of inodes that were found to be changed only then. */
  err = scan_values (scan);
  scan->parent_count = 0;
  return err < 0 ? err :
    directory_scan_run (&scan->directories, 0, visit_name, scan);
}

static bool
has_unused (const struct filesystem *fs)
{
  for (uint32_t group = 0; group < fs->group_count; ++group)
    if (fs->inodes_initialized[group] < fs->inodes_per_group)
      return true;
  return false;
}

static int
compare_parents (const void *a, const void *b)
{
  const struct parent *x = a, *y = b;

  if (x->child != y->child)
    return x->child < y->child ? -1 : 1;
  return x->parent < y->parent ? -1 : x->parent > y->parent;
}

/* Marks what is above the directory CHILD, all names that it has. */
static errint_t
mark_parents (struct scan *scan, uint32_t child, struct number_set *marked,
              uint32_t **stack, size_t *depth)
{
  size_t low = 0, high = scan->parent_count;
  errint_t err = 0;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (scan->parents[middle].child < child)
      low = middle + 1;
    else
      high = middle;
  }
  for (; low < scan->parent_count && scan->parents[low].child == child &&
         err == 0; ++low) {
    bool added;

    err = number_set_add (marked, scan->parents[low].parent, &added);
    if (err == 0 && added)
      (*stack)[(*depth)++] = scan->parents[low].parent;
  }
  return err;
}

/* Every directory is on the stack at most once. */
static errint_t
mark_ancestors (struct scan *scan)
{
  struct number_set *marked = &scan->changes->marked;
  uint32_t *stack =
    reallocarray (NULL, scan->is_directory.count + 1, sizeof *stack);
  size_t depth = 0;
  errint_t err = 0;

  if (stack == NULL)
    return -ENOMEM;
  if (scan->parent_count > 0)
    qsort (scan->parents, scan->parent_count, sizeof *scan->parents,
           compare_parents);
  for (size_t i = 0; i < marked->capacity; ++i)
    if (marked->slots[i] != 0)
      stack[depth++] = (uint32_t) (marked->slots[i] - 1);
  while (depth > 0 && err == 0) {
    uint32_t child = stack[--depth];

    err = mark_parents (scan, child, marked, &stack, &depth);
  }
  free (stack);
  return err;
}

static errint_t
run_scan (struct scan *scan)
{
  bool incomplete = false;      /* what cannot be read is nobody's */
  errint_t err = inode_tables_visit (scan->fs, look_at, scan, &incomplete);

  if (err == 0)
    err = scan_values (scan);
  if (err == 0 && (scan->changes->changed.count > 0 ||
                   has_unused (scan->fs)))
    err = scan_names (scan);
  if (err == 0)
    err = mark_ancestors (scan);
  return err;
}

errint_t
changes_add_owners (struct changes *changes)
{
  struct scan scan = {
    .changes = changes,
    .fs = changes->fs[SIDE_BASE],
    .directories.fs = changes->fs[SIDE_BASE],
    .written = blocks_written (changes->fs[SIDE_BASE]->blocks),
  };
  errint_t err = run_scan (&scan);

  directory_scan_clear (&scan.directories);
  free (scan.parents);
  number_set_clear (&scan.is_directory);
  number_set_clear (&scan.late);
  return err;
}
