/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is remembered of a base's filesystem: which inode each run of blocks
 * belongs to, and in which directories each inode has names.  It has no
 * names: they are read from the directories.  Kept as one section of a
 * base_cache.
 *
 * Nothing in it is believed, see known.c.
 */
#ifndef DELTAFS_EXT_BASE_INDEX_H
#define DELTAFS_EXT_BASE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base_cache.h"
#include "digest.h"
#include "errint.h"
#include "filesystem.h"
#include "inode.h"
#include "mapping.h"

/* COUNT blocks from BLOCK on that INODE refers to. */
struct index_owner {
  uint64_t block;
  uint32_t count;
  uint32_t inode;
};

/* DIRECTORY has a name for INODE. */
struct index_name {
  uint32_t inode;
  uint32_t directory;
};

/* Both lists are sorted by all their fields, in an honest one. */
struct base_index {
  const struct index_owner *owners;     /* borrowed */
  size_t owner_count;
  const struct index_name *names;       /* borrowed */
  size_t name_count;
};

/* Is a filesystem of this kind remembered at all?  Not where values of xattrs
 * are in inodes of their own, where files share blocks, or where a cluster has
 * several blocks. */
bool base_index_applies (const struct filesystem *fs);

/* Which filesystem the index is of: its place on the disk, superblock and
 * inode tables.  -EIO, -ENOMEM. */
errint_t base_index_identity (const struct filesystem *fs,
                              struct digest *identity);

/* The lists in a section's bytes; false where its length is not theirs. */
bool base_index_open (const uint8_t *bytes, size_t length,
                      struct base_index *index);

/* The first owner whose blocks end after BLOCK, owner_count if none. */
size_t base_index_find_block (const struct base_index *index, uint64_t block);

/* The first name of INODE or a larger one. */
size_t base_index_find_inode (const struct base_index *index,
                              uint32_t inode);

/* Making one. */
struct index_builder {
  struct index_owner *owners;   /* owned */
  size_t owner_count, owner_capacity;
  struct index_name *names;     /* owned */
  size_t name_count, name_capacity;
  bool damaged;                 /* nothing is made of what is not sound */
};

/* Adds what INODE refers to; MAPPING is its block list.  -ENOMEM. */
errint_t index_builder_add_inode (struct index_builder *builder,
                                  const struct filesystem *fs,
                                  const struct inode *inode,
                                  const struct mapping *mapping);
errint_t index_builder_add_name (struct index_builder *builder,
                                 uint32_t directory, uint32_t inode);

/* Makes a section of it and puts that into CACHE, unless it is not sound.
 * -EIO, -ENOMEM. */
errint_t index_builder_finish (struct index_builder *builder,
                               const struct filesystem *fs,
                               struct base_cache *cache);
void index_builder_clear (struct index_builder *builder);

#endif
