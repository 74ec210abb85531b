/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The superblock of ext2/3/4 into a struct filesystem.
 */
#ifndef DELTAFS_EXT_SUPERBLOCK_H
#define DELTAFS_EXT_SUPERBLOCK_H

#include "errint.h"
#include "filesystem.h"

/* Where the first one lies, bytes of the volume, and how long it is. */
#define SUPERBLOCK_OFFSET 1024
#define SUPERBLOCK_SIZE 1024

/* Reads and checks the superblock of FS->side into FS, as filesystem_open
 * says; the descriptors are not touched. */
errint_t superblock_read (struct filesystem *fs, const char **reason);

/* Reads the group descriptors: inode_table and inodes_initialized. */
errint_t superblock_read_groups (struct filesystem *fs, const char **reason);

/* Of a superblock whose SUPERBLOCK_SIZE bytes are RAW: has GROUP a copy of it?
 */
bool superblock_has_backup (const struct filesystem *fs, const uint8_t *raw,
                            uint64_t group);

/* The block that holds the descriptors number INDEX * (descriptors in a
 * block) and following; not checked. */
uint64_t superblock_descriptor_block (const struct filesystem *fs,
                                      const uint8_t *raw, uint32_t index);

#endif
