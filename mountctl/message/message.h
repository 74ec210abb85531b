/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The command's messages: one line each, "deltafs: …", on stderr, and in
 * the system's log once the command has gone into the background.
 */
#ifndef DELTAFS_MESSAGE_H
#define DELTAFS_MESSAGE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "log.h"

/* The marks of a relay's messages, which hold no control characters. */
#define MESSAGE_MARK 1
#define MESSAGE_MARK_LAST (MESSAGE_MARK + LOG_LEVEL_DETAIL)

struct messages {
  struct log log;               /* hand this one on */
  bool quiet;                   /* -q: errors alone, with their hints */
  bool background;              /* the system's log instead of stderr */
  bool relayed;                 /* stderr is a relay's pipe: each message has a
                                 * byte before it, MESSAGE_MARK + its level */
  /* Protects what is below, and stderr itself: a message and the progress
   * bar do not mix. */
  pthread_mutex_t lock;
  bool hint_is_wanted;          /* the message before it was shown */
  /* Clears the terminal's line for a message, with the lock held; or NULL. */
  void (*before_line) (void *opaque);
  void *before_line_opaque;
};

/* Prepares MESSAGES, which must stay where it is. */
void messages_init (struct messages *messages);

/* What -q and -v say. */
void messages_set_level (struct messages *messages, bool quiet, bool verbose);

/* From here on messages go to the system's log. */
void messages_to_system_log (struct messages *messages);

/* The system log's priority for a level. */
int message_priority (enum log_level level);

/* Writes all bytes to a file descriptor; what cannot be written is lost. */
void write_fully (int fd, const void *bytes, size_t length);

#endif
