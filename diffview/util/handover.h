/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A message and a descriptor together, over a connected Unix socket (unix(7),
 * SCM_RIGHTS).  Of a stream the message must be all that is sent at a time.
 */
#ifndef DELTAFS_HANDOVER_H
#define DELTAFS_HANDOVER_H

#include <stddef.h>

#include "errint.h"

/* Sends LENGTH bytes, and FD with them unless it is negative; it stays the
 * caller's.  Does not wait: -EAGAIN where the other end takes nothing,
 * -EPIPE where it is closed.  Not reported.  Async-signal-safe. */
errint_t handover_send (int socket, const void *message, size_t length,
                        int fd);

/* Waits for a message of LENGTH bytes.  *FD is the caller's to close, or -1
 * where none came along.  -EPIPE when the other end is closed, -EPROTO for a
 * message of another length.  Not reported. */
errint_t handover_receive (int socket, void *message, size_t length, int *fd);

#endif
