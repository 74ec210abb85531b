/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The answering side: what its files share.
 *
 * NOTES ON THE THREAD MODEL: the child's first thread serves the first
 * connection until the appliances run; then each connection has a thread of
 * its own, and the first one watches the appliances' processes.  Whoever puts
 * a message on a connection holds its lock from the message's first byte to
 * its last.  Lock order: the server's talk_lock, a connection's lock; no other
 * lock is taken while either of them is held, nor with engines_lock.
 */
#ifndef DELTAFS_BROKER_SERVER_H
#define DELTAFS_BROKER_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "backend.h"
#include "delta.h"
#include "protocol.h"
#include "wire.h"

struct server;

struct connection {
  struct server *server;
  struct wire *wire;
  pthread_mutex_t lock;         /* of what is put on the wire */
  pthread_t thread;
  bool has_thread;
  char *buffer;                 /* READ_LIMIT bytes, or NULL; the thread's */
};

enum served_state { SERVED_OPEN, SERVED_COMPUTING, SERVED_COMPUTED };

/* Lives as long as the server. */
struct served_engine {
  struct engine *engine;
  struct delta *delta;          /* after it was computed */
  atomic_int state;             /* enum served_state */
};

struct server {
  const struct broker_backend *backend;
  const struct broker_options *given;
  struct appliances_options options;    /* as given, with what is below */
  struct log log;
  struct progress progress;
  void *machines;               /* NULL before they were launched */
  bool launch_failed;
  errint_t launch_error;
  struct connection connections[CONNECTIONS];
  int fds[CONNECTIONS];         /* of the connections; the wires' */
  int deaths;                   /* a signalfd for SIGCHLD, or -1 */
  bool lost;                    /* an appliance has gone, which was said */

  pthread_mutex_t talk_lock;    /* of what follows */
  struct connection *talking;   /* serves a request whose work may be done in
                                 * several threads; or NULL */
  const char *last_phase;
  int64_t last_progress;        /* milliseconds */

  pthread_mutex_t engines_lock; /* of what follows, not of what it points to */
  struct served_engine **engines;
  size_t engine_count;
};

/* Prepares SERVER, which is all zero and stays where it is, and takes the
 * descriptors over.  -ENOMEM, not reported. */
errint_t server_init (struct server *server,
                      const struct broker_backend *backend,
                      const struct broker_options *options,
                      const int fds[CONNECTIONS]);

/* Serves until the other ends of the connections are closed, or an appliance
 * has gone: then lost is set, connections do not lead anywhere any more, and
 * the process ends within a few seconds even if server_end does not return. */
void server_run (struct server *server);

/* Ends the appliances. */
void server_end (struct server *server);

/* Sets log and progress of SERVER: both lead to the asking side, or where the
 * caller's own log leads when no request is under way. */
void talk_init (struct server *server);

/* From here to talk_end, what any thread has to say goes to CONNECTION, whose
 * thread calls this. */
void talk_begin (struct connection *connection);
void talk_end (struct connection *connection);

/* Serves one request.  False when the other end has gone.  A request that
 * makes no sense ends the process. */
bool serve_request (struct connection *connection);

#endif
