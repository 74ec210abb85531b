/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The superblock of ext2/3/4 into a struct ext_filesystem.
 */
#ifndef DELTAFS_EXT_SUPERBLOCK_H
#define DELTAFS_EXT_SUPERBLOCK_H

#include "errint.h"
#include "ext/filesystem.h"

/* Where the first one lies, bytes of the volume, and how long it is. */
#define SUPERBLOCK_OFFSET 1024
#define SUPERBLOCK_SIZE 1024

/* Reads and checks the superblock of FS->side into FS, as ext_filesystem_open
 * says; the descriptors are not touched. */
errint_t ext_superblock_read (struct ext_filesystem *fs, const char **reason);

/* Reads the group descriptors: inode_table and inodes_initialized. */
errint_t ext_superblock_read_groups (struct ext_filesystem *fs,
                                     const char **reason);

/* Of a superblock whose SUPERBLOCK_SIZE bytes are RAW: has GROUP a copy of it?
 */
bool ext_superblock_has_backup (const struct ext_filesystem *fs,
                                const uint8_t *raw,
                                uint64_t group);

/* The block that holds the descriptors number INDEX * (descriptors in a
 * block) and following; not checked. */
uint64_t ext_superblock_descriptor_block (const struct ext_filesystem *fs,
                                          const uint8_t *raw, uint32_t index);

#endif
