/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An ext2/3/4 filesystem in memory, seen without any of the product's own
 * readers: where its metadata lies, and its checksums made right again after
 * damage, so that the damage is not simply refused.
 */
#ifndef DELTAFS_EXT_BYTES_H
#define DELTAFS_EXT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ext_bytes {
  uint8_t *bytes;               /* borrowed */
  size_t size;                  /* bytes */
  uint32_t block_size, blocks_per_group, inodes_per_group, inode_size;
  uint32_t inode_count, group_count, descriptor_size, first_data_block;
  bool sums, group_sums;        /* metadata_csum; uninit_bg */
  bool wide;                    /* 64bit */
  uint32_t seed;                /* of the sums */
};

/* False for what is too damaged to say. */
bool ext_bytes_open (struct ext_bytes *ext, uint8_t *bytes, size_t size);

/* An inode's bytes (ext->inode_size of them), NULL where it lies nowhere. */
uint8_t *ext_bytes_inode (const struct ext_bytes *ext, uint32_t number);

/* A block's bytes (ext->block_size of them), NULL beyond the end. */
uint8_t *ext_bytes_block (const struct ext_bytes *ext, uint64_t block);

/* Block LOGICAL of an inode with an extent tree of one or two levels or with
 * direct blocks; 0 when that is not found. */
uint64_t ext_bytes_map (const struct ext_bytes *ext, const uint8_t *inode,
                        uint32_t logical);

/* Makes the sums of superblock, descriptors, inodes, directory blocks, extent
 * blocks and xattr blocks right. */
void ext_bytes_repair (struct ext_bytes *ext);

#endif
