/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The names of changed inodes by the index, see known.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <ext2fs/ext2fs.h>

#include "directory_scan.h"
#include "known.h"
#include "ondisk.h"
#include "superblock.h"

/* How many names an inode of the base has. */
struct sum {
  uint32_t inode;
  uint32_t wanted;
  uint32_t found;
};

struct names {
  struct changes *changes;
  const struct filesystem *fs;  /* the base's */
  const struct base_index *index;
  struct sum *sums;             /* owned, by inode */
  size_t sum_count;
  uint32_t nameless[2];         /* inodes of the filesystem itself that have
                                 * ordinary numbers; 0: none */
  bool sound;
};

/* Marks the directories that have names for INODE; those that were not
 * marked before go on the stack. */
static errint_t
mark_of (struct names *names, uint32_t inode, struct number_set *stacked,
         uint32_t **stack, size_t *depth, size_t *capacity)
{
  const struct base_index *index = names->index;
  errint_t err = 0;

  for (size_t i = base_index_find_inode (index, inode);
       i < index->name_count && index->names[i].inode == inode && err == 0;
       ++i) {
    uint32_t directory = index->names[i].directory;
    bool added;

    if (!inode_number_valid (names->fs, directory)) {
      names->sound = false;
      return 0;
    }
    err = number_set_add (stacked, directory, &added);
    if (err < 0 || !added)
      continue;
    if (*depth == *capacity) {
      uint32_t *grown = reallocarray (*stack, *capacity * 2 + 64,
                                      sizeof *grown);

      if (grown == NULL)
        return -ENOMEM;
      *stack = grown;
      *capacity = *capacity * 2 + 64;
    }
    (*stack)[(*depth)++] = directory;
  }
  return err;
}

/* Marks the directories above all changed inodes. */
static errint_t
mark_all (struct names *names)
{
  const struct number_set *changed = &names->changes->changed;
  struct number_set *marked = &names->changes->marked;
  uint32_t *stack = NULL;
  size_t depth = 0, capacity = 0;
  errint_t err = 0;

  for (size_t i = 0; i < changed->capacity && err == 0; ++i) {
    if (changed->slots[i] == 0)
      continue;
    err = mark_of (names, (uint32_t) (changed->slots[i] - 1), marked, &stack,
                   &depth, &capacity);
    while (err == 0 && depth > 0)
      err = mark_of (names, stack[--depth], marked, &stack, &depth,
                     &capacity);
  }
  free (stack);
  return err;
}

/* How many names must INODE have? */
static uint32_t
names_wanted (const struct names *names, const struct inode *inode)
{
  if (inode->number == INODE_ROOT || inode->number == names->nameless[0] ||
      inode->number == names->nameless[1])
    return 0;
  if (entry_type_of_mode (inode_mode (inode)) == ENTRY_DIRECTORY)
    return 1;
  return ONDISK_LE16 (inode->raw, struct ext2_inode_large, i_links_count);
}

/* Notes how many names INODE must have, and puts it among the directories to
 * be read where it is a marked one. */
static errint_t
expect (struct names *names, uint32_t number, bool is_marked,
        struct directory_scan *directories)
{
  CLEANUP_MAPPING struct mapping mapping = { 0 };
  struct inode inode;
  errint_t err = inode_read_raw (names->fs, number, &inode);

  if (err == -ENOMEM)
    return err;
  if (err < 0) {
    names->sound = false;
    return 0;
  }
  if (inode_in_use (&inode) && inode_number_valid (names->fs, number))
    names->sums[names->sum_count++] = (struct sum) {
      .inode = number, .wanted = names_wanted (names, &inode),
    };
  if (!is_marked)
    return 0;
  if (!inode_in_use (&inode) ||
      entry_type_of_mode (inode_mode (&inode)) != ENTRY_DIRECTORY)
    err = -EIO;
  else if (mapping_applies (&inode))
    err = mapping_read (names->fs, &inode, &mapping);
  if (err == -EIO) {
    names->sound = false;
    return 0;
  }
  return err < 0 ? err : directory_scan_add (directories, &inode, &mapping);
}

static int
compare_sums (const void *a, const void *b)
{
  const struct sum *x = a, *y = b;

  return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static int
compare_numbers (const void *a, const void *b)
{
  const uint64_t *x = a, *y = b;

  return *x < *y ? -1 : *x > *y;
}

/* Changed inodes and marked directories, in the order of the tables. */
static errint_t
expect_all (struct names *names, struct directory_scan *directories)
{
  const struct number_set *sets[] = {
    &names->changes->changed, &names->changes->marked,
  };
  size_t most = sets[0]->count + sets[1]->count, count = 0;
  uint64_t *numbers = calloc (most + 1, sizeof *numbers);
  errint_t err = 0;

  names->sums = calloc (most + 1, sizeof *names->sums);
  if (numbers == NULL || names->sums == NULL)
    err = -ENOMEM;
  for (int set = 0; set < 2 && err == 0; ++set)
    for (size_t i = 0; i < sets[set]->capacity; ++i)
      if (sets[set]->slots[i] != 0)
        numbers[count++] = sets[set]->slots[i] - 1;
  if (count > 0)
    qsort (numbers, count, sizeof *numbers, compare_numbers);
  for (size_t i = 0; i < count && err == 0 && names->sound; ++i)
    if (i == 0 || numbers[i] != numbers[i - 1])
      err = expect (names, (uint32_t) numbers[i],
                    number_set_has (sets[1], numbers[i]), directories);
  free (numbers);
  return err;
}

static errint_t
count_name (void *opaque, uint32_t directory, uint32_t inode)
{
  struct names *names = opaque;
  const struct sum key = { .inode = inode };
  struct sum *sum = bsearch (&key, names->sums, names->sum_count,
                             sizeof key, compare_sums);

  (void) directory;
  if (sum != NULL)
    sum->found++;
  return 0;
}

/* The file of orphans and the quota of projects. */
static errint_t
find_nameless (struct names *names)
{
  const struct filesystem *fs = names->fs;
  uint8_t raw[SUPERBLOCK_SIZE];
  errint_t err = blocks_read (fs->blocks, fs->side, raw, sizeof raw,
                              SUPERBLOCK_OFFSET);

  if (err == 0 && (fs->compat & EXT4_FEATURE_COMPAT_ORPHAN_FILE))
    names->nameless[0] =
      ONDISK_LE32 (raw, struct ext2_super_block, s_orphan_file_inum);
  if (err == 0 && (fs->ro_compat & EXT4_FEATURE_RO_COMPAT_PROJECT))
    names->nameless[1] =
      ONDISK_LE32 (raw, struct ext2_super_block, s_prj_quota_inum);
  return err;
}

errint_t
known_mark_names (struct changes *changes, const struct base_index *index,
                  bool *sound)
{
  struct names names = {
    .changes = changes, .fs = changes->fs[SIDE_BASE], .index = index,
    .sound = true,
  };
  struct directory_scan directories = { .fs = names.fs };
  errint_t err = find_nameless (&names);

  if (err == 0)
    err = mark_all (&names);

  if (err == 0 && names.sound)
    err = expect_all (&names, &directories);
  if (err == 0 && names.sound)
    err = directory_scan_run (&directories, 0, count_name, &names);
  for (size_t i = 0; i < names.sum_count && err == 0; ++i)
    if (names.sums[i].found != names.sums[i].wanted)
      names.sound = false;
  if (!names.sound)
    *sound = false;
  directory_scan_clear (&directories);
  free (names.sums);
  return err;
}
