/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What changed, and whose it is: two of the format's answers.
 */
#ifndef DELTAFS_EXT_OWNERS_H
#define DELTAFS_EXT_OWNERS_H

#include "format.h"

/* As changed_inodes and owners of format.h. */
errint_t ext_changed_inodes_find (const struct reader *base,
                                  const struct reader *overlay,
                                  const struct extents *written,
                                  struct inode_set *changed);
errint_t ext_owners_find (const struct reader *base,
                          const struct extents *written,
                          struct inode_set *changed,
                          link_visit *visit, void *opaque);

#endif
