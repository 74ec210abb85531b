/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What libguestfs gives of an inode, as an entry.
 */
#ifndef DELTAFS_METADATA_H
#define DELTAFS_METADATA_H

#include <guestfs.h>

#include "arena.h"
#include "entry.h"
#include "errint.h"

/* Nothing but what stat gives is changed. */
void metadata_take_stat (struct entry *entry,
                         const struct guestfs_statns *stat);

/* Copies COUNT (above 0) xattrs; a name that comes twice counts once.
 * -ENOMEM. */
errint_t metadata_take_xattrs (struct entry *entry, struct arena *arena,
                               const struct guestfs_xattr *from,
                               size_t count);

/* Adds one more xattr to those that the entry has: NAME and VALUE are copied.
 * One of that name that is there already stays.  -ENOMEM. */
errint_t metadata_add_xattr (struct entry *entry, struct arena *arena,
                             const char *name, const void *value,
                             size_t length);

/* A symlink's target.  -ENOMEM. */
errint_t metadata_take_target (struct entry *entry, struct arena *arena,
                               const char *target);

#endif
