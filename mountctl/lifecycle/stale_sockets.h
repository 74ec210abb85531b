/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a killed libguestfs leaves outside the directory that it was told to
 * use: for root it puts its sockets below /tmp, whatever one asks for.
 */
#ifndef DELTAFS_STALE_SOCKETS_H
#define DELTAFS_STALE_SOCKETS_H

#include <time.h>

#include "errint.h"

/* Deletes the socket directories of libguestfs that are root's, were made at
 * or after SINCE (CLOCK_REALTIME), and that no process serves or uses any more.
 * Does nothing for ordinary users, whose sockets are in the private
 * directory. */
void stale_sockets_clear (const struct timespec *since);

#endif
