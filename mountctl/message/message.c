/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The sink of the log.  Messages arrive finished and escaped; here they get
 * their prefix and go out as one write, so that lines of several processes
 * do not mix.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "cleanup.h"
#include "message.h"

void
write_fully (int fd, const void *bytes, size_t length)
{
  const char *next = bytes;

  while (length > 0) {
    ssize_t written = write (fd, next, length);

    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return;
    next += written;
    length -= (size_t) written;
  }
}

static const char *
prefix_of_level (enum log_level level)
{
  switch (level) {
  case LOG_LEVEL_WARNING: return "warning: ";
  case LOG_LEVEL_HINT: return "hint: ";
  case LOG_LEVEL_ERROR:
  case LOG_LEVEL_DETAIL: break;
  }
  return "";
}

static void
write_to_stderr (enum log_level level, const char *message, bool relayed)
{
  const char mark[2] = { relayed ? (char) (MESSAGE_MARK + level) : '\0' };
  CLEANUP_FREE char *line = NULL;
  int length = asprintf (&line, "%sdeltafs: %s%s\n", mark,
                         prefix_of_level (level), message);

  if (length < 0) {
    line = NULL;
    write_fully (STDERR_FILENO, message, strlen (message));
    write_fully (STDERR_FILENO, "\n", 1);
    return;
  }
  write_fully (STDERR_FILENO, line, (size_t) length);
}

int
message_priority (enum log_level level)
{
  switch (level) {
  case LOG_LEVEL_ERROR: return LOG_ERR;
  case LOG_LEVEL_WARNING: return LOG_WARNING;
  case LOG_LEVEL_HINT: return LOG_NOTICE;
  case LOG_LEVEL_DETAIL: break;
  }
  return LOG_DEBUG;
}

/* Is the message wanted?  A hint goes where its message went. */
static bool
is_wanted (struct messages *messages, enum log_level level)
{
  if (level == LOG_LEVEL_HINT)
    return messages->hint_is_wanted;
  messages->hint_is_wanted = level == LOG_LEVEL_ERROR
    || (level == LOG_LEVEL_WARNING && !messages->quiet)
    || (level == LOG_LEVEL_DETAIL && messages->log.verbose);
  return messages->hint_is_wanted;
}

static void
write_message (void *opaque, enum log_level level, const char *message)
{
  struct messages *messages = opaque;

  pthread_mutex_lock (&messages->lock);
  if (is_wanted (messages, level)) {
    if (messages->background)
      syslog (message_priority (level), "%s%s",
              prefix_of_level (level), message);
    else {
      if (messages->before_line != NULL)
        messages->before_line (messages->before_line_opaque);
      write_to_stderr (level, message, messages->relayed);
    }
  }
  pthread_mutex_unlock (&messages->lock);
}

void
messages_init (struct messages *messages)
{
  *messages = (struct messages) {
    .log = { .write = write_message, .opaque = messages },
    .lock = PTHREAD_MUTEX_INITIALIZER,
  };
}

void
messages_set_level (struct messages *messages, bool quiet, bool verbose)
{
  messages->quiet = quiet;
  messages->log.verbose = verbose;
}

void
messages_to_system_log (struct messages *messages)
{
  openlog ("deltafs", LOG_PID, LOG_DAEMON);
  pthread_mutex_lock (&messages->lock);
  messages->background = true;
  pthread_mutex_unlock (&messages->lock);
}
