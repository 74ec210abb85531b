/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The relay of a worker's messages.  They were escaped where they were made;
 * here they are bytes.
 */
#include <config.h>

#include <poll.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "cleanup.h"
#include "relay.h"

#define PIECE 4096

void
relay_init (struct relay *relay, int fd, const struct messages *messages)
{
  *relay = (struct relay) {
    .fd = fd, .messages = messages, .level = LOG_LEVEL_WARNING,
  };
}

static void
log_line (struct relay *relay)
{
  static const char prefix[] = "deltafs: ";
  const char *line = relay->line;

  relay->line[relay->length] = '\0';
  relay->length = 0;
  if (strncmp (line, prefix, sizeof prefix - 1) == 0)
    line += sizeof prefix - 1;
  if (line[0] != '\0')
    syslog (message_priority (relay->level), "%s", line);
}

static bool
is_mark (char byte)
{
  return byte >= MESSAGE_MARK && byte <= MESSAGE_MARK_LAST;
}

static void
collect (struct relay *relay, const char *bytes, size_t count)
{
  for (size_t i = 0; i < count; ++i) {
    if (is_mark (bytes[i])) {
      relay->level = (enum log_level) (bytes[i] - MESSAGE_MARK);
      continue;
    }
    if (bytes[i] != '\n')
      relay->line[relay->length++] = bytes[i];
    if (bytes[i] == '\n' || relay->length == sizeof relay->line - 1)
      log_line (relay);
    if (bytes[i] == '\n')
      relay->level = LOG_LEVEL_WARNING;
  }
}

/* To stderr, which has no use for the marks. */
static void
pass_on (const char *bytes, size_t count)
{
  char text[PIECE];
  size_t length = 0;

  for (size_t i = 0; i < count; ++i)
    if (!is_mark (bytes[i]))
      text[length++] = bytes[i];
  write_fully (STDERR_FILENO, text, length);
}

bool
relay_some (struct relay *relay)
{
  char bytes[PIECE];
  ssize_t got = read (relay->fd, bytes, sizeof bytes);

  if (got < 0)
    return errno == EINTR || errno == EAGAIN;
  if (got == 0) {
    if (relay->length > 0)
      log_line (relay);
    return false;
  }
  if (relay->messages->background)
    collect (relay, bytes, (size_t) got);
  else
    pass_on (bytes, (size_t) got);
  return true;
}

void
relay_rest (struct relay *relay)
{
  struct pollfd poll_fd = { .fd = relay->fd, .events = POLLIN };

  while (poll (&poll_fd, 1, 0) > 0 && (poll_fd.revents & POLLIN) != 0)
    if (!relay_some (relay))
      break;
  if (relay->length > 0)
    log_line (relay);
}
