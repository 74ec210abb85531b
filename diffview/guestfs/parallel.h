/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The same work on both sides at once.
 */
#ifndef DELTAFS_PARALLEL_H
#define DELTAFS_PARALLEL_H

#include "entry.h"
#include "errint.h"

/* Calls RUN for each side, the overlay's in a thread of its own (after the
 * base's where no thread can be had), and waits for both.  The result is
 * the overlay's failure, or else the base's; failures were reported by RUN. */
errint_t parallel_sides (errint_t (*run) (enum side side, void *opaque),
                         void *opaque);

#endif
