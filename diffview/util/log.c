/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Puts messages together and hands them to the caller's sink.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "log.h"
#include "quote.h"

/* Hands a message on without what could drive a terminal or fake a second
 * one.  Without memory the plain WHAT of the message has to do. */
static void
write_escaped (const struct log *log, enum log_level level,
               const char *message, const char *what)
{
  CLEANUP_FREE char *escaped = NULL;

  if (message != NULL)
    escaped = quote_message (message, strlen (message));
  log->write (log->opaque, level, escaped != NULL ? escaped : what);
}

/* A new string, or NULL without memory. */
static char *format_list (const char *format, va_list arguments)
  __attribute__ ((format (printf, 1, 0)));

static char *
format_list (const char *format, va_list arguments)
{
  char *text;

  return vasprintf (&text, format, arguments) < 0 ? NULL : text;
}

static void
report (const struct log *log, enum log_level level,
        const char *what, const char *object, const char *reason)
{
  CLEANUP_FREE char *quoted = NULL;
  CLEANUP_FREE char *message = NULL;
  int written;

  if (object != NULL)
    quoted = quote_path_for_people (object, strlen (object));
  if (reason == NULL)
    reason = "out of memory";
  written = quoted != NULL
    ? asprintf (&message, "%s: %s: %s", what, quoted, reason)
    : asprintf (&message, "%s: %s", what, reason);
  if (written < 0)
    message = NULL;
  write_escaped (log, level, message, what);
}

void
log_report (const struct log *log, enum log_level level,
            const char *what, const char *object, const char *reason, ...)
{
  int saved_errno = errno;
  CLEANUP_FREE char *text = NULL;
  va_list arguments;

  if (level != LOG_LEVEL_DETAIL || log->verbose) {
    va_start (arguments, reason);
    text = format_list (reason, arguments);
    va_end (arguments);
    report (log, level, what, object, text);
  }
  errno = saved_errno;
}

int
log_error (const struct log *log, int error,
           const char *what, const char *object)
{
  int saved_errno = errno;
  char buffer[128];

  report (log, LOG_LEVEL_ERROR, what, object,
          strerror_r (-error, buffer, sizeof buffer));
  errno = saved_errno;
  return error;
}

void
log_hint (const struct log *log, const char *format, ...)
{
  int saved_errno = errno;
  CLEANUP_FREE char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = format_list (format, arguments);
  va_end (arguments);
  write_escaped (log, LOG_LEVEL_HINT, text, "out of memory");
  errno = saved_errno;
}

void
log_detail (const struct log *log, const char *format, ...)
{
  int saved_errno = errno;
  CLEANUP_FREE char *text = NULL;
  va_list arguments;

  if (!log->verbose)
    return;
  va_start (arguments, format);
  text = format_list (format, arguments);
  va_end (arguments);
  write_escaped (log, LOG_LEVEL_DETAIL, text, "out of memory");
  errno = saved_errno;
}
