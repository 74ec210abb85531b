/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The owners of written blocks by the index, see known.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <ext2fs/ext2fs.h>

#include "account_private.h"
#include "block_bitmap.h"
#include "known.h"
#include "ondisk.h"

/* Written blocks that are looked at together: 5 bytes of memory each. */
#define WINDOW (2u << 20)

struct owners {
  struct changes *changes;
  const struct filesystem *fs;  /* the base's */
  const struct base_index *index;
  struct index_owner *stated;   /* owned: what the index says of the written
                                 * blocks */
  size_t count, capacity;
  struct block_bitmap bitmap;
  struct account_side places;   /* blocks whose place the geometry states */
  bool sound;
};

static errint_t
add_stated (struct owners *owners, const struct index_owner *owner)
{
  /* No honest index says more, however many windows see a run again. */
  if (owners->count > 0 &&
      memcmp (&owners->stated[owners->count - 1], owner, sizeof *owner) == 0)
    return 0;
  if (owners->count == owners->capacity) {
    size_t capacity = owners->capacity == 0 ? 256 : owners->capacity * 2;
    struct index_owner *stated =
      reallocarray (owners->stated, capacity, sizeof *stated);

    if (stated == NULL)
      return -ENOMEM;
    owners->stated = stated;
    owners->capacity = capacity;
  }
  owners->stated[owners->count++] = *owner;
  return 0;
}

/* Written blocks FROM to END - 1 of which the index knows nothing. */
static errint_t
check_nobodys (struct owners *owners, uint64_t from, uint64_t end)
{
  for (uint64_t block = from; block < end && owners->sound; ++block) {
    bool is_free = false;
    errint_t err;

    if (claims_of (&owners->places.claims, block) != 0 ||
        block < owners->fs->first_data_block)
      continue;
    err = block_bitmap_is_free (&owners->bitmap, block, &is_free);
    if (err == -ENOMEM)
      return err;
    if (err < 0 || !is_free)
      owners->sound = false;
  }
  return 0;
}

/* Written blocks FROM to END - 1. */
static errint_t
look_up (struct owners *owners, uint64_t from, uint64_t end)
{
  const struct base_index *index = owners->index;
  size_t i = base_index_find_block (index, from);
  errint_t err = 0;

  for (; i < index->owner_count && index->owners[i].block < end &&
         err == 0 && owners->sound; ++i) {
    const struct index_owner *owner = &index->owners[i];

    if (owner->count == 0 ||
        !filesystem_has_blocks (owners->fs, owner->block, owner->count)) {
      owners->sound = false;
      return 0;
    }
    if (owner->block > from)
      err = check_nobodys (owners, from, owner->block);
    if (owner->block + owner->count > from)
      from = owner->block + owner->count;
    if (err == 0)
      err = add_stated (owners, owner);
  }
  return err == 0 && owners->sound && from < end ?
    check_nobodys (owners, from, end) : err;
}

static errint_t
look_up_window (struct owners *owners, const struct written_blocks *numbered,
                uint64_t start, uint32_t length)
{
  const struct extents *extents = &numbered->extents;
  uint64_t block = written_blocks_at (numbered, start);
  uint64_t last = written_blocks_at (numbered, start + length - 1);
  errint_t err;

  claims_begin (&owners->places.claims, start, length);
  err = account_claim_places (&owners->places);
  for (size_t i = extents_find (extents, block);
       i < extents->count && extents->list[i].offset <= last && err == 0 &&
         owners->sound; ++i) {
    uint64_t from = extents->list[i].offset;
    uint64_t end = from + extents->list[i].length;

    err = look_up (owners, from > block ? from : block,
                   end <= last ? end : last + 1);
  }
  return err;
}

/* The filesystem's blocks in which something was written. */
static errint_t
number_blocks (const struct filesystem *fs, struct written_blocks *numbered)
{
  const struct extents *written = blocks_written (fs->blocks);
  CLEANUP_EXTENTS struct extents list = { 0 };
  uint64_t done = 0;            /* blocks below this are in the list */

  for (size_t i = 0; i < written->count; ++i) {
    const struct extent *extent = &written->list[i];
    uint64_t from = extent->offset / fs->block_size;
    uint64_t end = (extent->offset + extent->length + fs->block_size - 1) /
      fs->block_size;
    errint_t err;

    if (from < done)
      from = done;
    if (end > fs->block_count)
      end = fs->block_count;
    if (from >= end)
      continue;
    err = extents_append (&list, from, end - from);
    if (err < 0)
      return err;
    done = end;
  }
  return written_blocks_init (numbered, &list);
}

/* Asks the index for the owners of all written blocks. */
static errint_t
ask (struct owners *owners)
{
  struct written_blocks numbered = { 0 };
  uint64_t start = 0;
  errint_t err = number_blocks (owners->fs, &numbered);

  if (err == 0)
    err = claims_init (&owners->places.claims, &numbered, WINDOW);
  while (err == 0 && owners->sound && start < numbered.count) {
    uint64_t rest = numbered.count - start;
    uint32_t length = rest < WINDOW ? (uint32_t) rest : WINDOW;

    err = look_up_window (owners, &numbered, start, length);
    start += length;
  }
  claims_clear (&owners->places.claims);
  written_blocks_clear (&numbered);
  return err;
}

/* Has the block of xattrs as many owners as it says? */
static errint_t
check_sharing (struct owners *owners, uint64_t block)
{
  const struct base_index *index = owners->index;
  struct ext2_ext_attr_header header;
  size_t i = base_index_find_block (index, block), first = i;
  errint_t err = blocks_read (owners->fs->blocks, SIDE_BASE, &header,
                              sizeof header,
                              block * owners->fs->block_size);

  while (i < index->owner_count && index->owners[i].block == block)
    i++;
  if (err == 0 && (ONDISK_LE32 ((const uint8_t *) &header,
                                struct ext2_ext_attr_header, h_refcount) !=
                   i - first))
    owners->sound = false;
  return err == -EIO ? (owners->sound = false, 0) : err;
}

/* Does the list of INODE, which is in use, have the run that is stated? */
static bool
has_run (const struct mapping *mapping, const struct index_owner *stated)
{
  for (size_t i = 0; i < mapping->tree_count; ++i)
    if (mapping->tree[i] == stated->block && stated->count == 1)
      return true;
  for (size_t i = 0; i < mapping->count; ++i)
    if (mapping->runs[i].physical <= stated->block &&
        stated->block + stated->count <=
        mapping->runs[i].physical + mapping->runs[i].count)
      return true;
  return false;
}

/* The runs FIRST to END - 1 that are stated of one inode. */
static errint_t
confirm (struct owners *owners, size_t first, size_t end)
{
  const struct filesystem *fs = owners->fs;
  uint32_t number = owners->stated[first].inode;
  CLEANUP_MAPPING struct mapping mapping = { 0 };
  struct inode inode;
  errint_t err = inode_read_raw (fs, number, &inode);

  if (err == 0 && !inode_in_use (&inode))
    err = -EIO;
  if (err == 0 && mapping_applies (&inode))
    err = mapping_read (fs, &inode, &mapping);
  if (err == -ENOMEM)
    return err;
  for (size_t i = first; i < end && err == 0; ++i) {
    const struct index_owner *stated = &owners->stated[i];

    if (stated->count == 1 && stated->block == inode_xattr_block (fs, &inode))
      err = check_sharing (owners, stated->block);
    else if (!has_run (&mapping, stated))
      owners->sound = false;
  }
  if (err == -ENOMEM)
    return err;
  if (err < 0)
    owners->sound = false;
  /* Reserved inodes have no names. */
  return !owners->sound || !inode_number_valid (fs, number) ? 0 :
    number_set_add (&owners->changes->changed, number, NULL);
}

static int
compare_by_inode (const void *a, const void *b)
{
  const struct index_owner *x = a, *y = b;

  if (x->inode != y->inode)
    return x->inode < y->inode ? -1 : 1;
  return x->block < y->block ? -1 : x->block > y->block;
}

static errint_t
confirm_all (struct owners *owners)
{
  errint_t err = 0;

  if (owners->count > 0)
    qsort (owners->stated, owners->count, sizeof *owners->stated,
           compare_by_inode);
  for (size_t i = 0, end; i < owners->count && err == 0 && owners->sound;
       i = end) {
    for (end = i + 1; end < owners->count &&
           owners->stated[end].inode == owners->stated[i].inode; ++end)
      continue;
    err = confirm (owners, i, end);
  }
  return err;
}

errint_t
known_add_owners (struct changes *changes, const struct base_index *index,
                  bool *sound)
{
  const struct filesystem *fs = changes->fs[SIDE_BASE];
  struct owners owners = {
    .changes = changes, .fs = fs, .index = index, .sound = true,
    .places = { .fs = fs, .claims_block_size = fs->block_size },
  };
  errint_t err = block_bitmap_init (&owners.bitmap, fs);

  if (err == 0)
    err = ask (&owners);
  if (err == 0 && !owners.places.damaged)
    err = confirm_all (&owners);
  if (err == -EIO || owners.places.damaged || !owners.sound)
    *sound = false;
  block_bitmap_clear (&owners.bitmap);
  free (owners.stated);
  return err == -EIO ? 0 : err;
}

errint_t
known_add (struct changes *changes, const struct base_index *index,
           bool *sound)
{
  struct number_set changed = { 0 };
  errint_t err = number_set_copy (&changes->changed, &changed);

  *sound = true;
  if (err == 0)
    err = known_add_owners (changes, index, sound);
  if (err == 0 && *sound)
    err = known_mark_names (changes, index, sound);
  if (err == 0 && !*sound) {
    number_set_clear (&changes->changed);
    number_set_clear (&changes->marked);
    changes->changed = changed;
  } else
    number_set_clear (&changed);
  return err;
}
