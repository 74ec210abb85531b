/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Access control lists: from the form in which ext2/3/4 stores them to the
 * one of the xattrs system.posix_acl_*.
 */
#ifndef DELTAFS_EXT_ACL_H
#define DELTAFS_EXT_ACL_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "errint.h"

/* *RESULT is in ARENA; of length 0 for a list without entries.  -EIO for
 * what is no list, -ENOMEM. */
errint_t ext_acl_convert (const uint8_t *stored, size_t length,
                          struct arena *arena,
                          const uint8_t **result, size_t *result_length);

#endif
