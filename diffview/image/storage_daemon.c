/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Starting qemu-storage-daemon and talking to it.  Its listening socket and
 * the one for QMP are made here and handed over, so nothing has to be waited
 * for by polling.
 */
#include "config.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "qmp.h"
#include "storage_daemon.h"
#include "subprocess.h"

#define PROGRAM "qemu-storage-daemon"
#define SOCKET_BACKLOG 16

struct storage_daemon {
  const struct log *log;
  pid_t pid;                    /* 0 before it runs */
  struct qmp *qmp;
  char *socket_path;            /* NULL before it is bound */
  bool hidden;                  /* the socket was removed */
  int errors;                   /* what it writes to its standard error */
};

static errint_t
make_socket (struct storage_daemon *daemon, const char *directory, int *fd)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  CLEANUP_FREE char *path = NULL;
  CLEANUP_CLOSE int made = -1;

  if (asprintf (&path, "%s/nbd.sock", directory) < 0)
    return log_error (daemon->log, -ENOMEM, "cannot make a socket", NULL);
  if (strlen (path) >= sizeof address.sun_path) {
    log_report (daemon->log, LOG_LEVEL_ERROR, "cannot make a socket", path,
                "the path is too long");
    log_hint (daemon->log, "set TMPDIR to a folder with a shorter path");
    return -ENAMETOOLONG;
  }
  strcpy (address.sun_path, path);
  made = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0
      || bind (made, (struct sockaddr *) &address, sizeof address) != 0)
    return log_error (daemon->log, -errno, "cannot make a socket", path);
  daemon->socket_path = steal_pointer (&path);
  if (listen (made, SOCKET_BACKLOG) != 0)
    return log_error (daemon->log, -errno, "cannot make a socket",
                      daemon->socket_path);
  *fd = steal_fd (&made);
  return 0;
}

/* Reports that the process failed, with the last line that it wrote. */
static errint_t
report_failure (const struct storage_daemon *daemon, errint_t error,
                const char *object)
{
  char text[1024], *line;
  off_t end = lseek (daemon->errors, 0, SEEK_END);
  off_t start = end > (off_t) sizeof text ? end - (off_t) sizeof text + 1 : 0;
  ssize_t got = pread (daemon->errors, text, sizeof text - 1, start);

  text[got > 0 ? got : 0] = '\0';
  while (got > 0 && text[got - 1] == '\n')
    text[--got] = '\0';
  line = strrchr (text, '\n');
  line = line != NULL ? line + 1 : text;
  if (strncmp (line, PROGRAM ": ", strlen (PROGRAM ": ")) == 0)
    line += strlen (PROGRAM ": ");
  if (line[0] != '\0')
    log_report (daemon->log, LOG_LEVEL_ERROR, PROGRAM " failed", object,
                "%s", line);
  else
    log_error (daemon->log, error, PROGRAM " failed", object);
  return error;
}

static errint_t
run (struct storage_daemon *daemon, int monitor, int server,
     const int *kept, size_t kept_count)
{
  CLEANUP_FREE char *chardev = NULL, *nbd = NULL;
  CLEANUP_FREE_BYTES unsigned char *memory = NULL;
  int *all;
  errint_t error;

  memory = calloc (kept_count + 2, sizeof *all);
  if (memory == NULL
      || asprintf (&chardev, "socket,id=monitor,fd=%d", monitor) < 0
      || asprintf (&nbd, "addr.type=fd,addr.str=%d,max-connections=0",
                   server) < 0)
    return log_error (daemon->log, -ENOMEM, "cannot start", PROGRAM);
  all = (int *) (void *) memory;
  if (kept_count > 0)
    memcpy (all, kept, kept_count * sizeof *all);
  all[kept_count] = monitor;
  all[kept_count + 1] = server;
  error = subprocess_start ((const char *const []) {
      PROGRAM, "--chardev", chardev, "--monitor", "chardev=monitor",
      "--nbd-server", nbd, NULL },
    daemon->errors, all, kept_count + 2, &daemon->pid);
  if (error == 0)
    return 0;
  daemon->pid = 0;
  log_error (daemon->log, error, "cannot start", PROGRAM);
  if (error == -ENOENT)
    log_hint (daemon->log, "install QEMU's storage daemon (Debian 12: "
              "qemu-system-common)");
  return error;
}

errint_t
storage_daemon_start (const char *directory,
                      const int *kept, size_t kept_count,
                      const struct log *log, struct storage_daemon **result)
{
  CLEANUP (storage_daemon_stop) struct storage_daemon *daemon = NULL;
  CLEANUP_CLOSE int own = -1, its = -1, server = -1;
  int monitor[2];
  errint_t error;

  daemon = calloc (1, sizeof *daemon);
  if (daemon == NULL)
    return log_error (log, -ENOMEM, "cannot start", PROGRAM);
  daemon->log = log;
  daemon->errors = memfd_create ("errors", MFD_CLOEXEC);
  if (daemon->errors < 0
      || socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, monitor) != 0)
    return log_error (log, -errno, "cannot start", PROGRAM);
  own = monitor[0];
  its = monitor[1];
  error = make_socket (daemon, directory, &server);
  if (error == 0)
    error = run (daemon, its, server, kept, kept_count);
  if (error != 0)
    return error;
  /* Its death must be seen as the end of both. */
  close (steal_fd (&its));
  close (steal_fd (&server));
  error = qmp_open (own, &daemon->qmp);
  if (error != 0)
    return report_failure (daemon, error, NULL);
  steal_fd (&own);
  *result = steal_pointer (&daemon);
  return 0;
}

void
storage_daemon_stop (struct storage_daemon *daemon)
{
  if (daemon == NULL)
    return;
  if (daemon->pid > 0) {
    /* It has nothing to finish: the images are read-only, the scratch
     * layers are thrown away. */
    kill (daemon->pid, SIGKILL);
    subprocess_wait (daemon->pid);
  }
  qmp_close (daemon->qmp);
  storage_daemon_hide (daemon);
  free (daemon->socket_path);
  if (daemon->errors >= 0)
    close (daemon->errors);
  free (daemon);
}

/* QEMU knows the files by their descriptors only; the name is ours to tell. */
static const char *
without_handle (const char *refusal)
{
  static const char prefix[] = "Could not open '/dev/fd/";
  const char *end = strstr (refusal, "': ");

  return strncmp (refusal, prefix, strlen (prefix)) == 0 && end != NULL
    ? end + strlen ("': ") : refusal;
}

static errint_t
report (const struct storage_daemon *daemon, errint_t error,
        const char *what, const char *object, const char *refusal)
{
  if (refusal == NULL)
    return report_failure (daemon, error, object);
  log_report (daemon->log, LOG_LEVEL_ERROR, what, object, "%s",
              without_handle (refusal));
  return error;
}

errint_t
storage_daemon_execute (struct storage_daemon *daemon, const char *command,
                        json_t *arguments,
                        const char *what, const char *object)
{
  CLEANUP_FREE char *refusal = NULL;
  errint_t error = qmp_execute (daemon->qmp, command, arguments, &refusal);

  return error == 0 ? 0 : report (daemon, error, what, object, refusal);
}

errint_t
storage_daemon_run_job (struct storage_daemon *daemon, const char *command,
                        const char *id, json_t *arguments,
                        const char *what, const char *object)
{
  CLEANUP_FREE char *refusal = NULL;
  errint_t error = storage_daemon_execute (daemon, command, arguments, what,
                                           object);

  if (error != 0)
    return error;
  error = qmp_finish_job (daemon->qmp, id, &refusal);
  return error == 0 ? 0 : report (daemon, error, what, object, refusal);
}

const char *
storage_daemon_socket (const struct storage_daemon *daemon)
{
  return daemon->socket_path;
}

void
storage_daemon_hide (struct storage_daemon *daemon)
{
  if (daemon->socket_path != NULL && !daemon->hidden)
    unlink (daemon->socket_path);
  daemon->hidden = true;
}

pid_t
storage_daemon_pid (const struct storage_daemon *daemon)
{
  return daemon->pid;
}
