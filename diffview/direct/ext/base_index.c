/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The form of an index and looking something up in it.  A hostile one may be
 * unsorted: then what is there is not found, and known.c notices.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <ext2fs/ext2fs.h>

#include "base_index.h"
#include "radix_sort.h"
#include "superblock.h"

/* Before the lists. */
struct index_head {
  uint64_t owner_count, name_count;
};

bool
base_index_applies (const struct filesystem *fs)
{
  return !filesystem_has_incompat (fs, EXT4_FEATURE_INCOMPAT_EA_INODE) &&
    !filesystem_has_ro_compat (fs, EXT4_FEATURE_RO_COMPAT_SHARED_BLOCKS) &&
    fs->cluster_blocks == 1;
}

errint_t
base_index_identity (const struct filesystem *fs, struct digest *identity)
{
  struct digest parts[3];
  uint8_t raw[SUPERBLOCK_SIZE + 8];
  uint64_t place = blocks_offset (fs->blocks, fs->side);
  errint_t err = blocks_read (fs->blocks, fs->side, raw, SUPERBLOCK_SIZE,
                              SUPERBLOCK_OFFSET);

  if (err < 0)
    return err;
  memcpy (raw + SUPERBLOCK_SIZE, &place, sizeof place);
  parts[0] = digest_of (raw, sizeof raw);
  parts[1] = digest_of (fs->inode_table,
                        fs->group_count * sizeof fs->inode_table[0]);
  parts[2] = digest_of (fs->inodes_initialized, fs->group_count *
                        sizeof fs->inodes_initialized[0]);
  *identity = digest_of (parts, sizeof parts);
  return 0;
}

bool
base_index_open (const uint8_t *bytes, size_t length,
                 struct base_index *index)
{
  struct index_head head;
  size_t rest = length - sizeof head;

  if (length < sizeof head)
    return false;
  memcpy (&head, bytes, sizeof head);
  if (head.owner_count > rest / sizeof (struct index_owner))
    return false;
  rest -= head.owner_count * sizeof (struct index_owner);
  if (head.name_count != rest / sizeof (struct index_name) ||
      rest % sizeof (struct index_name) != 0)
    return false;
  index->owners = (const struct index_owner *) (bytes + sizeof head);
  index->owner_count = head.owner_count;
  index->names =
    (const struct index_name *) (index->owners + head.owner_count);
  index->name_count = head.name_count;
  return true;
}

size_t
base_index_find_block (const struct base_index *index, uint64_t block)
{
  size_t low = 0, high = index->owner_count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (index->owners[middle].block + index->owners[middle].count <= block)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

size_t
base_index_find_inode (const struct base_index *index, uint32_t inode)
{
  size_t low = 0, high = index->name_count;

  while (low < high) {
    size_t middle = low + (high - low) / 2;

    if (index->names[middle].inode < inode)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static errint_t
add_owner (struct index_builder *builder, uint64_t block, uint64_t count,
           uint32_t inode)
{
  if (count > UINT32_MAX) {
    builder->damaged = true;
    return 0;
  }
  if (builder->owner_count == builder->owner_capacity) {
    size_t capacity = builder->owner_capacity == 0 ? 4096 :
      builder->owner_capacity * 2;
    struct index_owner *owners =
      reallocarray (builder->owners, capacity, sizeof *owners);

    if (owners == NULL)
      return -ENOMEM;
    builder->owners = owners;
    builder->owner_capacity = capacity;
  }
  builder->owners[builder->owner_count++] = (struct index_owner) {
    .block = block, .count = (uint32_t) count, .inode = inode,
  };
  return 0;
}

errint_t
index_builder_add_inode (struct index_builder *builder,
                         const struct filesystem *fs,
                         const struct inode *inode,
                         const struct mapping *mapping)
{
  uint64_t xattrs = inode_xattr_block (fs, inode);
  errint_t err = 0;

  if (builder->damaged)
    return 0;
  if (builder->owner_count > BASE_CACHE_MAX / sizeof *builder->owners) {
    builder->damaged = true;
    return 0;
  }
  if (xattrs != 0 && !filesystem_has_blocks (fs, xattrs, 1))
    builder->damaged = true;
  else if (xattrs != 0)
    err = add_owner (builder, xattrs, 1, inode->number);
  for (size_t i = 0; i < mapping->tree_count && err == 0; ++i)
    err = add_owner (builder, mapping->tree[i], 1, inode->number);
  for (size_t i = 0; i < mapping->count && err == 0; ++i)
    err = add_owner (builder, mapping->runs[i].physical,
                     mapping->runs[i].count, inode->number);
  return err;
}

errint_t
index_builder_add_name (struct index_builder *builder, uint32_t directory,
                        uint32_t inode)
{
  if (builder->damaged)
    return 0;
  if (builder->name_count > BASE_CACHE_MAX / sizeof *builder->names) {
    builder->damaged = true;
    return 0;
  }
  if (builder->name_count == builder->name_capacity) {
    size_t capacity = builder->name_capacity == 0 ? 4096 :
      builder->name_capacity * 2;
    struct index_name *names =
      reallocarray (builder->names, capacity, sizeof *names);

    if (names == NULL)
      return -ENOMEM;
    builder->names = names;
    builder->name_capacity = capacity;
  }
  builder->names[builder->name_count++] = (struct index_name) {
    .inode = inode, .directory = directory,
  };
  return 0;
}

/* Can the owner of every block be found?  Only single blocks, those of
 * xattrs, have several. */
static bool
owners_are_sound (const struct index_builder *builder)
{
  for (size_t i = 1; i < builder->owner_count; ++i) {
    const struct index_owner *last = &builder->owners[i - 1];
    const struct index_owner *owner = &builder->owners[i];

    if (last->block + last->count > owner->block &&
        !(last->block == owner->block && last->count == 1 &&
          owner->count == 1 && last->inode != owner->inode))
      return false;
  }
  return true;
}

static errint_t
sort (struct index_builder *builder)
{
  /* Of what is sound, no two are the same in these. */
  static const struct radix_key by_block[] = {
    RADIX_KEY (struct index_owner, block),
    RADIX_KEY (struct index_owner, inode),
  };
  static const struct radix_key by_inode[] = {
    RADIX_KEY (struct index_name, inode),
    RADIX_KEY (struct index_name, directory),
  };
  errint_t err = radix_sort (builder->owners, builder->owner_count,
                             sizeof *builder->owners, by_block, 2);

  return err < 0 ? err : radix_sort (builder->names, builder->name_count,
                                     sizeof *builder->names, by_inode, 2);
}

/* Two names of one inode in one directory are one. */
static void
drop_repeated (struct index_builder *builder)
{
  const struct index_name *names = builder->names;
  size_t kept = 0;

  for (size_t i = 0; i < builder->name_count; ++i)
    if (kept == 0 || names[kept - 1].inode != names[i].inode ||
        names[kept - 1].directory != names[i].directory)
      builder->names[kept++] = names[i];
  builder->name_count = kept;
}

errint_t
index_builder_finish (struct index_builder *builder,
                      const struct filesystem *fs, struct base_cache *cache)
{
  struct index_head head;
  struct base_section section = { .files = builder->name_count };
  size_t owners, names;
  uint8_t *bytes;
  errint_t err;

  if (builder->damaged)
    return 0;
  err = sort (builder);
  if (err < 0)
    return err;
  if (!owners_are_sound (builder))
    return 0;
  drop_repeated (builder);
  err = base_index_identity (fs, &section.identity);
  if (err < 0)
    return err;
  memcpy (section.uuid, fs->uuid, sizeof section.uuid);
  head.owner_count = builder->owner_count;
  head.name_count = builder->name_count;
  owners = builder->owner_count * sizeof *builder->owners;
  names = builder->name_count * sizeof *builder->names;
  bytes = malloc (sizeof head + owners + names);
  if (bytes == NULL)
    return -ENOMEM;
  memcpy (bytes, &head, sizeof head);
  if (owners > 0)
    memcpy (bytes + sizeof head, builder->owners, owners);
  if (names > 0)
    memcpy (bytes + sizeof head + owners, builder->names, names);
  base_cache_put (cache, &section, bytes, sizeof head + owners + names);
  return 0;
}

void
index_builder_clear (struct index_builder *builder)
{
  free (builder->owners);
  free (builder->names);
  *builder = (struct index_builder) { 0 };
}
