/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The checksums of metadata blocks (feature metadata_csum): are they right?
 * What the guest's kernel refuses to read is not read here either: whoever
 * asks takes a wrong one as he takes a block that cannot be read, and the
 * entry is listed as unreadable.  Formats: Documentation/filesystems/ext4 of
 * Linux, checksums.rst; what is tolerated: fs/ext4 of Linux.
 *
 * All are true where the filesystem has no checksums, and any thread may ask.
 */
#ifndef DELTAFS_EXT_CHECKSUM_H
#define DELTAFS_EXT_CHECKSUM_H

#include <stdbool.h>
#include <stdint.h>

#include "cleanup.h"
#include "ext/filesystem.h"
#include "ext/inode.h"

/* Which inodes had a wrong one, for messages. */
struct ext_checksum_failures;
struct ext_checksum_failures *ext_checksum_failures_new (void); /* NULL: no memory */
void ext_checksum_failures_free (struct ext_checksum_failures *failures);
DEFINE_CLEANUP (struct ext_checksum_failures *, ext_checksum_failures_free)

/* Was a wrong checksum found in inode NUMBER or in a block of its metadata? */
bool ext_checksum_has_failed (const struct ext_filesystem *fs,
                              uint64_t number);

/* Of SUPERBLOCK_SIZE bytes; FS has its features. */
bool ext_checksum_superblock_valid (const struct ext_filesystem *fs,
                                    const uint8_t *raw);

/* What all others but the superblock's begin with, of the superblock RAW. */
uint32_t ext_checksum_seed (const struct ext_filesystem *fs,
                            const uint8_t *raw);

/* Of a group's descriptor of fs->descriptor_size bytes. */
bool ext_checksum_descriptor_valid (const struct ext_filesystem *fs,
                                    uint32_t group,
                                    const uint8_t *raw);

/* Of an inode; noted where it is wrong, as the following are. */
bool ext_checksum_inode_valid (const struct ext_filesystem *fs,
                               const struct ext_inode *inode);

/* Of a node of an inode's extent tree that has a block of its own. */
bool ext_checksum_extents_valid (const struct ext_filesystem *fs,
                                 const struct ext_inode *inode,
                                 const uint8_t *block);

/* Of block number LOGICAL of a directory that is not inline: of its names, or
 * of an inner node of its hash tree. */
bool ext_checksum_directory_valid (const struct ext_filesystem *fs,
                                   const struct ext_inode *inode,
                                   const uint8_t *block, uint64_t logical);

/* Of the block NUMBER of the filesystem that has xattrs of an inode. */
bool ext_checksum_xattrs_valid (const struct ext_filesystem *fs,
                                const struct ext_inode *inode, uint64_t number,
                                const uint8_t *block);

#endif
