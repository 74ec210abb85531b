/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where the library's messages go.  The library does not speak to the
 * user: it hands finished messages to a sink that its caller provides.
 * Whoever detects a failure reports it, once; callers only pass the
 * errint_t on.
 */
#ifndef DELTAFS_LOG_H
#define DELTAFS_LOG_H

#include <stdarg.h>
#include <stdbool.h>

enum log_level {
  LOG_LEVEL_ERROR,             /* what was asked for cannot be done */
  LOG_LEVEL_WARNING,           /* it can, but the user has to know this */
  LOG_LEVEL_HINT,              /* the remedy for the message before it */
  LOG_LEVEL_DETAIL,            /* for -v */
};

struct log {
  /* Takes one message without a newline and without the program's name;
   * it has no control characters.  Called by any thread, also by several
   * at once.  Must not be NULL. */
  void (*write) (void *opaque, enum log_level level, const char *message);
  void *opaque;
  bool verbose;                /* else LOG_LEVEL_DETAIL is not formatted */
};

/* Reports "WHAT: OBJECT: REASON".  OBJECT (a file, device or guest path)
 * is escaped as quote.h says, so that a guest's name cannot fake a message
 * or drive a terminal; with NULL it is left out.  REASON is a format; bytes
 * of the guest that its arguments bring in are escaped too.  WHAT is ours.
 * Keeps errno.  Any thread. */
void log_report (const struct log *log, enum log_level level,
                 const char *what, const char *object,
                 const char *reason, ...)
  __attribute__ ((format (printf, 5, 6), nonnull (1, 3, 5)));

/* log_report with LOG_LEVEL_ERROR and strerror of ERROR (an errint_t) as the
 * reason; returns ERROR, for "return log_error (...)". */
int log_error (const struct log *log, int error,
               const char *what, const char *object)
  __attribute__ ((nonnull (1, 3)));

/* A remedy, printed after the message that it belongs to. */
void log_hint (const struct log *log, const char *format, ...)
  __attribute__ ((format (printf, 2, 3), nonnull (1, 2)));

/* What -v prints; nothing is formatted unless it is on. */
void log_detail (const struct log *log, const char *format, ...)
  __attribute__ ((format (printf, 2, 3), nonnull (1, 2)));

#endif
