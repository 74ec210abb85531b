/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Bytes of a file in an appliance.
 */
#ifndef DELTAFS_CONTENT_H
#define DELTAFS_CONTENT_H

#include "appliance.h"
#include "tree.h"

/* What one call may read at most: a message of libguestfs holds 4 MB. */
#define CONTENT_MAX (2 * 1024 * 1024)

/* Reads LENGTH bytes at OFFSET of the regular file at PATH in the appliance,
 * all of them: a file that ends before, -EIO.  Not reported.  Any thread. */
errint_t content_read (struct appliance *appliance, const char *path,
                       void *buffer, size_t length, uint64_t offset);

#endif
