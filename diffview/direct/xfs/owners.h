/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whose are the written bytes, and which names lead there?
 */
#ifndef DELTAFS_XFS_OWNERS_H
#define DELTAFS_XFS_OWNERS_H

#include "format.h"

/* As owners of format.h says. */
errint_t xfs_owners (const struct reader *base, const struct extents *written,
                     struct inode_set *changed, link_visit *visit,
                     void *opaque);

#endif
