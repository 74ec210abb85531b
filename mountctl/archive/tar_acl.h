/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * POSIX access control lists for an archive.
 */
#ifndef DELTAFS_TAR_ACL_H
#define DELTAFS_TAR_ACL_H

#include <stdbool.h>

#include <archive_entry.h>

#include "entry.h"

/* Adds the list in XATTR to ENTRY, whose mode is set, if it is the xattr of
 * such a list (system.posix_acl_access, or system.posix_acl_default of a
 * directory), well-formed, and can be told as one; says whether. */
bool tar_acl_add (struct archive_entry *entry,
                  const struct entry_xattr *xattr);

#endif
