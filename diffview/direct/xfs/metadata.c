/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Fields of an inode into a struct entry, see xfs/metadata.h (struct xfs_dinode of
 * xfs_format.h; fs/xfs/xfs_iops.c of Linux).
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "cleanup.h"
#include "xfs/attributes.h"
#include "xfs/edits.h"
#include "xfs/extent_list.h"
#include "xfs/metadata.h"

/* XFS_SYMLINK_MAXLEN. */
#define TARGET_MAX 1024
#define SYMLINK_MAGIC UINT32_C (0x58534c4d)     /* "XSLM" */
#define SYMLINK_HEADER 56
#define FLAG2_BIGTIME (UINT64_C (1) << 3)

/* Nanoseconds since the smallest time of 32 bits, or seconds and nanoseconds of
 * 32 bits. */
static struct entry_time
read_time (const struct xfs_inode *inode, size_t offset)
{
  const uint8_t *bytes = inode->raw + offset;
  uint64_t big = bytes_be64 (bytes);
  struct entry_time time;

  if (bytes_be64 (inode->raw + 120) & FLAG2_BIGTIME)
    return (struct entry_time) {
      .seconds = (int64_t) (big / 1000000000) + INT32_MIN,
      .nanoseconds = (uint32_t) (big % 1000000000),
    };
  time.seconds = (int32_t) bytes_be32 (bytes);
  time.nanoseconds = bytes_be32 (bytes + 4);
  if (time.nanoseconds > 999999999)
    time.nanoseconds = 999999999;
  return time;
}

/* A piece of the target: the blocks of one extent (struct xfs_dsymlink_hdr).
 * *GOT are its bytes, at most LEFT. */
static errint_t
read_piece (const struct xfs_filesystem *fs, const struct xfs_inode *inode,
            const struct xfs_extent *extent, char *target, size_t done,
            size_t left, size_t *got)
{
  size_t length = left + SYMLINK_HEADER;
  CLEANUP_FREE_BYTES uint8_t *bytes = NULL;
  errint_t err;

  if (extent->count < (length + fs->block_size - 1) >> fs->block_log)
    length = (size_t) extent->count << fs->block_log;
  *got = length - SYMLINK_HEADER;
  /* Checked is all of it. */
  length = (size_t) extent->count << fs->block_log;
  if (extent->count > (uint32_t) XFS_BLOCK_MAX >> fs->block_log
      || extent->unwritten)
    return -EIO;
  bytes = malloc (length);
  if (bytes == NULL)
    return -ENOMEM;
  err = xfs_read_metadata (fs, extent->block, &xfs_header_symlink,
                           inode->number, bytes, length);
  if (err < 0)
    return err;
  if (bytes_be32 (bytes) != SYMLINK_MAGIC || bytes_be32 (bytes + 4) != done
      || bytes_be32 (bytes + 8) != *got)
    return -EIO;
  memcpy (target, bytes + SYMLINK_HEADER, *got);
  return 0;
}

static errint_t
read_remote_target (const struct xfs_filesystem *fs,
                    const struct xfs_inode *inode, size_t length,
                    char target[TARGET_MAX])
{
  CLEANUP_XFS_EXTENTS struct xfs_extents extents = { .list = NULL };
  uint64_t next = 0;            /* block */
  size_t done = 0, got = 0;
  errint_t err = xfs_extents_read (fs, inode, XFS_FORK_DATA, &extents);

  for (size_t i = 0; i < extents.count && err == 0 && done < length; ++i) {
    const struct xfs_extent *extent = &extents.list[i];

    if (extent->offset != next)
      return -EIO;
    err = read_piece (fs, inode, extent, target + done, done, length - done,
                      &got);
    next += extent->count;
    done += got;
  }
  return err == 0 && done < length ? -EIO : err;
}

static errint_t
read_target (const struct xfs_filesystem *fs, const struct xfs_inode *inode,
             struct arena *arena, struct entry *entry)
{
  struct xfs_fork_bytes fork = xfs_inode_fork (fs, inode, XFS_FORK_DATA);
  char target[TARGET_MAX];
  uint64_t length = xfs_inode_size (inode);
  errint_t err = 0;

  if (length == 0 || length > TARGET_MAX)
    err = -EIO;
  else if (fork.format == XFS_FORK_LOCAL)
    memcpy (target, fork.bytes, (size_t) length);
  else
    err = read_remote_target (fs, inode, (size_t) length, target);
  if (err == 0 && memchr (target, '\0', (size_t) length) != NULL)
    err = -EIO;
  if (err == -EIO) {
    entry->missing |= ENTRY_NO_TARGET;
    return 0;
  }
  if (err < 0)
    return err;
  entry->target_length = (uint32_t) length;
  entry->target = arena_copy (arena, target, (size_t) length);
  return entry->target == NULL ? -ENOMEM : 0;
}

static void
read_fields (const struct xfs_filesystem *fs, const struct xfs_inode *inode,
             struct entry *entry)
{
  const uint8_t *raw = inode->raw;

  entry->type = (uint8_t) xfs_inode_type (inode);
  entry->permissions = (uint16_t) (xfs_inode_mode (inode) & 07777U) & 07777U;
  entry->uid = bytes_be32 (raw + 8);
  entry->gid = bytes_be32 (raw + 12);
  entry->links = xfs_inode_links (inode);
  entry->size = xfs_inode_size (inode);
  entry->blocks = (bytes_be64 (raw + 64)
                   + (uint64_t) xfs_edits_blocks (fs->edits, inode->number))
    << (fs->block_log - 9);
  entry->atime = read_time (inode, 32);
  entry->mtime = read_time (inode, 40);
  entry->ctime = read_time (inode, 48);
  if (entry->type == ENTRY_BLOCK || entry->type == ENTRY_CHAR) {
    uint32_t device = bytes_be32 (raw + XFS_INODE_CORE);

    /* sysv_major, sysv_minor of linux/kdev_t.h */
    entry->major = device >> 18 & 0xfff;
    entry->minor = device & 0x3ffff;
  }
}

errint_t
xfs_stat (const struct xfs_filesystem *fs, uint64_t number,
          struct arena *arena, struct entry *entry)
{
  struct xfs_inode inode;
  bool incomplete = false;
  errint_t err = xfs_inode_read (fs, number, &inode);

  *entry = (struct entry) { .inode = number };
  /* A name of a free inode is damage. */
  if (err == 0 && xfs_inode_mode (&inode) == 0)
    err = -EIO;
  if (err == -EIO) {
    entry->missing = ENTRY_NO_METADATA;
    return 0;
  }
  if (err < 0)
    return err;
  read_fields (fs, &inode, entry);
  if (entry->type == ENTRY_SYMLINK)
    err = read_target (fs, &inode, arena, entry);
  if (err == 0)
    err = xfs_attributes_read (fs, &inode, arena, &entry->xattrs,
                               &incomplete);
  if (incomplete)
    entry->missing |= ENTRY_NO_XATTRS;
  return err;
}
