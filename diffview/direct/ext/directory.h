/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The names in a directory: linear, hashed (whose leaves are linear) and
 * inline ones alike.
 */
#ifndef DELTAFS_EXT_DIRECTORY_H
#define DELTAFS_EXT_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "errint.h"
#include "ext/inode.h"

/* Is called for each name but "." and "..", which is checked by nobody yet and
 * not terminated.  INODE is whatever the directory says.  Returns 0 to
 * go on. */
typedef int ext_directory_visit (void *opaque, const char *name, size_t length,
                                 uint32_t inode);

/* Calls VISIT for the names of a directory in the order in which they are
 * stored.  *INCOMPLETE becomes true where a part is damaged, has a wrong
 * checksum or cannot be read: then some names are missing, those of the other
 * blocks are not.  Returns what VISIT returned when that was not 0,
 * -ENOMEM. */
int ext_directory_iterate (const struct ext_filesystem *fs,
                           const struct ext_inode *inode,
                           ext_directory_visit *visit, void *opaque,
                           bool *incomplete);

/* Bytes from an entry of a directory to the next, as it states. */
uint32_t ext_directory_record_length (const struct ext_filesystem *fs,
                                      const uint8_t *entry);

/* As ext_directory_iterate for one block, which is in memory, whatever its
 * checksum. */
int ext_directory_visit_block (const struct ext_filesystem *fs,
                               const uint8_t *block,
                               ext_directory_visit *visit, void *opaque,
                               bool *incomplete);

#endif
