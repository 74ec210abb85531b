/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whose are the written bytes, and what are the changed inodes' names: one
 * scan of the base's inode tables, then one of its directories.  Bitmaps are
 * not believed: who tampers with a disk writes them too.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <ext2fs/ext2fs.h>

#include "ext/attributes.h"
#include "ext/directory_scan.h"
#include "ext/inode_tables.h"
#include "ext/mapping.h"
#include "ext/owners.h"
#include "number_set.h"

struct scan {
  const struct ext_filesystem *fs;  /* the base's */
  const struct extents *written;
  struct inode_set *changed;
  link_visit *visit;
  void *opaque;
  struct ext_directory_scan directories;
  struct number_set is_directory;
  struct number_set late;       /* inodes looked at though their group's
                                 * descriptor says that they are unused */
  bool values_changed;          /* an inode that holds an xattr is changed */
};

static struct inode_id
id_of (uint32_t number)
{
  return (struct inode_id) { .number = number };
}

/* Was a block written that the inode refers to?  MAPPING is its block
 * list. */
static bool
owns_written (const struct scan *scan, const struct ext_inode *inode,
              const struct ext_mapping *mapping)
{
  const uint32_t size = scan->fs->reader.block_size;
  uint64_t xattr_block = ext_inode_xattr_block (scan->fs, inode);
  bool owns = xattr_block != 0 &&
    xattr_block < scan->fs->reader.block_count &&
    extents_touches (scan->written, xattr_block * size, size);

  for (size_t i = 0; i < mapping->tree_count && !owns; ++i)
    owns = extents_touches (scan->written, mapping->tree[i] * size, size);
  for (size_t i = 0; i < mapping->runs.count && !owns; ++i)
    owns = extents_touches (scan->written, mapping->runs.list[i].position,
                            mapping->runs.list[i].length);
  return owns;
}

static errint_t
look_at (void *opaque, const struct ext_inode *inode)
{
  CLEANUP_MAPPING struct ext_mapping mapping = { .tree = NULL };
  struct scan *scan = opaque;
  bool changed = inode_set_has (scan->changed, id_of (inode->number));
  bool directory =
    entry_type_of_mode (ext_inode_mode (inode)) == ENTRY_DIRECTORY;
  errint_t err = 0;

  /* The filesystem's own inodes have no names. */
  if (!ext_inode_in_use (inode) || !ext_inode_number_valid (scan->fs,
                                                            inode->number))
    return 0;
  if (ext_mapping_applies (inode) && (directory || !changed))
    err = ext_mapping_read (scan->fs, inode, &mapping);
  if (err == -ENOMEM)
    return err;
  /* Of a list that is damaged nobody knows. */
  if (!changed && (err < 0 || owns_written (scan, inode, &mapping))) {
    changed = true;
    err = inode_set_add (scan->changed, id_of (inode->number), NULL);
    if (err < 0)
      return err;
  }
  if (changed && (ext_inode_flags (inode) & EXT4_EA_INODE_FL))
    scan->values_changed = true;
  if (!directory)
    return 0;
  err = number_set_add (&scan->is_directory, inode->number, NULL);
  return err < 0 ? err :
    ext_directory_scan_add (&scan->directories, inode, &mapping);
}

static bool
value_is_changed (void *opaque, uint32_t number)
{
  return inode_set_has (opaque, id_of (number));
}

/* An inode whose xattr's value is in an inode that is changed. */
static errint_t
look_at_values (void *opaque, const struct ext_inode *inode)
{
  struct scan *scan = opaque;
  bool refers;
  errint_t err;

  if (!ext_inode_in_use (inode) ||
      inode_set_has (scan->changed, id_of (inode->number)))
    return 0;
  err = ext_attributes_refer (scan->fs, inode, value_is_changed, scan->changed,
                              &refers);
  if (err == 0 && refers)
    err = inode_set_add (scan->changed, id_of (inode->number), NULL);
  return err;
}

/* The base's descriptors are believed so far only as no name tells
 * otherwise. */
static errint_t
look_at_unused (struct scan *scan, uint32_t number)
{
  const struct ext_filesystem *fs = scan->fs;
  struct ext_inode inode;
  bool added;
  errint_t err;

  if (number > fs->inode_count ||
      (number - 1) % fs->inodes_per_group <
      fs->inodes_initialized[(number - 1) / fs->inodes_per_group])
    return 0;
  err = number_set_add (&scan->late, number, &added);
  if (err < 0 || !added)
    return err;
  err = ext_inode_read_raw (fs, number, &inode);
  return err == 0 ? look_at (scan, &inode) : err == -ENOMEM ? err : 0;
}

static errint_t
visit_name (void *opaque, uint32_t directory, uint32_t inode)
{
  struct scan *scan = opaque;

  return scan->visit (scan->opaque, id_of (directory), id_of (inode),
                      number_set_has (&scan->is_directory, inode));
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
  err = ext_inode_tables_visit (scan->fs, look_at_values, scan, &incomplete);
  for (size_t i = 0; i < scan->late.capacity && err == 0; ++i) {
    struct ext_inode inode;

    if (scan->late.slots[i] == 0)
      continue;
    err = ext_inode_read_raw (scan->fs, (uint32_t) (scan->late.slots[i] - 1),
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

    err = ext_directory_scan_run (&scan->directories, from, visit_name_first,
                                  scan);
    from = end;
  }
  if (err < 0 || scan->late.count == 0)
    return err;
  /* Names of inodes that were found to be changed only then. */
  err = scan_values (scan);
  return err < 0 ? err :
    ext_directory_scan_run (&scan->directories, 0, visit_name, scan);
}

static bool
has_unused (const struct ext_filesystem *fs)
{
  for (uint32_t group = 0; group < fs->group_count; ++group)
    if (fs->inodes_initialized[group] < fs->inodes_per_group)
      return true;
  return false;
}

static errint_t
run_scan (struct scan *scan)
{
  bool incomplete = false;      /* what cannot be read is nobody's */
  errint_t err = ext_inode_tables_visit (scan->fs, look_at, scan, &incomplete);

  if (err == 0)
    err = scan_values (scan);
  if (err == 0 && (scan->changed->count > 0 || has_unused (scan->fs)))
    err = scan_names (scan);
  return err;
}

errint_t
ext_owners_find (const struct reader *base, const struct extents *written,
                 struct inode_set *changed, link_visit *visit, void *opaque)
{
  const struct ext_filesystem *fs = ext_filesystem_of (base);
  struct scan scan = {
    .fs = fs,
    .written = written,
    .changed = changed,
    .visit = visit,
    .opaque = opaque,
    .directories.fs = fs,
  };
  errint_t err = run_scan (&scan);

  ext_directory_scan_clear (&scan.directories);
  number_set_clear (&scan.is_directory);
  number_set_clear (&scan.late);
  return err;
}
