/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The broker's start and end, and what is asked of it apart from engines.
 */
#include <config.h>

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker_private.h"
#include "child.h"
#include "process.h"
#include "records.h"

/* How long ending the appliances may take. */
#define CLOSE_MILLISECONDS 40000

static const char cannot_start[] = "cannot start the broker";

static void
close_all (int fds[CONNECTIONS])
{
  for (int i = 0; i < CONNECTIONS; ++i)
    if (fds[i] >= 0)
      close (steal_fd (&fds[i]));
}

static errint_t
make_connections (int ours[CONNECTIONS], int its[CONNECTIONS])
{
  for (int i = 0; i < CONNECTIONS; ++i)
    ours[i] = its[i] = -1;
  for (int i = 0; i < CONNECTIONS; ++i) {
    int ends[2];

    if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
      return -errno;
    ours[i] = ends[0];
    its[i] = ends[1];
  }
  return 0;
}

static errint_t
make_wires (struct broker *broker, int fds[CONNECTIONS])
{
  for (int i = 0; i < CONNECTIONS; ++i) {
    broker->wires[i] = wire_new (steal_fd (&fds[i]), broker->pidfd);
    if (broker->wires[i] == NULL)
      return -ENOMEM;
  }
  return 0;
}

static errint_t
fork_child (struct broker *broker, const struct broker_backend *backend,
            const struct broker_options *options, const int its[CONNECTIONS])
{
  pid_t parent = getpid ();
  pid_t pid = fork ();

  if (pid < 0)
    return -errno;
  if (pid == 0)
    child_run (backend, options, its, parent);
  broker->pid = pid;
  broker->pidfd = pidfd_open (pid, 0);
  return broker->pidfd < 0 ? -errno : 0;
}

errint_t
broker_start_with (const struct broker_backend *backend,
                   const struct broker_options *options,
                   struct broker **result)
{
  CLEANUP (broker_close) struct broker *broker = calloc (1, sizeof *broker);
  const struct log *log = options->appliances.log;
  int ours[CONNECTIONS], its[CONNECTIONS];
  errint_t error;

  if (broker == NULL)
    return log_error (log, -ENOMEM, cannot_start, NULL);
  broker->pidfd = -1;
  broker->log = log;
  broker->overlay = options->overlay;
  pthread_mutex_init (&broker->lock, NULL);
  pthread_cond_init (&broker->freed, NULL);
  error = make_connections (ours, its);
  if (error == 0)
    error = fork_child (broker, backend, options, its);
  close_all (its);
  if (error == 0)
    error = make_wires (broker, ours);
  close_all (ours);
  if (error != 0)
    return log_error (log, error, cannot_start, NULL);
  *result = steal_pointer (&broker);
  return 0;
}

/* Its connections are closed: that asks it to end. */
static void
end_child (struct broker *broker)
{
  struct pollfd poll_fd = { .fd = broker->pidfd, .events = POLLIN };

  if (broker->pidfd < 0)
    kill (broker->pid, SIGKILL);
  else {
    if (poll (&poll_fd, 1, broker->gone ? 0 : CLOSE_MILLISECONDS) != 1)
      pidfd_send_signal (broker->pidfd, SIGKILL, NULL, 0);
    close (broker->pidfd);
  }
  process_wait (broker->pid, NULL);
}

void
broker_close (struct broker *broker)
{
  for (int i = 0; i < CONNECTIONS; ++i)
    if (broker->wires[i] != NULL)
      wire_free (broker->wires[i]);
  if (broker->pid > 0)
    end_child (broker);
  pthread_cond_destroy (&broker->freed);
  pthread_mutex_destroy (&broker->lock);
  free (broker);
}

int
broker_death_fd (const struct broker *broker)
{
  return broker->pidfd;
}

pid_t
broker_pid (const struct broker *broker)
{
  return broker->pid;
}

bool
broker_is_used (const struct broker *broker)
{
  return broker->launched;
}

errint_t
broker_launch (struct broker *broker, const unsigned sector_size[SIDES],
               const struct progress *progress)
{
  struct call call;

  if (broker->launched)
    return broker->launch_error;
  broker->launched = true;
  broker->progress = progress;
  broker->launch_error = call_begin (broker, REQUEST_LAUNCH, &call);
  if (broker->launch_error != 0)
    return broker->launch_error;
  call.progress = progress;
  for (int side = 0; side < SIDES; ++side)
    wire_put_u32 (call.wire, sector_size[side]);
  broker->launch_error = call_end (&call, call_answer (&call));
  return broker->launch_error;
}

errint_t
broker_filesystems (struct broker *broker, enum side side,
                    struct appliance_filesystems **filesystems)
{
  struct call call;
  errint_t error = call_begin (broker, REQUEST_FILESYSTEMS, &call);

  if (error != 0)
    return error;
  *filesystems = NULL;
  wire_put_u8 (call.wire, (uint8_t) side);
  error = call_answer (&call);
  if (error == 0)
    get_filesystems (call.wire, filesystems);
  return call_end (&call, error);
}
