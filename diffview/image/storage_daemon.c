/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Starting qemu-storage-daemon and talking to it.  Its listening socket and
 * the one for QMP are made here and handed over, so nothing has to be waited
 * for by polling.
 */
#include <config.h>

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "process.h"
#include "qmp.h"
#include "remote.h"
#include "storage_daemon.h"
#include "subprocess.h"

#define PROGRAM "qemu-storage-daemon"
#define SOCKET_BACKLOG 16
/* Of what it writes to its standard error, the end is kept. */
#define ERRORS_MAX 16384

struct storage_daemon {
  const struct log *log;
  pid_t pid;                    /* 0 before it runs */
  int process;                  /* the same as a pidfd, or -1 */
  int monitor;                  /* the socket of QMP, until it is used */
  struct qmp *qmp;              /* NULL until then, and once it is sealed */
  char *socket_path;            /* NULL before it is bound */
  bool hidden;                  /* the socket was removed */
  int errors;                   /* what it writes to its standard error */
};

/* New, or NULL without memory. */
static char *
socket_path_in (const char *directory)
{
  char *path;

  return asprintf (&path, "%s/nbd.sock", directory) < 0 ? NULL : path;
}

static errint_t
make_socket (struct storage_daemon *daemon, const char *directory, int *fd)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  CLEANUP_FREE char *path = socket_path_in (directory);
  CLEANUP_CLOSE int made = -1;

  if (path == NULL)
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

/* What the process wrote, in TEXT, without the end of the last line. */
static void
read_errors (const struct storage_daemon *daemon, char *text, size_t size)
{
  off_t end = lseek (daemon->errors, 0, SEEK_END);
  off_t start = end > (off_t) size ? end - (off_t) size + 1 : 0;
  ssize_t got = pread (daemon->errors, text, size - 1, start);

  text[got > 0 ? got : 0] = '\0';
  while (got > 0 && text[got - 1] == '\n')
    text[--got] = '\0';
}

static const char *
without_program (const char *line)
{
  return strncmp (line, PROGRAM ": ", strlen (PROGRAM ": ")) == 0
    ? line + strlen (PROGRAM ": ") : line;
}

/* Reports that the process failed, with the last line that it wrote. */
static errint_t
report_failure (const struct storage_daemon *daemon, errint_t error,
                const char *object)
{
  char text[ERRORS_MAX];
  const char *line;

  read_errors (daemon, text, sizeof text);
  line = strrchr (text, '\n');
  line = without_program (line != NULL ? line + 1 : text);
  if (line[0] != '\0')
    log_report (daemon->log, LOG_LEVEL_ERROR, PROGRAM " failed", object,
                "%s", line);
  else
    log_error (daemon->log, error, PROGRAM " failed", object);
  return error;
}

/* The command line, to be freed: only the array is new. */
static const char **
command_line (const struct storage_daemon_part *parts, size_t count,
              const char *chardev, const char *nbd)
{
  const char *const first[] = {
    PROGRAM, "--chardev", chardev, "--monitor", "chardev=monitor",
    "--nbd-server", nbd,
  };
  const size_t first_count = sizeof first / sizeof *first;
  const char **line = calloc (first_count + 2 * count + 1, sizeof *line);

  if (line == NULL)
    return NULL;
  memcpy (line, first, sizeof first);
  for (size_t i = 0; i < count; ++i) {
    line[first_count + 2 * i] = parts[i].option;
    line[first_count + 2 * i + 1] = parts[i].description;
  }
  return line;
}

static errint_t
run (struct storage_daemon *daemon,
     const struct storage_daemon_part *parts, size_t count,
     int monitor, int server, const int *kept, size_t kept_count)
{
  CLEANUP_FREE char *chardev = NULL, *nbd = NULL;
  CLEANUP_FREE_BYTES unsigned char *memory = NULL;
  const char **line;
  int *all;
  errint_t error;

  memory = calloc (kept_count + 3, sizeof *all);
  if (memory == NULL
      || asprintf (&chardev, "socket,id=monitor,fd=%d", monitor) < 0
      || asprintf (&nbd, "addr.type=fd,addr.str=%d,max-connections=0",
                   server) < 0
      || (line = command_line (parts, count, chardev, nbd)) == NULL)
    return log_error (daemon->log, -ENOMEM, "cannot start", PROGRAM);
  all = (int *) (void *) memory;
  if (kept_count > 0)
    memcpy (all, kept, kept_count * sizeof *all);
  all[kept_count] = monitor;
  all[kept_count + 1] = server;
  /* Our end of the monitor, too, which nobody reads there: so the monitor does
   * not end when we close it.  QEMU 7.2 crashes now and then when that happens
   * while it starts. */
  all[kept_count + 2] = daemon->monitor;
  error = subprocess_start (line, daemon->errors, all, kept_count + 3,
                            &daemon->pid);
  free (line);
  if (error == 0) {
    daemon->process = pidfd_open (daemon->pid, 0);
    return daemon->process >= 0 ? 0
      : log_error (daemon->log, -errno, "cannot watch", PROGRAM);
  }
  daemon->pid = 0;
  log_error (daemon->log, error, "cannot start", PROGRAM);
  if (error == -ENOENT)
    log_hint (daemon->log, "install QEMU's storage daemon (Debian 12: "
              "qemu-system-common)");
  return error;
}

errint_t
storage_daemon_start (const char *directory,
                      const struct storage_daemon_part *parts, size_t count,
                      const int *kept, size_t kept_count,
                      const struct log *log, struct storage_daemon **result)
{
  CLEANUP (storage_daemon_stop) struct storage_daemon *daemon = NULL;
  CLEANUP_CLOSE int its = -1, server = -1;
  int monitor[2];
  errint_t error;

  daemon = calloc (1, sizeof *daemon);
  if (daemon == NULL)
    return log_error (log, -ENOMEM, "cannot start", PROGRAM);
  daemon->log = log;
  daemon->process = -1;
  daemon->monitor = -1;
  daemon->errors = memfd_create ("errors", MFD_CLOEXEC);
  if (daemon->errors < 0
      || socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, monitor) != 0)
    return log_error (log, -errno, "cannot start", PROGRAM);
  daemon->monitor = monitor[0];
  its = monitor[1];
  error = make_socket (daemon, directory, &server);
  if (error == 0)
    error = run (daemon, parts, count, its, server, kept, kept_count);
  /* From here on its death is seen as the end of both. */
  if (error == 0)
    *result = steal_pointer (&daemon);
  return error;
}

void
storage_daemon_stop (struct storage_daemon *daemon)
{
  if (daemon == NULL)
    return;
  if (daemon->pid > 0) {
    /* It has nothing to finish: the images are read-only, the scratch
     * layers are thrown away. */
    if (daemon->process < 0
        || pidfd_send_signal (daemon->process, SIGKILL, NULL, 0) < 0)
      kill (daemon->pid, SIGKILL);
    process_wait (daemon->pid, NULL);
  }
  if (daemon->process >= 0)
    close (daemon->process);
  storage_daemon_seal (daemon);
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

/* What is wrong with PART, if that is what LINE says: "OPTION DESCRIPTION:
 * what is wrong"; else NULL. */
static const char *
complaint_about (const struct storage_daemon_part *part, const char *line)
{
  const size_t option = strlen (part->option);
  const size_t description = strlen (part->description);

  if (strncmp (line, part->option, option) != 0 || line[option] != ' ')
    return NULL;
  line += option + 1;
  if (strncmp (line, part->description, description) != 0)
    return NULL;
  line += description;
  return strncmp (line, ": ", 2) == 0 ? without_handle (line + 2) : NULL;
}

errint_t
storage_daemon_blame (struct storage_daemon *daemon,
                      const struct storage_daemon_part *parts, size_t count,
                      errint_t error)
{
  char text[ERRORS_MAX], *rest = text, *line;

  read_errors (daemon, text, sizeof text);
  while ((line = strsep (&rest, "\n")) != NULL)
    for (size_t i = 0; i < count; ++i) {
      const char *complaint = complaint_about (&parts[i],
                                               without_program (line));

      if (complaint == NULL)
        continue;
      log_report (daemon->log, LOG_LEVEL_ERROR, parts[i].what,
                  parts[i].object, "%s", complaint);
      remote_hint (daemon->log, complaint);
      return error;
    }
  return report_failure (daemon, error, NULL);
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

void
storage_daemon_control_descriptors (const struct storage_daemon *daemon,
                                    int descriptors[2])
{
  descriptors[0] = daemon->monitor;
  descriptors[1] = daemon->errors;
}

errint_t
storage_daemon_open_monitor (struct storage_daemon *daemon)
{
  errint_t error;

  if (daemon->qmp != NULL)
    return 0;
  error = qmp_open (daemon->monitor, &daemon->qmp);
  if (error == 0)
    daemon->monitor = -1;
  return error;
}

errint_t
storage_daemon_execute (struct storage_daemon *daemon, const char *command,
                        json_t *arguments,
                        const char *what, const char *object)
{
  CLEANUP_FREE char *refusal = NULL;
  errint_t error = storage_daemon_open_monitor (daemon);

  if (error == 0)
    error = qmp_execute (daemon->qmp, command, arguments, &refusal);
  else
    json_decref (arguments);
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

void
storage_daemon_remove_socket (const char *directory)
{
  CLEANUP_FREE char *path = socket_path_in (directory);

  if (path != NULL)
    unlink (path);
}

void
storage_daemon_seal (struct storage_daemon *daemon)
{
  if (daemon->qmp != NULL)
    qmp_close (steal_pointer (&daemon->qmp));
  if (daemon->monitor >= 0)
    close (steal_fd (&daemon->monitor));
}

int
storage_daemon_process (const struct storage_daemon *daemon)
{
  return daemon->process;
}

pid_t
storage_daemon_pid (const struct storage_daemon *daemon)
{
  return daemon->pid;
}
