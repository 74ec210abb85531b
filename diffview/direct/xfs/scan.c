/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reads whole chunks of inodes, see xfs/scan.h.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "xfs/extent_list.h"
#include "xfs/scan.h"

#define CHUNK_MAX ((size_t) XFS_CHUNK_INODES * XFS_INODE_MAX)

/* Reads inodes FIRST to FIRST + COUNT - 1 of a chunk, at their place in BUFFER. */
static errint_t
read_inodes (const struct xfs_filesystem *fs, const struct xfs_chunk *chunk,
             unsigned first, unsigned count, uint8_t *buffer)
{
  return blocks_read_bulk (fs->blocks, fs->side,
                           buffer + (size_t) first * fs->inode_size,
                           (size_t) count * fs->inode_size,
                           xfs_inode_position (fs, chunk->first + first));
}

static errint_t
visit_chunk (const struct xfs_filesystem *fs, const struct xfs_chunk *chunk,
             uint8_t *buffer, xfs_inode_visit *visit, void *opaque,
             bool *incomplete)
{
  struct xfs_inode inode;
  errint_t err = 0;

  for (unsigned i = 0; i < XFS_CHUNK_INODES && err == 0;) {
    unsigned end = i;

    while (end < XFS_CHUNK_INODES && (chunk->present >> end & 1) != 0)
      ++end;
    if (end == i) {
      ++i;
      continue;
    }
    err = read_inodes (fs, chunk, i, end - i, buffer);
    if (err == -EIO) {
      *incomplete = true;
      err = 0;
      i = end;
    }
    for (; i < end && err == 0; ++i) {
      if ((chunk->used >> i & 1) == 0)
        continue;
      inode.number = chunk->first + i;
      memcpy (inode.raw, buffer + (size_t) i * fs->inode_size,
              fs->inode_size);
      if (xfs_inode_valid (fs, &inode) && xfs_inode_mode (&inode) != 0)
        err = visit (opaque, &inode);
      else
        *incomplete = true;
    }
  }
  return err;
}

errint_t
xfs_scan_inodes (const struct xfs_filesystem *fs,
                 const struct xfs_chunks *chunks, xfs_inode_visit *visit,
                 void *opaque, bool *incomplete)
{
  CLEANUP_FREE_BYTES uint8_t *buffer = malloc (CHUNK_MAX);
  errint_t err = buffer == NULL ? -ENOMEM : 0;

  for (size_t i = 0; i < chunks->count && err == 0; ++i)
    err = visit_chunk (fs, &chunks->list[i], buffer, visit, opaque,
                       incomplete);
  return err;
}

/* Are two inodes of one number the same, but for the time of the last access and what
 * tells of writing alone, and would the kernel take both? */
static bool
is_same (const struct xfs_filesystem *const fs[SIDES], uint64_t number,
         const uint8_t *const bytes[SIDES])
{
  uint32_t size = fs[SIDE_BASE]->inode_size;
  struct xfs_inode inode[SIDES];
  bool valid = true;

  if (memcmp (bytes[SIDE_BASE], bytes[SIDE_OVERLAY], size) == 0)
    return true;
  for (int side = 0; side < SIDES; ++side) {
    inode[side].number = number;
    memcpy (inode[side].raw, bytes[side], size);
    valid = valid && xfs_inode_valid (fs[side], &inode[side]);
    memset (inode[side].raw + 32, 0, 8);        /* atime */
    memset (inode[side].raw + 96, 0, 24);       /* next unlinked inode, checksum,
                                                 * change count, sequence */
  }
  return valid
    && memcmp (inode[SIDE_BASE].raw, inode[SIDE_OVERLAY].raw, size) == 0;
}

static errint_t
compare_chunk (const struct xfs_filesystem *const fs[SIDES],
               const struct xfs_chunk *chunk, uint8_t *const buffer[SIDES],
               const struct extents *written, xfs_number_visit *visit,
               void *opaque)
{
  uint32_t size = fs[SIDE_BASE]->inode_size;
  errint_t err = 0;

  for (unsigned i = 0; i < XFS_CHUNK_INODES && err == 0; ++i) {
    const uint8_t *bytes[SIDES];
    bool readable = true;
    uint64_t number = chunk->first + i;

    if ((chunk->present >> i & 1) == 0
        || !extents_touches (written,
                             xfs_inode_position (fs[SIDE_BASE], number),
                             size))
      continue;
    for (int side = 0; side < SIDES && err == 0; ++side) {
      err = read_inodes (fs[side], chunk, i, 1, buffer[side]);
      if (err == -EIO) {
        readable = false;
        err = 0;
      }
      bytes[side] = buffer[side] + (size_t) i * size;
    }
    if (err == 0 && !(readable && is_same (fs, number, bytes)))
      err = visit (opaque, number);
  }
  return err;
}

errint_t
xfs_scan_changes (const struct xfs_filesystem *base,
                  const struct xfs_filesystem *overlay,
                  const struct xfs_chunks *chunks,
                  const struct extents *written, xfs_number_visit *visit,
                  void *opaque)
{
  const struct xfs_filesystem *const fs[SIDES] = { base, overlay };
  CLEANUP_FREE_BYTES uint8_t *memory = malloc (2 * CHUNK_MAX);
  uint8_t *const buffer[SIDES] = {
    memory, memory == NULL ? NULL : memory + CHUNK_MAX,
  };
  errint_t err = memory == NULL ? -ENOMEM : 0;

  for (size_t i = 0; i < chunks->count && err == 0; ++i)
    if (extents_touches (written,
                         xfs_inode_position (base, chunks->list[i].first),
                         (uint64_t) XFS_CHUNK_INODES * base->inode_size))
      err = compare_chunk (fs, &chunks->list[i], buffer, written, visit,
                           opaque);
  return err;
}

static errint_t
fork_refers (const struct xfs_filesystem *fs, const struct xfs_inode *inode,
             enum xfs_fork fork, const struct extents *written, bool *refers)
{
  CLEANUP_XFS_EXTENTS struct xfs_extents list = { .list = NULL };
  errint_t err = xfs_extents_read (fs, inode, fork, &list);

  if (err == -EIO) {
    *refers = true;
    return 0;
  }
  for (size_t i = 0; i < list.count && err == 0 && !*refers; ++i)
    *refers = extents_touches (written, list.list[i].block << fs->block_log,
                               list.list[i].count << fs->block_log);
  for (size_t i = 0; i < list.tree_count && err == 0 && !*refers; ++i)
    *refers = extents_touches (written, list.tree[i] << fs->block_log,
                               fs->block_size);
  return err;
}

errint_t
xfs_scan_refers (const struct xfs_filesystem *fs,
                 const struct xfs_inode *inode, const struct extents *written,
                 bool *refers)
{
  errint_t err;

  *refers = false;
  err = fork_refers (fs, inode, XFS_FORK_DATA, written, refers);
  if (err == 0 && !*refers)
    err = fork_refers (fs, inode, XFS_FORK_ATTRIBUTES, written, refers);
  return err;
}
