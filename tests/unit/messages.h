/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A log whose messages a unit test can look at.
 */
#ifndef DELTAFS_TEST_MESSAGES_H
#define DELTAFS_TEST_MESSAGES_H

#include <stdio.h>
#include <string.h>

#include "log.h"

struct messages {
  char text[16384];             /* "warning: …\n" one after the other */
  size_t used;
  struct log log;
};

static inline void
messages_write (void *opaque, enum log_level level, const char *message)
{
  static const char *const names[] = {
    [LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARNING] = "warning",
    [LOG_LEVEL_HINT] = "hint", [LOG_LEVEL_DETAIL] = "detail",
  };
  struct messages *messages = opaque;
  size_t left = sizeof messages->text - messages->used;
  int length = snprintf (messages->text + messages->used, left, "%s: %s\n",
                         names[level], message);

  if (length > 0)
    messages->used += (size_t) length < left ? (size_t) length : left - 1;
}

/* Empties it; to be called first. */
static inline void
messages_start (struct messages *messages)
{
  messages->text[0] = '\0';
  messages->used = 0;
  messages->log = (struct log) { .write = messages_write,
                                 .opaque = messages };
}

static inline int
messages_have (const struct messages *messages, const char *text)
{
  return strstr (messages->text, text) != NULL;
}

#endif
