/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Paths within a guest's filesystem, looked up step by step: an absolute
 * symlink must not lead into the appliance.
 */
#ifndef DELTAFS_RESOLVE_H
#define DELTAFS_RESOLVE_H

#include "guestfs_engine.h"

/* The stat operation of engine.h. */
errint_t resolve_stat (struct engine *engine, enum side side,
                       const char *path, struct entry *entry);

/* The read_path operation of engine.h. */
errint_t resolve_read (struct engine *engine, enum side side,
                       const char *path, size_t limit,
                       char **content, size_t *length);

#endif
