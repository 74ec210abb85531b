/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Follows the allocation table, see fat/chain.h.
 */
#include <config.h>

#include "bytes.h"
#include "fat/chain.h"

/* The table's bytes at OFFSET of it, at least two or four of them. */
static errint_t
load_window (struct fat_chain *chain, uint64_t offset, uint32_t length)
{
  const struct fat_volume *volume = chain->volume;
  uint64_t start = offset / FAT_CHAIN_WINDOW * FAT_CHAIN_WINDOW;
  uint64_t left;
  errint_t err;

  if (offset >= chain->window_start
      && offset + length <= chain->window_start + chain->window_length)
    return 0;
  /* An entry of 12 bits may lie across the pieces. */
  if (offset + length > start + FAT_CHAIN_WINDOW)
    start = offset;
  if (offset + length > volume->table_length)
    return -EIO;
  /* An honest chain needs no more pieces than it has clusters. */
  if (volume->budget != NULL
      && !budget_draw (&volume->budget->list_blocks, 1))
    return -EIO;
  left = volume->table_length - start;
  chain->window_length = 0;
  chain->window_start = start;
  if (left > FAT_CHAIN_WINDOW)
    left = FAT_CHAIN_WINDOW;
  err = blocks_read (volume->blocks, volume->side, chain->window,
                     (size_t) left, volume->table + start);
  if (err == 0)
    chain->window_length = (uint32_t) left;
  return err;
}

/* What the table says of a cluster; 0 for the end of the chain (FAT
 * specification, section 4; exFAT specification, section 4.1; Linux takes
 * "bad" for an end, too, fs/fat/fatent.c). */
static errint_t
read_table (struct fat_chain *chain, uint32_t cluster, uint32_t *next)
{
  enum fat_kind kind = chain->volume->kind;
  uint64_t offset = kind == FAT_12 ? (uint64_t) cluster + cluster / 2
    : kind == FAT_16 ? (uint64_t) cluster * 2 : (uint64_t) cluster * 4;
  errint_t err = load_window (chain, offset, kind < FAT_32 ? 2 : 4);
  const unsigned char *bytes;
  uint32_t end;

  if (err < 0)
    return err;
  bytes = chain->window + (offset - chain->window_start);
  switch (kind) {
  case FAT_12:
    *next = bytes_le16 (bytes);
    *next = cluster % 2 == 0 ? *next & 0xfff : *next >> 4;
    end = 0xff7;
    break;
  case FAT_16:
    *next = bytes_le16 (bytes);
    end = 0xfff7;
    break;
  case FAT_32:
    *next = bytes_le32 (bytes) & 0x0fffffff;
    end = 0x0ffffff7;
    break;
  default:
    *next = bytes_le32 (bytes);
    end = 0xfffffff7;
  }
  if (*next >= end)
    *next = 0;
  else if (!fat_volume_has_cluster (chain->volume, *next))
    return -EIO;
  return 0;
}

errint_t
fat_chain_start (const struct fat_volume *volume, uint32_t first,
                 bool contiguous, struct fat_chain *chain)
{
  bool valid = first == 0 || fat_volume_has_cluster (volume, first);

  chain->volume = volume;
  chain->cluster = valid ? first : 0;
  chain->passed = 0;
  chain->contiguous = contiguous;
  chain->window_start = 0;
  chain->window_length = 0;
  return valid ? 0 : -EIO;
}

/* Steps that cost as much as a piece of the table. */
#define STEPS 16

errint_t
fat_chain_next (struct fat_chain *chain)
{
  uint32_t cluster = chain->cluster, next = cluster + 1;
  errint_t err = 0;

  chain->cluster = 0;
  if (cluster == 0)
    return 0;
  if (!chain->contiguous)
    err = read_table (chain, cluster, &next);
  else if (!fat_volume_has_cluster (chain->volume, next))
    err = -EIO;
  if (err < 0 || next == 0)
    return err;
  /* A chain that is longer than the volume goes in a circle. */
  if (++chain->passed >= chain->volume->cluster_count)
    return -EIO;
  /* A small circle needs no more pieces, and any number of files may go in
   * it. */
  if (chain->passed % STEPS == 0 && chain->volume->budget != NULL
      && !budget_draw (&chain->volume->budget->list_blocks, 1))
    return -EIO;
  chain->cluster = next;
  return 0;
}
