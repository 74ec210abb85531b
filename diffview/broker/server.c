/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The child's life: waits for the launch, serves its connections, watches the
 * appliances, ends.
 */
#include <config.h>

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server.h"

errint_t
server_init (struct server *server, const struct broker_backend *backend,
             const struct broker_options *options,
             const int fds[CONNECTIONS])
{
  *server = (struct server) {
    .backend = backend,
    .given = options,
    .options = options->appliances,
    .first_fd = fds[0],
    .talk_lock = PTHREAD_MUTEX_INITIALIZER,
    .engines_lock = PTHREAD_MUTEX_INITIALIZER,
  };
  talk_init (server);
  server->options.log = &server->log;
  server->options.progress = &server->progress;
  for (int i = 0; i < CONNECTIONS; ++i) {
    struct connection *connection = &server->connections[i];

    connection->server = server;
    pthread_mutex_init (&connection->lock, NULL);
    connection->wire = wire_new (fds[i], -1);
    if (connection->wire == NULL)
      return -ENOMEM;
  }
  return 0;
}

static void *
serve_connection (void *opaque)
{
  struct connection *connection = opaque;

  while (serve_request (connection))
    continue;
  return NULL;
}

static errint_t
start_threads (struct server *server)
{
  for (int i = 0; i < CONNECTIONS; ++i) {
    struct connection *connection = &server->connections[i];
    int error = pthread_create (&connection->thread, NULL, serve_connection,
                                connection);

    if (error != 0)
      return log_error (&server->log, -error, "cannot start a thread", NULL);
    connection->has_thread = true;
  }
  return 0;
}

/* An appliance has gone: nothing can be read any more. */
static void end_with (struct server *server, enum side side,
                      const int pidfds[SIDES]) __attribute__ ((noreturn));

static void
end_with (struct server *server, enum side side, const int pidfds[SIDES])
{
  const char *overlay = server->given->overlay;
  const char *whose = side == SIDE_BASE ? "base" : "overlay";
  siginfo_t info = { .si_pid = 0 };

  /* It is not known where libguestfs has asked before. */
  waitid (P_PIDFD, (id_t) pidfds[side], &info, WEXITED | WNOHANG | WNOWAIT);
  if (info.si_pid != 0 && info.si_code != CLD_EXITED)
    log_report (&server->log, LOG_LEVEL_ERROR, "an appliance has ended",
                overlay, "QEMU with the %s's disk was ended by signal %d (%s)",
                whose, info.si_status, strsignal (info.si_status));
  else
    log_report (&server->log, LOG_LEVEL_ERROR, "an appliance has ended",
                overlay, "QEMU with the %s's disk has ended", whose);
  log_hint (&server->log, "it may have been killed, or out of memory; if it "
            "happens again with this image, please report it");
  for (int i = 0; i < SIDES; ++i)
    if (pidfds[i] >= 0)
      pidfd_send_signal (pidfds[i], SIGKILL, NULL, 0);
  _exit (CHILD_REPORTED);
}

/* Until the other ends of the connections are closed. */
static void
watch (struct server *server)
{
  int pidfds[SIDES];
  struct pollfd fds[SIDES + 1] = {
    [SIDES] = { .fd = server->first_fd, .events = POLLRDHUP },
  };

  for (int side = 0; side < SIDES; ++side) {
    pid_t pid = server->backend->process (server->machines,
                                          (enum side) side);

    pidfds[side] = pid > 0 ? pidfd_open (pid, 0) : -1;
    fds[side] = (struct pollfd) { .fd = pidfds[side], .events = POLLIN };
  }
  while (fds[SIDES].revents == 0) {
    if (poll (fds, SIDES + 1, -1) < 0)
      continue;
    for (int side = 0; side < SIDES && fds[SIDES].revents == 0; ++side)
      if (fds[side].revents != 0)
        end_with (server, (enum side) side, pidfds);
  }
  for (int side = 0; side < SIDES; ++side)
    if (pidfds[side] >= 0)
      close (pidfds[side]);
}

void
server_run (struct server *server)
{
  bool connected = true;

  while (connected && server->machines == NULL)
    connected = serve_request (&server->connections[0]);
  if (connected && start_threads (server) == 0)
    watch (server);
}

/* What was found goes with the process. */
void
server_end (struct server *server)
{
  for (int i = 0; i < CONNECTIONS; ++i)
    if (server->connections[i].has_thread)
      pthread_join (server->connections[i].thread, NULL);
  for (size_t i = 0; i < server->engine_count; ++i)
    engine_close (server->engines[i]->engine);
  if (server->machines != NULL)
    server->backend->close (server->machines);
  for (int side = 0; side < SIDES; ++side)
    unlink (server->options.socket[side]);
}
