/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the child has to say to the user.  It goes to the asking side, among
 * the answers, so that it is heard in its place and does not tear the progress
 * bar.
 */
#include <config.h>

#include <string.h>

#include "now.h"
#include "server.h"

/* Between two tellings of one phase. */
#define PROGRESS_MILLISECONDS 50

/* The connection whose request this thread serves. */
static _Thread_local struct connection *own;

static void
put_message (struct connection *connection, enum log_level level,
             const char *text)
{
  struct wire *wire = connection->wire;
  size_t length = strlen (text);

  pthread_mutex_lock (&connection->lock);
  wire_put_u8 (wire, MESSAGE_LOG);
  wire_put_u8 (wire, (uint8_t) level);
  wire_put_bytes (wire, text, length < TEXT_LIMIT ? length : TEXT_LIMIT);
  wire_flush (wire);
  pthread_mutex_unlock (&connection->lock);
}

static void
write_message (void *opaque, enum log_level level, const char *text)
{
  struct server *server = opaque;
  const struct log *log = server->given->appliances.log;
  bool said = true;

  if (own != NULL) {
    put_message (own, level, text);
    return;
  }
  pthread_mutex_lock (&server->talk_lock);
  if (server->talking != NULL)
    put_message (server->talking, level, text);
  else
    said = false;
  pthread_mutex_unlock (&server->talk_lock);
  if (!said)
    log->write (log->opaque, level, text);
}

static void
put_progress (struct connection *connection, uint8_t phase,
              uint64_t done, uint64_t total)
{
  struct wire *wire = connection->wire;

  pthread_mutex_lock (&connection->lock);
  wire_put_u8 (wire, MESSAGE_PROGRESS);
  wire_put_u8 (wire, phase);
  wire_put_u64 (wire, done);
  wire_put_u64 (wire, total);
  wire_flush (wire);
  pthread_mutex_unlock (&connection->lock);
}

static void
update_progress (void *opaque, const char *phase,
                 uint64_t done, uint64_t total)
{
  struct server *server = opaque;
  int64_t now = now_milliseconds ();
  uint8_t number = 0;

  while (number < phase_count && strcmp (phase_names[number], phase) != 0)
    ++number;
  if (number == phase_count)
    return;
  pthread_mutex_lock (&server->talk_lock);
  if (server->talking != NULL
      && (server->last_phase != phase
          || now - server->last_progress >= PROGRESS_MILLISECONDS)) {
    server->last_phase = phase;
    server->last_progress = now;
    put_progress (server->talking, number, done, total);
  }
  pthread_mutex_unlock (&server->talk_lock);
}

void
talk_init (struct server *server)
{
  server->log = (struct log) {
    .write = write_message,
    .opaque = server,
    .verbose = server->given->appliances.log->verbose,
  };
  server->progress = (struct progress) {
    .update = update_progress,
    .opaque = server,
  };
}

void
talk_begin (struct connection *connection)
{
  struct server *server = connection->server;

  own = connection;
  pthread_mutex_lock (&server->talk_lock);
  if (server->talking == NULL)
    server->talking = connection;
  pthread_mutex_unlock (&server->talk_lock);
}

void
talk_end (struct connection *connection)
{
  struct server *server = connection->server;

  pthread_mutex_lock (&server->talk_lock);
  if (server->talking == connection)
    server->talking = NULL;
  pthread_mutex_unlock (&server->talk_lock);
  own = NULL;
}
