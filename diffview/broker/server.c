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
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server.h"

/* Between the end of a process and the signal that says so. */
#define SIGNAL_MILLISECONDS 200
/* How long libguestfs may take to clear up when an appliance was lost. */
#define LOST_SECONDS 2

errint_t
server_init (struct server *server, const struct broker_backend *backend,
             const struct broker_options *options,
             const int fds[CONNECTIONS])
{
  *server = (struct server) {
    .backend = backend,
    .given = options,
    .options = options->appliances,
    .deaths = -1,
    .talk_lock = PTHREAD_MUTEX_INITIALIZER,
    .engines_lock = PTHREAD_MUTEX_INITIALIZER,
  };
  talk_init (server);
  server->options.log = &server->log;
  server->options.progress = &server->progress;
  for (int i = 0; i < CONNECTIONS; ++i) {
    struct connection *connection = &server->connections[i];

    connection->server = server;
    server->fds[i] = fds[i];
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

/* The processes of the appliances, as far as they are watched. */
struct machines_watch {
  pid_t pids[SIDES];            /* 0: none */
  int pidfds[SIDES];            /* or -1 */
  struct end { bool known, by_signal; int status; } ends[SIDES];
};

/* libguestfs may be the first to wait for its QEMU, and tells nobody how that
 * ended.  The signal to the parent says it, too, and stays until it is
 * read. */
static void
take_ends (const struct server *server, struct machines_watch *machines)
{
  struct signalfd_siginfo info;

  while (read (server->deaths, &info, sizeof info) == sizeof info)
    for (int side = 0; side < SIDES; ++side)
      if ((pid_t) info.ssi_pid == machines->pids[side])
        machines->ends[side] = (struct end) {
          true, info.ssi_code != CLD_EXITED, info.ssi_status,
        };
}

/* Of a process that has gone: how, if that is to be known. */
static struct end
find_end (const struct server *server, struct machines_watch *machines,
          enum side side)
{
  struct pollfd poll_fd = { .fd = server->deaths, .events = POLLIN };
  const struct end *end = &machines->ends[side];
  siginfo_t info = { .si_pid = 0 };

  take_ends (server, machines);
  if (!end->known && machines->pidfds[side] >= 0
      && waitid (P_PIDFD, (id_t) machines->pidfds[side], &info,
                 WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0)
    return (struct end) { true, info.si_code != CLD_EXITED, info.si_status };
  if (!end->known && poll (&poll_fd, 1, SIGNAL_MILLISECONDS) == 1)
    take_ends (server, machines);
  return *end;
}

static void
report_lost (const struct server *server, enum side side,
             const struct end *end)
{
  const char *overlay = server->given->overlay;
  const char *whose = side == SIDE_BASE ? "base" : "overlay";

  if (end->known && end->by_signal)
    log_report (&server->log, LOG_LEVEL_ERROR, "an appliance has ended",
                overlay, "QEMU with the %s's disk was ended by signal %d (%s)",
                whose, end->status, strsignal (end->status));
  else
    log_report (&server->log, LOG_LEVEL_ERROR, "an appliance has ended",
                overlay, "QEMU with the %s's disk has ended", whose);
  log_hint (&server->log, "it may have been killed, or out of memory; if it "
            "happens again with this image, please report it");
}

static void
end_late (int signal __attribute__ ((unused)))
{
  _exit (CHILD_REPORTED);
}

/* An appliance has gone: nothing can be read any more.  The other one is ended,
 * and requests, so that libguestfs can clear up after both; it gets a moment
 * for that. */
static void
lose (struct server *server, struct machines_watch *machines, enum side side)
{
  const struct sigaction late = { .sa_handler = end_late };
  struct end end = find_end (server, machines, side);

  server->lost = true;
  report_lost (server, side, &end);
  sigaction (SIGALRM, &late, NULL);
  alarm (LOST_SECONDS);
  for (int i = 0; i < SIDES; ++i)
    if (machines->pidfds[i] >= 0)
      pidfd_send_signal (machines->pidfds[i], SIGKILL, NULL, 0);
  for (int i = 0; i < CONNECTIONS; ++i)
    shutdown (server->fds[i], SHUT_RDWR);
}

static void
watch_machines (struct server *server, struct machines_watch *machines)
{
  for (int side = 0; side < SIDES; ++side) {
    pid_t pid = server->backend->process (server->machines,
                                          (enum side) side);

    machines->pids[side] = pid > 0 ? pid : 0;
    machines->pidfds[side] = pid > 0 ? pidfd_open (pid, 0) : -1;
  }
}

/* Until the other ends of the connections are closed, or an appliance is
 * lost. */
static void
watch (struct server *server)
{
  enum { CONNECTION = SIDES, DEATHS, COUNT };
  struct machines_watch machines = { 0 };
  struct pollfd fds[COUNT] = {
    [CONNECTION] = { .fd = server->fds[0], .events = POLLRDHUP },
    [DEATHS] = { .fd = server->deaths, .events = POLLIN },
  };

  watch_machines (server, &machines);
  for (int side = 0; side < SIDES; ++side) {
    fds[side] = (struct pollfd) {
      .fd = machines.pidfds[side], .events = POLLIN,
    };
    /* One that has gone already. */
    if (!server->lost && machines.pids[side] != 0 && fds[side].fd < 0)
      lose (server, &machines, (enum side) side);
  }
  while (!server->lost && fds[CONNECTION].revents == 0) {
    if (poll (fds, COUNT, -1) < 0)
      continue;
    if (fds[DEATHS].revents != 0)
      take_ends (server, &machines);
    for (int side = 0; side < SIDES; ++side)
      if (!server->lost && fds[CONNECTION].revents == 0
          && fds[side].revents != 0)
        lose (server, &machines, (enum side) side);
  }
  for (int side = 0; side < SIDES; ++side)
    if (machines.pidfds[side] >= 0)
      close (machines.pidfds[side]);
}

/* Before there are threads, libguestfs' and ours: none of them takes the
 * signal.  Programs that are started have it blocked, too, which none of them
 * minds. */
static void
note_deaths (struct server *server)
{
  sigset_t set;

  sigemptyset (&set);
  sigaddset (&set, SIGCHLD);
  pthread_sigmask (SIG_BLOCK, &set, NULL);
  server->deaths = signalfd (-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void
server_run (struct server *server)
{
  bool connected = true;

  note_deaths (server);
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
