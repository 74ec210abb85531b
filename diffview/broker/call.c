/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Requests, from the asking side, and what happens when the child does not
 * answer them as it should.
 */
#include <config.h>

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#include "broker_private.h"
#include "quote.h"

/* How long a child whose connection has ended may take to end itself. */
#define END_MILLISECONDS 5000
#define ERRNO_MAX 4095

static const char what[] = "cannot read through the appliances";

errint_t
call_begin (struct broker *broker, enum request request, struct call *call)
{
  unsigned connection = 0;
  bool gone;

  pthread_mutex_lock (&broker->lock);
  while (!broker->gone && broker->busy[connection]) {
    if (++connection < CONNECTIONS)
      continue;
    pthread_cond_wait (&broker->freed, &broker->lock);
    connection = 0;
  }
  gone = broker->gone;
  if (!gone)
    broker->busy[connection] = true;
  pthread_mutex_unlock (&broker->lock);
  if (gone)
    return -EIO;
  *call = (struct call) {
    .broker = broker,
    .connection = connection,
    .wire = broker->wires[connection],
  };
  wire_put_u8 (call->wire, (uint8_t) request);
  return 0;
}

/* It was escaped where it was made; but the child may say anything. */
static void
take_log (struct call *call)
{
  const struct log *log = call->broker->log;
  enum log_level level =
    (enum log_level) wire_get_bounded_u8 (call->wire, LOG_LEVEL_DETAIL);
  CLEANUP_FREE char *text = wire_get_string (call->wire, TEXT_LIMIT);
  CLEANUP_FREE char *escaped = NULL;

  if (wire_error (call->wire) != 0)
    return;
  if (text == NULL) {
    wire_refuse (call->wire);
    return;
  }
  escaped = quote_message (text, strlen (text));
  if (escaped != NULL && (level != LOG_LEVEL_DETAIL || log->verbose))
    log->write (log->opaque, level, escaped);
}

static void
take_progress (struct call *call)
{
  uint8_t phase = wire_get_bounded_u8 (call->wire,
                                       (uint8_t) (phase_count - 1));
  uint64_t done = wire_get_u64 (call->wire);
  uint64_t total = wire_get_u64 (call->wire);

  if (wire_error (call->wire) == 0)
    progress_update (call->progress, phase_names[phase], done, total);
}

enum message
call_next (struct call *call)
{
  while (wire_error (call->wire) == 0)
    switch ((enum message) wire_get_bounded_u8 (call->wire,
                                                MESSAGE_RESULT)) {
    case MESSAGE_LOG:
      /* Also what a failed wire gives, which take_log sees. */
      take_log (call);
      break;
    case MESSAGE_PROGRESS:
      take_progress (call);
      break;
    case MESSAGE_ENTRY:
      return MESSAGE_ENTRY;
    case MESSAGE_RESULT:
      return MESSAGE_RESULT;
    }
  return MESSAGE_RESULT;
}

errint_t
call_result (struct call *call)
{
  errint_t error = -(errint_t) wire_get_bounded (call->wire, ERRNO_MAX);

  return wire_error (call->wire) != 0 ? -EIO : error;
}

errint_t
call_answer (struct call *call)
{
  wire_flush (call->wire);
  if (call_next (call) == MESSAGE_ENTRY)
    wire_refuse (call->wire);
  return call_result (call);
}

/* How the child ended, which it is given time for. */
static siginfo_t
await_end (struct broker *broker)
{
  struct pollfd poll_fd = { .fd = broker->pidfd, .events = POLLIN };
  siginfo_t info = { .si_pid = 0 };

  if (poll (&poll_fd, 1, END_MILLISECONDS) != 1) {
    pidfd_send_signal (broker->pidfd, SIGKILL, NULL, 0);
    poll (&poll_fd, 1, END_MILLISECONDS);
  }
  waitid (P_PIDFD, (id_t) broker->pidfd, &info,
          WEXITED | WNOHANG | WNOWAIT);
  return info;
}

static void
report_end (struct broker *broker)
{
  siginfo_t info = await_end (broker);
  int status = info.si_status;

  if (info.si_code == CLD_EXITED && status == CHILD_REPORTED)
    return;
  if (info.si_code != CLD_KILLED && info.si_code != CLD_DUMPED) {
    log_report (broker->log, LOG_LEVEL_ERROR, what, broker->overlay,
                "the process that runs them has ended (%d)", status);
    return;
  }
  log_report (broker->log, LOG_LEVEL_ERROR, what, broker->overlay,
              "the process that runs them was ended by signal %d (%s)",
              status, strsignal (status));
  if (status != SIGKILL && status != SIGTERM)
    log_hint (broker->log, "a crash is a bug in deltafs: please report it, "
              "with what -v prints");
}

static const char *
reason_to_end (errint_t error)
{
  switch (error) {
  case -ENOMEM:
    return "out of memory";
  case -E2BIG:
    return "the list of changes is larger than this machine's memory allows";
  default:
    return "the process that runs them gave an answer that makes no sense, "
      "and was ended";
  }
}

/* The child is of no use any more. */
static void
give_up (struct broker *broker, errint_t error)
{
  bool first;

  pthread_mutex_lock (&broker->lock);
  first = !broker->gone;
  broker->gone = true;
  pthread_cond_broadcast (&broker->freed);
  pthread_mutex_unlock (&broker->lock);
  if (!first)
    return;
  if (error == -ECONNRESET) {
    report_end (broker);
    return;
  }
  pidfd_send_signal (broker->pidfd, SIGKILL, NULL, 0);
  log_report (broker->log, LOG_LEVEL_ERROR, what, broker->overlay, "%s",
              reason_to_end (error));
}

errint_t
call_end (struct call *call, errint_t error)
{
  struct broker *broker = call->broker;
  errint_t failure = wire_error (call->wire);

  if (failure != 0)
    give_up (broker, failure);
  pthread_mutex_lock (&broker->lock);
  broker->busy[call->connection] = false;
  pthread_cond_signal (&broker->freed);
  pthread_mutex_unlock (&broker->lock);
  if (failure == 0)
    return error;
  return failure == -ENOMEM ? -ENOMEM : -EIO;
}
