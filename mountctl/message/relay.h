/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Hands on what a worker writes to its stderr: to this process's own, or,
 * once that went into the background, line by line to the system's log, with the
 * level that the worker gave a message.  A line that is none (a library's) is a
 * warning.
 */
#ifndef DELTAFS_RELAY_H
#define DELTAFS_RELAY_H

#include <stdbool.h>
#include <stddef.h>

#include "message.h"

struct relay {
  int fd;                       /* the pipe's end; borrowed */
  const struct messages *messages;
  enum log_level level;         /* of the line */
  char line[2048];              /* not yet complete */
  size_t length;
};

void relay_init (struct relay *relay, int fd,
                 const struct messages *messages);

/* Hands on what one read gives; false at the end of the pipe. */
bool relay_some (struct relay *relay);

/* Hands on what is left in the pipe, without waiting for its other ends. */
void relay_rest (struct relay *relay);

#endif
