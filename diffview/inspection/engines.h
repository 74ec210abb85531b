/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which engine looks at which filesystem: opens them, and launches the
 * appliances when the first filesystem needs them.
 */
#ifndef DELTAFS_ENGINES_H
#define DELTAFS_ENGINES_H

#include <stdbool.h>
#include <stddef.h>

#include "cleanup.h"
#include "engine.h"
#include "errint.h"
#include "filesystems.h"
#include "inspection.h"
#include "pair.h"

struct engines;

/* Everything is borrowed.  NULL without memory. */
struct engines *engines_new (struct image_pair *pair,
                             const struct inspection_options *options,
                             struct filesystems *filesystems);

/* Closes all engines, then the appliances. */
void engines_close (struct engines *engines);
DEFINE_CLEANUP (struct engines *, engines_close)

/* Launches the appliances and adds what they see to the filesystems, whose indexes change.
 * Before any engine is opened.  Failures are reported. */
errint_t engines_look_inside (struct engines *engines);

/* The engine of a filesystem, opened now or before; not the caller's: direct
 * where it can be had, guestfs for the rest, unless the user asked for one of
 * them.  What was not written is opened for reading: on the overlay's side only.
 * Failures are reported, the first time; not -EAGAIN, which is as the rules say
 * of retry. */
errint_t engines_open (struct engines *engines, size_t filesystem,
                       struct engine **engine);

/* Is the filesystem open, or to be opened anyway, or without an appliance? */
bool engines_is_cheap (struct engines *engines, size_t filesystem);

/* Which engine engines_open would take for a filesystem that is compared, and
 * why, without launching an appliance: "direct", "guestfs", or "none" where
 * the user's choice cannot do it.  Both strings are static.  A filesystem that
 * is too damaged for the direct engine is reported, and <0 returned. */
errint_t engines_foretell (struct engines *engines, size_t filesystem,
                           const char **name, const char **reason);

/* The engine found, while computing, that it cannot do it (-ENOTSUP): another
 * one in its place, where there is one and the user's choice allows it; else
 * an error, reported. */
errint_t engines_fall_back (struct engines *engines, size_t filesystem,
                            struct engine **engine);

/* Metadata at a path of a filesystem, as engine_operations.stat: of the
 * overlay for both sides where the sides are known to be equal.  -ENOENT
 * also when no engine is open. */
errint_t engines_stat (struct engines *engines, size_t filesystem,
                       enum side side, const char *path,
                       struct entry *entry);

#endif
