/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The direct engine: a filesystem's delta from the written clusters and the
 * filesystem's own structures, without a virtual machine.
 */
#ifndef DELTAFS_DIRECT_H
#define DELTAFS_DIRECT_H

#include "engine.h"
#include "errint.h"
#include "log.h"
#include "volumes.h"

/* Can this engine be tried for a filesystem of libblkid's TYPE? */
bool direct_knows_type (const char *type);

/* Opens the engine for the filesystem in VOLUME on each side (NULL for a side
 * that does not have it).  NAME is for messages.  -ENOTSUP for what it cannot
 * read: *REASON (static or of the engine's room, may be NULL) says why, and
 * nothing is reported, for guestfs may do it.  Other failures are reported.
 * The volumes' devices and LOG are borrowed. */
errint_t direct_engine_open (const struct volume *const volume[SIDES],
                             const char *name, const struct log *log,
                             const char **reason, struct engine **engine);

#endif
