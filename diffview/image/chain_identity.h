/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which bytes a chain of images holds, told by what the host's filesystem
 * says of its files.
 */
#ifndef DELTAFS_IMAGE_CHAIN_IDENTITY_H
#define DELTAFS_IMAGE_CHAIN_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "chain.h"
#include "digest.h"

/* The device, inode, size, mtime and ctime of each file of COUNT layers, and
 * the formats they are read as.  False where that does not tell one content
 * from another: of URIs, block devices, files made of several, and files that
 * changed within the last second, whose next change might leave the times as
 * they are. */
bool chain_identity (const struct image_layer *layers, size_t count,
                     struct digest *identity);

#endif
