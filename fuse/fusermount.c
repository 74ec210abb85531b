/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Calling fusermount3, which gets a socket by the environment variable
 * _FUSE_COMMFD, mounts, and hands the mounted device back over it
 * (libfuse's lib/mount.c and util/fusermount.c).
 */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "fusermount.h"
#include "handover.h"
#include "process.h"

#define PROGRAM "fusermount3"

/* Descriptor that fusermount3 gets the socket as. */
#define SOCKET_FD 3
#define SOCKET_VARIABLE "_FUSE_COMMFD"

/* The options, new.  In fsname= a backslash takes the next byte as it is, so
 * that no source can bring in options of its own. */
static char *
make_options (const char *source, const struct serve_options *mount)
{
  static const char fixed[] = "ro,nosuid,nodev,subtype=deltafs";
  CLEANUP_FREE char *escaped = malloc (2 * strlen (source) + 1);
  char *out = escaped, *options = NULL;

  if (escaped == NULL)
    return NULL;
  for (const char *in = source; *in != '\0'; ++in) {
    if (*in == ',' || *in == '\\')
      *out++ = '\\';
    *out++ = *in;
  }
  *out = '\0';
  if (asprintf (&options, "%s%s%s%s,fsname=%s", fixed,
                mount->no_exec ? ",noexec" : "",
                mount->allow_other ? ",allow_other" : "",
                mount->allow_other && !mount->all_readable
                ? ",default_permissions" : "", escaped) == -1)
    return NULL;
  return options;
}

/* The environment with our socket in it: new, its strings borrowed. */
static char **
make_environment (char *variable)
{
  char **environment;
  size_t count = 0, used = 0;

  while (environ[count] != NULL)
    ++count;
  environment = calloc (count + 2, sizeof *environment);
  if (environment == NULL)
    return NULL;
  for (size_t i = 0; i < count; ++i)
    if (strncmp (environ[i], SOCKET_VARIABLE "=",
                 sizeof SOCKET_VARIABLE) != 0)
      environment[used++] = environ[i];
  environment[used] = variable;
  return environment;
}

/* Starts fusermount3 with its stderr going to MESSAGES and SOCKET as descriptor
 * SOCKET_FD. */
static errint_t
start (const char *const *arguments, int socket, int messages, pid_t *pid)
{
  char variable[] = SOCKET_VARIABLE "=3";
  char **environment = make_environment (variable);
  const int files[PROCESS_FILES] = {
    PROCESS_SAME, PROCESS_SAME, messages, [SOCKET_FD] = socket,
  };
  errint_t err = environment == NULL ? -ENOMEM
    : process_start (arguments, environment, files, pid);

  free (environment);
  return err;
}

/* Reads all that it says and leaves the last line in TEXT, which holds SIZE
 * bytes. */
static void
read_messages (int fd, char *text, size_t size)
{
  size_t used = 0;
  ssize_t got;
  char *line;

  while (used < size - 1) {
    got = read (fd, text + used, size - 1 - used);
    if (got == -1 && errno == EINTR)
      continue;
    if (got <= 0)
      break;
    used += (size_t) got;
  }
  while (used > 0 && text[used - 1] == '\n')
    --used;
  text[used] = '\0';
  line = strrchr (text, '\n');
  if (line != NULL)
    memmove (text, line + 1, strlen (line + 1) + 1);
}

/* The descriptor that comes over SOCKET, or a negative errno. */
static int
receive_descriptor (int socket)
{
  char byte;
  int fd;
  errint_t err = handover_receive (socket, &byte, sizeof byte, &fd);

  if (err < 0)
    return err == -EPIPE ? -EIO : err;
  return fd < 0 ? -EIO : fd;
}

static bool
ended_well (pid_t pid)
{
  int status;

  if (process_wait (pid, &status) < 0)
    return true;                /* someone else waits for our children */
  return WIFEXITED (status) && WEXITSTATUS (status) == 0;
}

static const char what[] = "cannot mount";

static errint_t
report_start (const struct log *log, errint_t err, const char *path)
{
  log_report (log, LOG_LEVEL_ERROR, what, path, "cannot run %s: %s",
              PROGRAM, strerror (-err));
  if (err == -ENOENT)
    log_hint (log, "install the package fuse3, or use root");
  return err;
}

static errint_t
report_failure (const struct log *log, const char *path, const char *message)
{
  log_report (log, LOG_LEVEL_ERROR, what, path, "%s",
              *message != '\0' ? message : PROGRAM " failed");
  return -EACCES;
}

errint_t
fusermount_mount (const char *path, const char *source,
                  const struct serve_options *mount, const struct log *log,
                  int *device)
{
  CLEANUP_FREE char *options = make_options (source, mount);
  const char *const arguments[] = { PROGRAM, "-o", options, "--", path, NULL };
  CLEANUP_CLOSE int ours = -1;
  CLEANUP_CLOSE int theirs = -1;
  CLEANUP_CLOSE int messages = -1;
  CLEANUP_CLOSE int their_messages = -1;
  CLEANUP_CLOSE int received = -1;
  char text[512];
  int pair[2];
  pid_t pid;
  errint_t err;

  if (options == NULL)
    return log_error (log, -ENOMEM, what, path);
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
    return log_error (log, -errno, what, path);
  ours = pair[0];
  theirs = pair[1];
  if (pipe2 (pair, O_CLOEXEC) == -1)
    return log_error (log, -errno, what, path);
  messages = pair[0];
  their_messages = pair[1];

  err = start (arguments, theirs, their_messages, &pid);
  if (err < 0)
    return report_start (log, err, path);
  close (steal_fd (&theirs));
  close (steal_fd (&their_messages));
  received = receive_descriptor (ours);
  read_messages (messages, text, sizeof text);
  if (!ended_well (pid) || received < 0)
    return report_failure (log, path, text);
  *device = steal_fd (&received);
  return 0;
}
