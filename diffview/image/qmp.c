/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * QMP: lines of JSON.
 */
#include <config.h>

#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "qmp.h"

/* A command that opens a remote image can take long, but not for ever. */
#define TIMEOUT_MILLISECONDS 60000
/* Replies to what is asked here are short. */
#define LINE_MAX_LENGTH (4 * 1024 * 1024)

struct qmp {
  int fd;
  char *buffer;                 /* received; lines begin at 0 */
  size_t used, capacity;
  char *concluded;              /* the job that ended last, or NULL */
};

static void
cleanup_json (json_t **value)
{
  json_decref (*value);
}

#define CLEANUP_JSON __attribute__ ((cleanup (cleanup_json)))

static errint_t
receive (struct qmp *qmp)
{
  struct pollfd poll_fd = { .fd = qmp->fd, .events = POLLIN };
  ssize_t got;
  int ready;

  if (qmp->used == qmp->capacity) {
    const size_t capacity = qmp->capacity == 0 ? 4096 : 2 * qmp->capacity;
    char *buffer;

    if (capacity > LINE_MAX_LENGTH)
      return -EPROTO;
    buffer = realloc (qmp->buffer, capacity);
    if (buffer == NULL)
      return -ENOMEM;
    qmp->buffer = buffer;
    qmp->capacity = capacity;
  }
  do
    ready = poll (&poll_fd, 1, TIMEOUT_MILLISECONDS);
  while (ready < 0 && errno == EINTR);
  if (ready <= 0)
    return ready == 0 ? -ETIMEDOUT : -errno;
  do
    got = recv (qmp->fd, qmp->buffer + qmp->used, qmp->capacity - qmp->used,
                0);
  while (got < 0 && errno == EINTR);
  if (got <= 0)
    return got == 0 ? -ECONNRESET : -errno;
  qmp->used += (size_t) got;
  return 0;
}

/* The next line's object, to be released. */
static errint_t
next_message (struct qmp *qmp, json_t **message)
{
  size_t searched = 0;
  char *end;

  while (qmp->used == searched
         || (end = memchr (qmp->buffer + searched, '\n',
                           qmp->used - searched)) == NULL) {
    errint_t error;

    searched = qmp->used;
    error = receive (qmp);
    if (error != 0)
      return error;
  }
  *message = json_loadb (qmp->buffer, (size_t) (end - qmp->buffer), 0, NULL);
  qmp->used -= (size_t) (end + 1 - qmp->buffer);
  memmove (qmp->buffer, end + 1, qmp->used);
  return *message != NULL ? 0 : -EPROTO;
}

/* Events come between a command and its reply; only the end of a job
 * matters. */
static void
note_event (struct qmp *qmp, const json_t *message)
{
  const json_t *data = json_object_get (message, "data");
  const char *status = json_string_value (json_object_get (data, "status"));
  const char *id = json_string_value (json_object_get (data, "id"));

  if (status == NULL || id == NULL || strcmp (status, "concluded") != 0)
    return;
  free (qmp->concluded);
  qmp->concluded = strdup (id);
}

static errint_t
send_text (struct qmp *qmp, const char *text)
{
  size_t length = strlen (text);

  while (length > 0) {
    ssize_t sent = send (qmp->fd, text, length, MSG_NOSIGNAL);

    if (sent < 0) {
      if (errno == EINTR)
        continue;
      return errno == EPIPE ? -ECONNRESET : -errno;
    }
    text += sent;
    length -= (size_t) sent;
  }
  return 0;
}

static errint_t
refused (const json_t *failed, char **failure)
{
  const char *text = json_string_value (json_object_get (failed, "desc"));

  *failure = strdup (text != NULL ? text : "no reason given");
  return *failure != NULL ? -EIO : -ENOMEM;
}

/* Sends a command and waits for its reply, which is to be released. */
static errint_t
execute (struct qmp *qmp, const char *command, json_t *arguments,
         json_t **reply, char **failure)
{
  CLEANUP_JSON json_t *request = NULL;
  CLEANUP_FREE char *text = NULL;
  errint_t error;

  *failure = NULL;
  *reply = NULL;
  if (arguments == NULL)
    return -ENOMEM;
  request = json_pack ("{s:s, s:o}", "execute", command,
                       "arguments", arguments);
  if (request == NULL)
    return -ENOMEM;
  text = json_dumps (request, JSON_COMPACT);
  if (text == NULL)
    return -ENOMEM;
  error = send_text (qmp, text);
  while (error == 0) {
    CLEANUP_JSON json_t *message = NULL;
    const json_t *failed;

    error = next_message (qmp, &message);
    if (error != 0)
      break;
    failed = json_object_get (message, "error");
    if (failed != NULL)
      return refused (failed, failure);
    *reply = json_incref (json_object_get (message, "return"));
    if (*reply != NULL)
      return 0;
    note_event (qmp, message);
  }
  return error;
}

errint_t
qmp_execute (struct qmp *qmp, const char *command,
             json_t *arguments, char **failure)
{
  CLEANUP_JSON json_t *reply = NULL;

  return execute (qmp, command, arguments, &reply, failure);
}

/* Did the job end with an error? */
static errint_t
job_result (struct qmp *qmp, const char *id, char **failure)
{
  CLEANUP_JSON json_t *jobs = NULL;
  const json_t *job;
  size_t i;
  errint_t error = execute (qmp, "query-jobs", json_object (), &jobs, failure);

  if (error != 0)
    return error;
  json_array_foreach (jobs, i, job) {
    const char *own = json_string_value (json_object_get (job, "id"));
    const char *text = json_string_value (json_object_get (job, "error"));

    if (own != NULL && strcmp (own, id) == 0 && text != NULL) {
      *failure = strdup (text);
      return *failure != NULL ? -EIO : -ENOMEM;
    }
  }
  return 0;
}

errint_t
qmp_finish_job (struct qmp *qmp, const char *id, char **failure)
{
  CLEANUP_FREE char *ignored = NULL;
  errint_t error;

  *failure = NULL;
  while (qmp->concluded == NULL || strcmp (qmp->concluded, id) != 0) {
    CLEANUP_JSON json_t *message = NULL;

    error = next_message (qmp, &message);
    if (error != 0)
      return error;
    note_event (qmp, message);
  }
  free (steal_pointer (&qmp->concluded));
  error = job_result (qmp, id, failure);
  if (error != 0)
    return error;
  return qmp_execute (qmp, "job-dismiss", json_pack ("{s:s}", "id", id),
                      &ignored);
}

errint_t
qmp_open (int fd, struct qmp **result)
{
  CLEANUP (qmp_close) struct qmp *qmp = calloc (1, sizeof *qmp);
  CLEANUP_JSON json_t *greeting = NULL;
  CLEANUP_FREE char *failure = NULL;
  errint_t error;

  if (qmp == NULL)
    return -ENOMEM;
  /* The caller keeps FD unless all goes well. */
  qmp->fd = fd;
  error = next_message (qmp, &greeting);
  if (error == 0 && json_object_get (greeting, "QMP") == NULL)
    error = -EPROTO;
  if (error == 0)
    error = qmp_execute (qmp, "qmp_capabilities", json_object (), &failure);
  if (error != 0) {
    qmp->fd = -1;
    return error;
  }
  *result = steal_pointer (&qmp);
  return 0;
}

void
qmp_close (struct qmp *qmp)
{
  if (qmp == NULL)
    return;
  if (qmp->fd >= 0)
    close (qmp->fd);
  free (qmp->buffer);
  free (qmp->concluded);
  free (qmp);
}
