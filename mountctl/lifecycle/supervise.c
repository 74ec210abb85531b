/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The supervisor.  It has one thread and no signal handlers: signals, what the
 * worker says, and the worker's messages are descriptors that it polls.
 */
#include <config.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "children.h"
#include "cleanup.h"
#include "ending_signals.h"
#include "exit_code.h"
#include "now.h"
#include "process.h"
#include "relay.h"
#include "supervise.h"
#include "worker.h"

/* How long a worker may take to end when it was asked to. */
#define STOP_SECONDS 10

struct supervision {
  const struct job *job;
  pid_t worker;
  unsigned tries;               /* workers that gave way to another */
  int signal_fd, channel, relay_fd;
  struct relay relay;
  bool ready;                   /* the worker said so */
  bool handed;                  /* it got the job's descriptor, or an error */
  bool stopping;                /* it was asked to stop, or killed by us */
  bool failed;                  /* something was reported already */
  bool ended;                   /* seen to have ended; until it is waited for,
                                 * its number is nobody else's, and its
                                 * group's is not */
  int status;                   /* of waitpid, when it was waited for */
  int signal;                   /* that asked us to end, or 0 */
  struct note death;            /* why the worker ended; kind 0: it does not
                                 * know */
  int64_t deadline;             /* for stopping, milliseconds; 0: none */
};

static void
kill_worker (struct supervision *supervision)
{
  supervision->stopping = true;
  supervision->deadline = 0;
  if (!supervision->ended)
    kill (-supervision->worker, SIGKILL);
}

/* A worker that serves is asked to stop, another one has nothing to undo. */
static void
stop_worker (struct supervision *supervision)
{
  if (!supervision->ready || supervision->job->stop == NULL
      || supervision->stopping) {
    kill_worker (supervision);
    return;
  }
  supervision->stopping = true;
  supervision->deadline = now_milliseconds () + STOP_SECONDS * 1000;
  kill (supervision->worker, SIGTERM);
}

/* Waits for children that have ended, up to the worker, which is left for
 * end_group; the rest is left for children_end. */
static void
reap (struct supervision *supervision)
{
  siginfo_t info = { .si_pid = 0 };

  while (waitid (P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0
         && info.si_pid != 0) {
    if (info.si_pid == supervision->worker) {
      supervision->ended = true;
      return;
    }
    waitpid (info.si_pid, NULL, 0);
    info.si_pid = 0;
  }
}

/* Ends what the worker, which has ended, left of its process group, and waits
 * for the worker: in this order, for afterwards the group's number may be
 * another one's. */
static void
end_group (struct supervision *supervision)
{
  kill (-supervision->worker, SIGKILL);
  process_wait (supervision->worker, &supervision->status);
}

/* Ctrl-Z stops the worker with us. */
static void
suspend (struct supervision *supervision)
{
  kill (-supervision->worker, SIGSTOP);
  kill (getpid (), SIGSTOP);
  kill (-supervision->worker, SIGCONT);
}

static void
take_signals (struct supervision *supervision)
{
  struct signalfd_siginfo info;

  while (read (supervision->signal_fd, &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGCHLD)
      reap (supervision);
    else if (info.ssi_signo == SIGTSTP)
      suspend (supervision);
    else {
      if (!supervision->ready || supervision->job->stop == NULL)
        supervision->signal = (int) info.ssi_signo;
      stop_worker (supervision);
    }
  }
}

/* Something was reported that makes going on pointless. */
static void
give_up (struct supervision *supervision)
{
  supervision->failed = true;
  kill_worker (supervision);
}

static void
take_readiness (struct supervision *supervision)
{
  const struct job *job = supervision->job;

  if (supervision->ready)
    return;
  supervision->ready = true;
  /* What it said before belongs to the caller, who may be let go now. */
  if (supervision->relay_fd >= 0)
    relay_rest (&supervision->relay);
  if (job->ready != NULL && job->ready (job->opaque) < 0) {
    supervision->failed = true;
    stop_worker (supervision);
  }
}

static void
hand_descriptor (struct supervision *supervision)
{
  const struct job *job = supervision->job;
  int fd;

  if (supervision->handed || job->descriptor == NULL)
    return;
  supervision->handed = true;
  fd = job->descriptor (job->opaque);
  if (fd < 0)
    supervision->failed = true;
  if (channel_hand (supervision->channel, fd) < 0)
    kill_worker (supervision);
  if (fd >= 0)
    close (fd);
}

static void
take_note (struct supervision *supervision)
{
  const struct job *job = supervision->job;
  struct note note;
  errint_t err = channel_take (supervision->channel, &note);

  if (err == -EAGAIN)
    return;
  if (err < 0) {
    close (steal_fd (&supervision->channel));
    if (err != -EPIPE && err != -ECONNRESET) {
      log_error (&job->messages->log, err, job->what, job->object);
      give_up (supervision);
    }
    return;
  }
  if (note.kind == NOTE_DEATH)
    supervision->death = note;
  else if (supervision->stopping)
    return;
  else if (note.kind == NOTE_READY)
    take_readiness (supervision);
  else
    hand_descriptor (supervision);
}

/* Of a worker that has ended: why. */
static void
take_last_words (struct supervision *supervision)
{
  struct note note;

  while (supervision->channel >= 0
         && channel_take (supervision->channel, &note) == 0)
    if (note.kind == NOTE_DEATH)
      supervision->death = note;
}

/* Until the worker has ended. */
static void
watch (struct supervision *supervision)
{
  while (!supervision->ended) {
    struct pollfd fds[] = {
      { .fd = supervision->signal_fd, .events = POLLIN },
      { .fd = supervision->channel, .events = POLLIN },
      { .fd = supervision->relay_fd, .events = POLLIN },
    };
    int64_t wait = -1;

    if (supervision->deadline != 0) {
      wait = supervision->deadline - now_milliseconds ();
      if (wait <= 0) {
        kill_worker (supervision);
        wait = -1;
      }
    }
    if (poll (fds, 3, (int) wait) < 0)
      continue;
    if (fds[2].revents != 0 && !relay_some (&supervision->relay))
      close (steal_fd (&supervision->relay_fd));
    if (fds[1].revents != 0)
      take_note (supervision);
    if (fds[0].revents != 0)
      take_signals (supervision);
  }
}

static const char *
name_of_helper (enum helper helper)
{
  switch (helper) {
  case HELPER_STORAGE_DAEMON: return "the storage daemon of QEMU";
  case HELPER_BROKER: return "the process that runs the appliances";
  case HELPERS: break;
  }
  return "a process";
}

static void
report_death (const struct supervision *supervision, const char *process,
              int signal)
{
  const struct job *job = supervision->job;
  const struct log *log = &job->messages->log;
  const char *what = supervision->ready ? job->what_later : job->what;

  if (signal == 0) {
    log_report (log, LOG_LEVEL_ERROR, what, job->object, "%s has ended",
                process);
    return;
  }
  log_report (log, LOG_LEVEL_ERROR, what, job->object,
              "%s was ended by signal %d (%s)", process, signal,
              strsignal (signal));
  if (signal == SIGKILL)
    log_hint (log, "somebody killed it, or the kernel did because memory was "
              "short (see its log)");
  else
    log_hint (log, "a crash is a bug: please report it, with what -v prints "
              "and, if you may, the image");
}

/* The exit code, and what is to be said about it. */
static int
judge_end (const struct supervision *supervision, int *signal)
{
  const struct job *job = supervision->job;
  int status = supervision->status;

  *signal = supervision->signal;
  if (supervision->failed)
    return EXIT_FAILED;
  if (*signal != 0)
    return 128 + *signal;
  if (supervision->death.kind == NOTE_DEATH && !supervision->stopping) {
    report_death (supervision, name_of_helper (supervision->death.helper),
                  supervision->death.signal);
    /* The broker has said more. */
    if (supervision->death.signal == 0
        && supervision->death.helper == HELPER_STORAGE_DAEMON)
      log_hint (&job->messages->log, "somebody may have asked it to; if not, "
                "please report it, with what -v prints");
    return EXIT_FAILED;
  }
  if (WIFEXITED (status)) {
    if (WEXITSTATUS (status) == WORKER_BROKEN_PIPE)
      *signal = SIGPIPE;
    return WEXITSTATUS (status);
  }
  if (supervision->stopping)
    log_report (&job->messages->log, LOG_LEVEL_WARNING, job->what,
                job->object, "the worker process did not end and was killed");
  else
    report_death (supervision, "the worker process", WTERMSIG (status));
  return EXIT_FAILED;
}

/* Socket, pipe, and the worker.  Returns an errno where that fails,
 * reported. */
static errint_t
start_worker (struct supervision *supervision)
{
  const struct job *job = supervision->job;
  const pid_t supervisor = getpid ();
  int relay[2] = { -1, -1 };
  CLEANUP_CLOSE int channel = -1;
  errint_t err = channel_make (&channel, &supervision->channel);

  if (err == 0 && job->relay && pipe2 (relay, O_CLOEXEC) < 0)
    err = -errno;
  if (err == 0 && (supervision->worker = fork ()) < 0)
    err = -errno;
  if (err == 0 && supervision->worker == 0) {
    close (supervision->channel);
    close (supervision->signal_fd);
    if (relay[0] >= 0)
      close (relay[0]);
    worker_run (job, supervisor, supervision->tries, channel, relay[1]);
  }
  if (relay[1] >= 0)
    close (relay[1]);
  supervision->relay_fd = relay[0];
  if (err < 0)
    return log_error (&job->messages->log, err, job->what, job->object);
  setpgid (supervision->worker, supervision->worker);
  relay_init (&supervision->relay, relay[0], job->messages);
  return 0;
}

static void
close_pipes (struct supervision *supervision)
{
  if (supervision->channel >= 0)
    close (steal_fd (&supervision->channel));
  if (supervision->relay_fd >= 0)
    close (steal_fd (&supervision->relay_fd));
}

/* Runs one worker to its end, and clears what it started. */
static errint_t
run_one (struct supervision *supervision, const struct children *before)
{
  errint_t err = start_worker (supervision);

  if (err < 0)
    return err;
  watch (supervision);
  end_group (supervision);
  take_last_words (supervision);
  children_end (before);
  if (supervision->relay_fd >= 0)
    relay_rest (&supervision->relay);
  return 0;
}

/* Prepares for another worker where the last one wants that. */
static bool
begin_again (struct supervision *supervision)
{
  if (supervision->ready || supervision->stopping || supervision->signal != 0
      || !WIFEXITED (supervision->status)
      || WEXITSTATUS (supervision->status) != WORKER_AGAIN
      || ++supervision->tries >= WORKER_TRIES)
    return false;
  supervision->ended = false;
  close_pipes (supervision);
  return true;
}

int
supervise (const struct job *job, int *signal)
{
  struct supervision supervision = {
    .job = job, .channel = -1, .relay_fd = -1,
  };
  struct children before;
  int code = EXIT_FAILED;

  *signal = 0;
  children_list (&before);
  prctl (PR_SET_CHILD_SUBREAPER, 1);
  supervision.signal_fd = catch_ending_signals ();
  if (supervision.signal_fd < 0)
    log_error (&job->messages->log, supervision.signal_fd,
               job->what, job->object);
  else {
    errint_t err;

    do
      err = run_one (&supervision, &before);
    while (err == 0 && begin_again (&supervision));
    if (err == 0)
      code = judge_end (&supervision, signal);
  }
  if (job->clear != NULL)
    job->clear (job->opaque);
  close_pipes (&supervision);
  if (supervision.signal_fd >= 0)
    close (supervision.signal_fd);
  return code;
}
