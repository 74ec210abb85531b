/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The bytes of the files in a delta set, whichever engine has them.
 */
#ifndef DELTAFS_DELTA_CONTENT_H
#define DELTAFS_DELTA_CONTENT_H

#include "delta.h"

/* Reads the content of an entry that has SIDE, as engine_operations.pread
 * says.  -EIO for what is known to be unreadable, -EINVAL for what is no
 * regular file. */
errint_t delta_content_read (const struct delta *delta,
                             const struct delta_entry *entry, enum side side,
                             void *buffer, size_t length, uint64_t offset,
                             size_t *got);

/* As engine_operations.splice says; -ENOTSUP also where the engine has no such
 * function, and otherwise the errors of delta_content_read. */
errint_t delta_content_splice (const struct delta *delta,
                               const struct delta_entry *entry,
                               enum side side, int pipe, size_t length,
                               uint64_t offset);

/* As engine_operations.next_data says; -ENOTSUP also where the engine has no
 * such function. */
errint_t delta_content_next (const struct delta *delta,
                             const struct delta_entry *entry, enum side side,
                             uint64_t offset, uint64_t *start,
                             uint64_t *length);

#endif
