/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The direct, indirect, double and triple indirect blocks of an inode
 * (Documentation/filesystems/ext4 of Linux, ifork.rst).
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ext/mapping.h"
#include "ext/ondisk.h"
#include "number_set.h"

#define DIRECT 12
#define LEVELS 3

struct indirect {
  const struct ext_filesystem *fs;
  struct ext_mapping *mapping;
  uint64_t limit;               /* blocks of the file */
  uint64_t per_block;           /* pointers in a block */
  uint8_t *block[LEVELS];       /* owned: one for each level */
  uint64_t next[LEVELS];        /* pointer to look at */
  uint64_t span[LEVELS + 1];    /* file blocks below a pointer */
  struct number_set seen;       /* indirect blocks: none may come twice */
  errint_t result;
};

static errint_t
add_data (struct indirect *state, uint64_t logical, uint32_t block)
{
  struct ext_mapping_blocks run = {
    .logical = logical,
    .physical = block,
    .count = 1,
  };
  errint_t err;

  if (block == 0 || logical >= state->limit)
    return 0;
  err = ext_mapping_add_blocks (state->fs, state->mapping, &run);
  if (err == -EIO) {
    state->result = err;
    return 0;
  }
  return err;
}

/* Reads an indirect block for LEVEL; -EIO is noted, and its part a hole. */
static errint_t
open_level (struct indirect *state, unsigned level, uint32_t block)
{
  bool added;
  errint_t err = number_set_add (&state->seen, block, &added);

  if (err == 0)
    err = added ? ext_mapping_add_tree (state->fs, state->mapping,
                                        block) : -EIO;
  if (err == 0)
    err = ext_filesystem_read_block (state->fs, block, state->block[level]);
  state->next[level] = 0;
  if (err == -EIO)
    state->result = err;
  return err;
}

/* Walks the tree below pointer BLOCK, whose own level is TOP (0: it points
 * to pointers to data). */
static errint_t
walk (struct indirect *state, uint32_t block, unsigned top, uint64_t logical)
{
  unsigned level = top;
  errint_t err;

  if (block == 0 || logical >= state->limit)
    return 0;
  err = open_level (state, level, block);
  if (err < 0)
    return err == -EIO ? 0 : err;
  for (;;) {
    uint64_t index = state->next[level];
    uint32_t pointer;

    if (index == state->per_block || logical >= state->limit) {
      if (level == top)
        return 0;
      level++;
      continue;
    }
    state->next[level]++;
    pointer = ondisk_le32 (state->block[level] + 4 * index);
    if (level == 0) {
      err = add_data (state, logical++, pointer);
      if (err < 0)
        return err;
    } else if (pointer != 0 &&
               (err = open_level (state, level - 1, pointer)) != -EIO) {
      if (err < 0)
        return err;
      level--;
    } else
      logical += state->span[level];
  }
}

errint_t
ext_mapping_read_indirect (const struct ext_filesystem *fs,
                           const struct ext_inode *inode,
                           struct ext_mapping *mapping)
{
  struct indirect state = {
    .fs = fs,
    .mapping = mapping,
    .limit = ext_inode_size (fs, inode) / fs->reader.block_size +
      (ext_inode_size (fs, inode) % fs->reader.block_size != 0),
    .per_block = fs->reader.block_size / 4,
  };
  const uint8_t *pointers = ext_inode_block_bytes (inode);
  uint64_t logical = 0;
  errint_t err = 0;

  state.span[0] = 1;
  for (unsigned i = 0; i < LEVELS; ++i) {
    state.span[i + 1] = state.span[i] * state.per_block;
    if ((state.block[i] = malloc (fs->reader.block_size)) == NULL)
      err = -ENOMEM;
  }
  for (; logical < DIRECT && err == 0; ++logical)
    err = add_data (&state, logical, ondisk_le32 (pointers + 4 * logical));
  for (unsigned level = 0; level < LEVELS && err == 0; ++level) {
    err = walk (&state, ondisk_le32 (pointers + 4 * (DIRECT + level)), level,
                logical);
    logical += state.span[level + 1];
  }
  for (unsigned i = 0; i < LEVELS; ++i)
    free (state.block[i]);
  number_set_clear (&state.seen);
  return err < 0 ? err : state.result;
}
