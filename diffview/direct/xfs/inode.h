/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Inodes of XFS as they are stored: where they lie, whether the kernel would
 * take them, and their fields.  Must not know what their forks hold.
 */
#ifndef DELTAFS_XFS_INODE_H
#define DELTAFS_XFS_INODE_H

#include <stdbool.h>
#include <stdint.h>

#include "entry.h"
#include "errint.h"
#include "xfs/filesystem.h"

/* Bytes before the forks. */
#define XFS_INODE_CORE 176

enum xfs_fork_format {
  XFS_FORK_DEVICE = 0,
  XFS_FORK_LOCAL = 1,           /* the bytes themselves */
  XFS_FORK_EXTENTS = 2,
  XFS_FORK_BTREE = 3,
};

enum xfs_fork { XFS_FORK_DATA, XFS_FORK_ATTRIBUTES };

struct xfs_inode {
  uint64_t number;
  uint8_t raw[XFS_INODE_MAX];
};

/* Can NUMBER be that of an inode: does it lie in a group? */
bool xfs_inode_number_valid (const struct xfs_filesystem *fs,
                             uint64_t number);

/* The byte of the volume where inode NUMBER, which is valid, begins. */
uint64_t xfs_inode_position (const struct xfs_filesystem *fs,
                             uint64_t number);

/* Reads inode NUMBER and checks it as the kernel does (xfs_dinode_verify):
 * checksum, UUID, own number, fork sizes.  -EIO for what it refuses, also for a
 * number that is not valid; -ENOMEM, -EREMOTEIO. */
errint_t xfs_inode_read (const struct xfs_filesystem *fs, uint64_t number,
                         struct xfs_inode *inode);

/* The same check of bytes that are in memory: inode->raw and its number. */
bool xfs_inode_valid (const struct xfs_filesystem *fs,
                      const struct xfs_inode *inode);

/* Fields.  A mode of 0 is that of a free inode. */
uint16_t xfs_inode_mode (const struct xfs_inode *inode);
uint32_t xfs_inode_links (const struct xfs_inode *inode);
uint64_t xfs_inode_size (const struct xfs_inode *inode);
enum entry_type xfs_inode_type (const struct xfs_inode *inode);

/* A fork of an inode: its bytes in the inode, LENGTH of them (0 where it has no
 * such fork), how they are meant, and how many extents it has. */
struct xfs_fork_bytes {
  const uint8_t *bytes;         /* in the inode */
  uint32_t length;
  enum xfs_fork_format format;
  uint64_t extents;
};

struct xfs_fork_bytes xfs_inode_fork (const struct xfs_filesystem *fs,
                                      const struct xfs_inode *inode,
                                      enum xfs_fork fork);

#endif
