/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * All inodes of a filesystem, chunk by chunk in disk order: which of them differ
 * between two sides, and which refer to given bytes.
 */
#ifndef DELTAFS_XFS_SCAN_H
#define DELTAFS_XFS_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "errint.h"
#include "extents.h"
#include "xfs/inode.h"
#include "xfs/inode_chunks.h"

/* A result that is not 0 ends the scan and is its result. */
typedef errint_t xfs_inode_visit (void *opaque,
                                  const struct xfs_inode *inode);

/* Calls VISIT for each inode that is in use.  One whose bytes cannot be read or that
 * the kernel would refuse is left out, and *INCOMPLETE becomes true. */
errint_t xfs_scan_inodes (const struct xfs_filesystem *fs,
                          const struct xfs_chunks *chunks,
                          xfs_inode_visit *visit, void *opaque,
                          bool *incomplete);

typedef errint_t xfs_number_visit (void *opaque, uint64_t number);

/* Calls VISIT for each inode of BASE that lies in WRITTEN, bytes of the volume, and is
 * not the same in OVERLAY, which has the same geometry: but for what changes when
 * a file is read. */
errint_t xfs_scan_changes (const struct xfs_filesystem *base,
                           const struct xfs_filesystem *overlay,
                           const struct xfs_chunks *chunks,
                           const struct extents *written,
                           xfs_number_visit *visit, void *opaque);

/* Does an inode refer to a byte of WRITTEN: with its data, its attributes, or the
 * trees that say where these are?  One whose lists are damaged does: nobody
 * knows.  -ENOMEM, -EREMOTEIO. */
errint_t xfs_scan_refers (const struct xfs_filesystem *fs,
                          const struct xfs_inode *inode,
                          const struct extents *written, bool *refers);

#endif
