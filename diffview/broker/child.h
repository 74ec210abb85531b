/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The child, as the one who forks it sees it.
 */
#ifndef DELTAFS_BROKER_CHILD_H
#define DELTAFS_BROKER_CHILD_H

#include <sys/types.h>

#include "backend.h"
#include "protocol.h"

/* Makes a fork of PARENT the child of these connections, and serves until
 * the other ends of them are closed. */
void child_run (const struct broker_backend *backend,
                const struct broker_options *options,
                const int connections[CONNECTIONS], pid_t parent)
  __attribute__ ((noreturn));

#endif
