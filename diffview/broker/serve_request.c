/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Requests, on the answering side.  Who asks reads what the guest wrote, and
 * is believed no more than he believes us: a request may name what is not
 * there, but then nothing comes of it.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "records.h"
#include "server.h"

/* Filesystems of a guest: more are not opened. */
#define ENGINES_MAX 65536

static void
put_result (struct connection *connection, errint_t error)
{
  wire_put_u8 (connection->wire, MESSAGE_RESULT);
  wire_put_u32 (connection->wire, (uint32_t) -error);
}

/* An answer of which nothing but the result is left to be said. */
static void
answer (struct connection *connection, errint_t error)
{
  pthread_mutex_lock (&connection->lock);
  put_result (connection, error);
  wire_flush (connection->wire);
  pthread_mutex_unlock (&connection->lock);
}

static void
answer_bytes (struct connection *connection, const char *bytes,
              size_t length)
{
  pthread_mutex_lock (&connection->lock);
  put_result (connection, 0);
  wire_put_bytes (connection->wire, bytes, length);
  wire_flush (connection->wire);
  pthread_mutex_unlock (&connection->lock);
}

static errint_t
launch (struct server *server)
{
  const struct broker_options *given = server->given;
  errint_t error = given->prepare != NULL
    ? given->prepare (given->opaque) : 0;

  return error != 0 ? error
    : server->backend->launch (&server->options, &server->machines);
}

static bool
get_sector_sizes (struct wire *wire, unsigned sizes[SIDES])
{
  bool valid = true;

  for (int side = 0; side < SIDES; ++side) {
    sizes[side] = wire_get_u32 (wire);
    valid = valid && (sizes[side] == 512 || sizes[side] == 4096);
  }
  return wire_error (wire) == 0 && (valid || wire_fail (wire, -EPROTO));
}

static void
serve_launch (struct connection *connection)
{
  struct server *server = connection->server;
  unsigned sizes[SIDES];

  if (!get_sector_sizes (connection->wire, sizes))
    return;
  if (server->machines == NULL && !server->launch_failed) {
    memcpy (server->options.sector_size, sizes, sizeof sizes);
    talk_begin (connection);
    server->launch_error = launch (server);
    server->launch_failed = server->launch_error != 0;
    talk_end (connection);
    for (int side = 0; side < SIDES; ++side)
      unlink (server->options.socket[side]);
    /* Names on the command line were relative to where the command began,
     * which is not to be kept busy. */
    if (chdir ("/") != 0)
      log_detail (&server->log, "cannot change the directory");
  }
  answer (connection, server->launch_error);
}

static void
serve_filesystems (struct connection *connection)
{
  struct server *server = connection->server;
  CLEANUP (appliance_filesystems_free)
    struct appliance_filesystems *filesystems = NULL;
  errint_t error = -EINVAL;
  enum side side;

  if (!get_side (connection->wire, &side))
    return;
  if (server->machines != NULL) {
    talk_begin (connection);
    error = server->backend->filesystems (server->machines, side,
                                          &filesystems);
    talk_end (connection);
  }
  if (error != 0) {
    answer (connection, error);
    return;
  }
  pthread_mutex_lock (&connection->lock);
  put_result (connection, 0);
  put_filesystems (connection->wire, filesystems);
  wire_flush (connection->wire);
  pthread_mutex_unlock (&connection->lock);
}

/* Takes ENGINE over in every case. */
static errint_t
keep_engine (struct server *server, struct engine *engine, uint32_t *number)
{
  struct served_engine *served = calloc (1, sizeof *served);
  struct served_engine **engines = NULL;

  pthread_mutex_lock (&server->engines_lock);
  if (served != NULL && server->engine_count < ENGINES_MAX)
    engines = reallocarray (server->engines, server->engine_count + 1,
                            sizeof (struct served_engine *));
  if (engines != NULL) {
    served->engine = engine;
    server->engines = engines;
    *number = (uint32_t) server->engine_count;
    engines[server->engine_count++] = served;
  }
  pthread_mutex_unlock (&server->engines_lock);
  if (engines != NULL)
    return 0;
  free (served);
  engine_close (engine);
  return log_error (&server->log, -ENOMEM, "cannot open the filesystem",
                    NULL);
}

static errint_t
open_engine (struct server *server, const char *const mountable[SIDES],
             const char *type, const char *name, uint32_t *number)
{
  struct engine *engine = NULL;
  errint_t error;

  if (server->machines == NULL || type == NULL || name == NULL)
    return -EINVAL;
  error = server->backend->open (server->machines, mountable, type, name,
                                 &engine);
  return error != 0 ? error : keep_engine (server, engine, number);
}

static void
serve_open (struct connection *connection)
{
  struct wire *wire = connection->wire;
  CLEANUP_FREE char *base = wire_get_string (wire, TEXT_LIMIT);
  CLEANUP_FREE char *overlay = wire_get_string (wire, TEXT_LIMIT);
  CLEANUP_FREE char *type = wire_get_string (wire, TEXT_LIMIT);
  CLEANUP_FREE char *name = wire_get_string (wire, TEXT_LIMIT);
  const char *mountable[SIDES] = { base, overlay };
  uint32_t number = 0;
  errint_t error;

  if (wire_error (wire) != 0)
    return;
  talk_begin (connection);
  error = open_engine (connection->server, mountable, type, name, &number);
  talk_end (connection);
  pthread_mutex_lock (&connection->lock);
  put_result (connection, error);
  if (error == 0)
    wire_put_u32 (wire, number);
  wire_flush (wire);
  pthread_mutex_unlock (&connection->lock);
}

/* The engine that a request names, or NULL. */
static struct served_engine *
get_engine (struct connection *connection)
{
  struct server *server = connection->server;
  uint32_t number = wire_get_u32 (connection->wire);
  struct served_engine *served = NULL;

  pthread_mutex_lock (&server->engines_lock);
  if (wire_error (connection->wire) == 0 && number < server->engine_count)
    served = server->engines[number];
  pthread_mutex_unlock (&server->engines_lock);
  if (served == NULL)
    wire_refuse (connection->wire);
  return served;
}

/* *DELTA is what was found, also on failure; NULL where this did not look. */
static errint_t
compute (struct server *server, struct served_engine *served,
         const struct compare_rules *rules, const struct delta **delta)
{
  int state = SERVED_OPEN;
  unsigned number;
  errint_t error;

  if (!atomic_compare_exchange_strong (&served->state, &state,
                                       SERVED_COMPUTING))
    return -EINVAL;
  served->delta = delta_new ();
  if (served->delta == NULL
      || delta_add_filesystem (served->delta, served->engine, "", "/", true,
                               &number) != 0)
    return log_error (&server->log, -ENOMEM, "cannot compare the trees",
                      NULL);
  error = served->engine->operations->compute (served->engine, rules,
                                               served->delta, number);
  *delta = served->delta;
  atomic_store (&served->state, SERVED_COMPUTED);
  return error;
}

static void
serve_compute (struct connection *connection)
{
  struct wire *wire = connection->wire;
  struct served_engine *served = get_engine (connection);
  CLEANUP_FREE_STRINGS char **patterns = NULL;
  CLEANUP_FREE_STRINGS char **pairs = NULL;
  const struct delta *delta = NULL;
  struct compare_rules rules;
  errint_t error;

  if (!get_rules (wire, &rules, &patterns, &pairs) || served == NULL)
    return;
  talk_begin (connection);
  error = compute (connection->server, served, &rules, &delta);
  talk_end (connection);
  pthread_mutex_lock (&connection->lock);
  for (size_t i = 0; delta != NULL && i < delta->count; ++i) {
    wire_put_u8 (wire, MESSAGE_ENTRY);
    put_delta_entry (wire, &delta->entries[i]);
  }
  put_result (connection, error);
  wire_flush (wire);
  pthread_mutex_unlock (&connection->lock);
}

/* Reads all of it into the connection's buffer. */
static errint_t
read_entry (struct connection *connection, struct served_engine *served,
            enum side side, uint32_t number, size_t length, uint64_t offset)
{
  const struct delta_entry *entry;
  errint_t error = 0;

  if (offset > INT64_MAX || atomic_load (&served->state) != SERVED_COMPUTED
      || number >= served->delta->count)
    return -EINVAL;
  entry = &served->delta->entries[number];
  if (entry->side[side] == NULL || entry->side[side]->type != ENTRY_FILE)
    return -EINVAL;
  if (connection->buffer == NULL)
    connection->buffer = malloc (READ_LIMIT);
  if (connection->buffer == NULL)
    return -ENOMEM;
  for (size_t done = 0, got; error == 0 && done < length; done += got) {
    got = 0;
    error = served->engine->operations->pread
      (served->engine, side, entry, connection->buffer + done, length - done,
       offset + done, &got);
    if (error == 0 && (got == 0 || got > length - done))
      error = -EIO;
  }
  return error;
}

static void
serve_read (struct connection *connection)
{
  struct wire *wire = connection->wire;
  struct served_engine *served = get_engine (connection);
  enum side side;
  bool valid = get_side (wire, &side);
  uint32_t number = wire_get_u32 (wire);
  size_t length = wire_get_bounded (wire, READ_LIMIT);
  uint64_t offset = wire_get_u64 (wire);
  errint_t error;

  if (!valid || wire_error (wire) != 0)
    return;
  talk_begin (connection);
  error = read_entry (connection, served, side, number, length, offset);
  talk_end (connection);
  pthread_mutex_lock (&connection->lock);
  put_result (connection, error);
  if (error == 0)
    wire_put_raw (wire, connection->buffer, length);
  wire_flush (wire);
  pthread_mutex_unlock (&connection->lock);
}

static void
serve_stat (struct connection *connection)
{
  struct wire *wire = connection->wire;
  struct served_engine *served = get_engine (connection);
  enum side side;
  bool valid = get_side (wire, &side) && served != NULL;
  CLEANUP_FREE char *path = wire_get_string (wire, PATH_LIMIT);
  struct entry entry;
  errint_t error;

  if (!valid || path == NULL) {
    wire_refuse (wire);
    return;
  }
  talk_begin (connection);
  error = served->engine->operations->stat (served->engine, side, path,
                                            &entry);
  talk_end (connection);
  pthread_mutex_lock (&connection->lock);
  put_result (connection, error);
  if (error == 0)
    put_entry (wire, &entry);
  wire_flush (wire);
  pthread_mutex_unlock (&connection->lock);
}

static void
serve_read_path (struct connection *connection)
{
  struct wire *wire = connection->wire;
  struct served_engine *served = get_engine (connection);
  enum side side;
  bool valid = get_side (wire, &side);
  CLEANUP_FREE char *path = wire_get_string (wire, PATH_LIMIT);
  CLEANUP_FREE char *content = NULL;
  uint64_t limit = wire_get_u64 (wire);
  size_t length = 0;
  errint_t error;

  if (!valid || path == NULL || wire_error (wire) != 0) {
    wire_refuse (wire);
    return;
  }
  if (limit > FILE_LIMIT)
    limit = FILE_LIMIT;
  talk_begin (connection);
  error = served->engine->operations->read_path
    (served->engine, side, path, (size_t) limit, &content, &length);
  talk_end (connection);
  if (error != 0)
    answer (connection, error);
  else
    answer_bytes (connection, content, length);
}

bool
serve_request (struct connection *connection)
{
  struct wire *wire = connection->wire;
  uint8_t request = wire_get_bounded_u8 (wire, REQUEST_READ_PATH);

  if (wire_error (wire) == 0)
    switch ((enum request) request) {
    case REQUEST_LAUNCH: serve_launch (connection); break;
    case REQUEST_FILESYSTEMS: serve_filesystems (connection); break;
    case REQUEST_OPEN: serve_open (connection); break;
    case REQUEST_COMPUTE: serve_compute (connection); break;
    case REQUEST_READ: serve_read (connection); break;
    case REQUEST_STAT: serve_stat (connection); break;
    case REQUEST_READ_PATH: serve_read_path (connection); break;
    }
  if (wire_error (wire) == -EPROTO)
    _exit (CHILD_MISUSED);
  return wire_error (wire) == 0;
}
