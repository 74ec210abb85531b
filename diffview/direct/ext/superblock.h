/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The superblock of ext2/3/4 into a struct filesystem.
 */
#ifndef DELTAFS_EXT_SUPERBLOCK_H
#define DELTAFS_EXT_SUPERBLOCK_H

#include "errint.h"
#include "filesystem.h"

/* Reads and checks the superblock of FS->side into FS, as filesystem_open
 * says; the descriptors are not touched. */
errint_t superblock_read (struct filesystem *fs, const char **reason);

/* Reads the group descriptors: inode_table and inodes_initialized. */
errint_t superblock_read_groups (struct filesystem *fs, const char **reason);

#endif
