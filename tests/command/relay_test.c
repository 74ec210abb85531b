/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A worker's messages on their way through the relay: their levels arrive in the
 * system's log, and nothing but their text on stderr.
 */
#include <config.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "message.h"
#include "relay.h"

static char logged[4096];       /* "PRIORITY text\n" */

static void
take (int priority, const char *format, va_list arguments)
{
  size_t used = strlen (logged);

  used += (size_t) snprintf (logged + used, sizeof logged - used, "%d ",
                             priority);
  used += (size_t) vsnprintf (logged + used, sizeof logged - used, format,
                              arguments);
  assert_true (used + 2 < sizeof logged);
  strcpy (logged + used, "\n");
}

/* In the place of the C library's, which is called by either name. */
void
syslog (int priority, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  take (priority, format, arguments);
  va_end (arguments);
}

void __syslog_chk (int priority, int flag, const char *format, ...)
  __attribute__ ((format (printf, 3, 4)));

void
__syslog_chk (int priority, int flag, const char *format, ...)
{
  va_list arguments;

  (void) flag;
  va_start (arguments, format);
  take (priority, format, arguments);
  va_end (arguments);
}

/* Calls WRITE with stderr being FD. */
static void
with_stderr (int fd, void (*write) (void *opaque), void *opaque)
{
  CLEANUP_CLOSE int saved = dup (STDERR_FILENO);

  assert_true (saved >= 0);
  assert_int_equal (dup2 (fd, STDERR_FILENO), STDERR_FILENO);
  write (opaque);
  assert_int_equal (dup2 (saved, STDERR_FILENO), STDERR_FILENO);
}

/* What a worker, and a library in it, write; after a progress bar where OPAQUE is
 * not NULL. */
static void
worker_writes (void *opaque)
{
  struct messages messages;

  messages_init (&messages);
  messages_set_level (&messages, false, true);
  messages.relayed = true;
  log_report (&messages.log, LOG_LEVEL_ERROR, "cannot read", "disk", "gone");
  log_hint (&messages.log, "plug it in");
  log_report (&messages.log, LOG_LEVEL_WARNING, "cannot read", "file",
              "damaged");
  write_fully (STDERR_FILENO, "libx: odd\n", 10);
  log_detail (&messages.log, "%s", "so many bytes");
  if (opaque != NULL)
    write_fully (STDERR_FILENO, "\r\033[K", 4);
  log_report (&messages.log, LOG_LEVEL_ERROR, "cannot go on", NULL, "enough");
}

static void
relay_all (void *opaque)
{
  while (relay_some (opaque));
}

static void
run (struct messages *messages, int out)
{
  char bar[] = "bar";
  int ends[2];
  struct relay relay;

  logged[0] = '\0';
  assert_int_equal (pipe (ends), 0);
  with_stderr (ends[1], worker_writes, messages->background ? NULL : bar);
  close (ends[1]);
  relay_init (&relay, ends[0], messages);
  with_stderr (out, relay_all, &relay);
  close (ends[0]);
}

static void
test_levels (void **state)
{
  CLEANUP_CLOSE int null = open ("/dev/null", O_WRONLY | O_CLOEXEC);
  struct messages messages;
  char wanted[1024];

  (void) state;
  messages_init (&messages);
  messages.background = true;
  run (&messages, null);
  snprintf (wanted, sizeof wanted,
            "%d cannot read: disk: gone\n%d hint: plug it in\n"
            "%d warning: cannot read: file: damaged\n%d libx: odd\n"
            "%d so many bytes\n%d cannot go on: enough\n",
            LOG_ERR, LOG_NOTICE, LOG_WARNING, LOG_WARNING, LOG_DEBUG,
            LOG_ERR);
  assert_string_equal (logged, wanted);
}

static void
test_text (void **state)
{
  struct messages messages;
  char text[1024] = "";
  int ends[2];
  ssize_t got;

  (void) state;
  messages_init (&messages);
  assert_int_equal (pipe (ends), 0);
  run (&messages, ends[1]);
  got = read (ends[0], text, sizeof text - 1);
  assert_true (got > 0);
  close (ends[0]);
  close (ends[1]);
  assert_string_equal (logged, "");
  assert_string_equal (text,
                       "deltafs: cannot read: disk: gone\n"
                       "deltafs: hint: plug it in\n"
                       "deltafs: warning: cannot read: file: damaged\n"
                       "libx: odd\n"
                       "deltafs: so many bytes\n"
                       "\r\033[Kdeltafs: cannot go on: enough\n");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_levels),
    cmocka_unit_test (test_text),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
