/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From a fork to a process of its own.
 */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "child.h"
#include "process.h"
#include "server.h"
#include "signal_handlers.h"

static int
compare_numbers (const void *a, const void *b)
{
  const int *one = a, *other = b;

  return (*one > *other) - (*one < *other);
}

/* All but the standard ones, the connections and what the caller wants
 * kept. */
static void
close_others (const struct broker_options *options,
              const int connections[CONNECTIONS])
{
  int kept[CONNECTIONS + BROKER_KEPT_MAX];
  size_t count = CONNECTIONS;
  int next = STDERR_FILENO + 1;

  for (size_t i = 0; i < CONNECTIONS; ++i)
    kept[i] = connections[i];
  for (size_t i = 0; i < options->kept_count && i < BROKER_KEPT_MAX; ++i)
    kept[count++] = options->kept[i];
  qsort (kept, count, sizeof kept[0], compare_numbers);
  for (size_t i = 0; i < count; ++i) {
    if (kept[i] > next)
      close_range ((unsigned) next, (unsigned) kept[i] - 1, 0);
    if (kept[i] >= next)
      next = kept[i] + 1;
  }
  close_range ((unsigned) next, ~0U, 0);
}

/* Nobody is asked anything, and what the caller prints is not held open. */
static void
leave_standard_streams (void)
{
  CLEANUP_CLOSE int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  if (null < 0)
    return;
  dup2 (null, STDIN_FILENO);
  dup2 (null, STDOUT_FILENO);
}

void
child_run (const struct broker_backend *backend,
           const struct broker_options *options,
           const int connections[CONNECTIONS], pid_t parent)
{
  struct server *server = NULL;

  process_end_with_parent (parent, SIGKILL, CHILD_DONE);
  prctl (PR_SET_NAME, "deltafs-broker");
  prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  signal_handlers_forget ();
  close_others (options, connections);
  leave_standard_streams ();
  server = calloc (1, sizeof *server);
  if (server == NULL
      || server_init (server, backend, options, connections) != 0)
    _exit (EXIT_FAILURE);
  server_run (server);
  server_end (server);
  _exit (server->lost ? CHILD_REPORTED : CHILD_DONE);
}
