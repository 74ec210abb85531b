/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One inode as it lies on the disk.
 */
#ifndef DELTAFS_EXT_INODE_H
#define DELTAFS_EXT_INODE_H

#include <stdbool.h>
#include <stdint.h>

#include "errint.h"
#include "ext/filesystem.h"

#define INODE_ROOT 2

struct ext_inode {
  uint32_t number;
  uint32_t length;              /* bytes of raw */
  uint8_t raw[FILESYSTEM_INODE_MAX];
};

/* Is it a number that a directory may name: within range, not reserved? */
bool ext_inode_number_valid (const struct ext_filesystem *fs, uint64_t number);

/* Where the inode lies, bytes of the volume.  NUMBER is 1 to inode_count. */
uint64_t ext_inode_position (const struct ext_filesystem *fs, uint32_t number);

/* Reads an inode, whatever it holds.  -EINVAL for a number out of range, -EIO
 * (also for a wrong checksum), -ENOMEM. */
errint_t ext_inode_read (const struct ext_filesystem *fs, uint32_t number,
                         struct ext_inode *inode);

/* The same, whatever its checksum: for finding out whose something is. */
errint_t ext_inode_read_raw (const struct ext_filesystem *fs, uint32_t number,
                             struct ext_inode *inode);

/* Is it an inode that a name can lead to: in use, with a known type? */
bool ext_inode_in_use (const struct ext_inode *inode);

uint16_t ext_inode_mode (const struct ext_inode *inode);
uint32_t ext_inode_flags (const struct ext_inode *inode);
uint64_t ext_inode_size (const struct ext_filesystem *fs,
                         const struct ext_inode *inode);
uint64_t ext_inode_xattr_block (const struct ext_filesystem *fs,
                                const struct ext_inode *inode);

/* The 60 bytes of i_block. */
#define INODE_BLOCK_BYTES 60
const uint8_t *ext_inode_block_bytes (const struct ext_inode *inode);

/* Where the fields beyond the first 128 bytes end and xattrs begin, bytes of
 * raw; 128 when there are none, -EIO when it is out of range. */
int ext_inode_extra_end (const struct ext_inode *inode);

/* Are two inodes of LENGTH raw bytes equal, but for the time of the last
 * access and the checksum? */
bool ext_inode_raw_equal (const uint8_t *a, const uint8_t *b, uint32_t length);

#endif
