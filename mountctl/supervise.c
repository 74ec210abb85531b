/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Supervisor and worker.  The supervisor has one thread and no signal
 * handlers: signals, the worker's readiness and the worker's messages are
 * descriptors that it polls.
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
#include <time.h>
#include <unistd.h>

#include "children.h"
#include "cleanup.h"
#include "command.h"
#include "relay.h"
#include "supervise.h"

/* How long a worker may take to end when it was asked to, and how long one
 * without a supervisor goes on. */
#define STOP_SECONDS 10
#define ORPHAN_SECONDS 3

struct supervision {
  const struct job *job;
  pid_t worker;
  unsigned tries;               /* workers that gave way to another */
  int signal_fd, ready_fd, relay_fd;
  struct relay relay;
  bool ready;                   /* the worker said so */
  bool stopping;                /* it was asked to stop, or killed by us */
  bool failed;                  /* the job's ready refused */
  bool ended;                   /* reaped */
  int status;                   /* of waitpid, when ended */
  int signal;                   /* that asked us to end, or 0 */
  int64_t deadline;             /* for stopping, milliseconds; 0: none */
};

static int64_t
now_milliseconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int
catch_ending_signals (void)
{
  static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
  sigset_t set;
  int fd;

  sigemptyset (&set);
  sigaddset (&set, SIGCHLD);
  for (size_t i = 0; i < sizeof ending / sizeof ending[0]; ++i) {
    struct sigaction action;

    /* A blocked signal would arrive even where nohup has it ignored. */
    if (sigaction (ending[i], NULL, &action) == 0
        && action.sa_handler != SIG_IGN)
      sigaddset (&set, ending[i]);
  }
  sigprocmask (SIG_BLOCK, &set, NULL);
  fd = signalfd (-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  return fd < 0 ? -errno : fd;
}

void
end_by_signal (int signal)
{
  struct sigaction action = { .sa_handler = SIG_DFL };
  sigset_t set;

  sigemptyset (&set);
  sigaddset (&set, signal);
  sigaction (signal, &action, NULL);
  kill (getpid (), signal);
  sigprocmask (SIG_UNBLOCK, &set, NULL);
  _exit (128 + signal);
}

/* The worker's side */

/* For the signal handlers alone. */
static struct {
  const struct job *job;
  pid_t supervisor;
  volatile sig_atomic_t ready;
} worker_state;

/* Ends the worker and all that it started (they share the process group). */
static void
kill_own_group (int signal __attribute__ ((unused)))
{
  kill (0, SIGKILL);
}

/* SIGTERM comes from the supervisor, or from the kernel when the supervisor
 * died. */
static void
asked_to_stop (int signal)
{
  if (!worker_state.ready || worker_state.job->stop == NULL)
    kill_own_group (signal);
  worker_state.job->stop (worker_state.job->opaque);
  if (getppid () != worker_state.supervisor)
    alarm (ORPHAN_SECONDS);
}

static void
handle (int signal, void (*handler) (int))
{
  struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

  sigemptyset (&action.sa_mask);
  sigaction (signal, &action, NULL);
}

void
worker_ready (const struct worker *worker)
{
  worker_state.ready = 1;
  write_fully (worker->ready_fd, "", 1);
}

bool
worker_is_orphan (const struct worker *worker)
{
  return getppid () != worker->supervisor;
}

/* stdin and, where the supervisor relays, stdout and stderr. */
static void
redirect_worker (int relay_fd)
{
  CLEANUP_CLOSE int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  if (null >= 0)
    dup2 (null, STDIN_FILENO);
  if (relay_fd >= 0) {
    if (null >= 0)
      dup2 (null, STDOUT_FILENO);
    dup2 (relay_fd, STDERR_FILENO);
  }
}

static void run_worker (const struct job *job, pid_t supervisor,
                        unsigned tries, int ready_fd, int relay_fd)
  __attribute__ ((noreturn));

static void
run_worker (const struct job *job, pid_t supervisor,
            unsigned tries, int ready_fd, int relay_fd)
{
  struct worker worker = {
    .supervisor = supervisor, .ready_fd = ready_fd, .tries = tries,
    .cache = job->cache,
  };
  struct sigaction action;
  sigset_t none;

  worker.quiet_broken_pipe = sigaction (SIGPIPE, NULL, &action) == 0
    && action.sa_handler != SIG_IGN;
  worker_state.job = job;
  worker_state.supervisor = supervisor;
  setpgid (0, 0);
  handle (SIGTERM, asked_to_stop);
  handle (SIGALRM, kill_own_group);
  /* A broken connection is an error where it is seen, not the end.  A process
   * group in the background may write to the terminal. */
  handle (SIGPIPE, SIG_IGN);
  handle (SIGTTOU, SIG_IGN);
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
  prctl (PR_SET_PDEATHSIG, SIGTERM);
  if (getppid () != supervisor)
    _exit (EXIT_FAILED);
  redirect_worker (relay_fd);
  exit (job->run (job->opaque, &worker));
}

/* The supervisor's side */

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

static void
reap (struct supervision *supervision)
{
  pid_t pid;
  int status;

  while ((pid = waitpid (-1, &status, WNOHANG)) > 0)
    if (pid == supervision->worker) {
      supervision->ended = true;
      supervision->status = status;
    }
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

static void
take_readiness (struct supervision *supervision)
{
  char byte;
  ssize_t got = read (supervision->ready_fd, &byte, 1);

  if (got < 0 && errno == EINTR)
    return;
  close (steal_fd (&supervision->ready_fd));
  if (got != 1 || supervision->stopping)
    return;
  supervision->ready = true;
  /* What it said before belongs to the caller, who may be let go now. */
  if (supervision->relay_fd >= 0)
    relay_rest (&supervision->relay);
  if (supervision->job->ready != NULL
      && supervision->job->ready (supervision->job->opaque) < 0) {
    supervision->failed = true;
    stop_worker (supervision);
  }
}

/* Until the worker was reaped. */
static void
watch (struct supervision *supervision)
{
  while (!supervision->ended) {
    struct pollfd fds[] = {
      { .fd = supervision->signal_fd, .events = POLLIN },
      { .fd = supervision->ready_fd, .events = POLLIN },
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
      take_readiness (supervision);
    if (fds[0].revents != 0)
      take_signals (supervision);
  }
}

/* The exit code, and what is to be said about it. */
static int
judge_end (const struct supervision *supervision, int *signal)
{
  const struct job *job = supervision->job;
  const struct log *log = &job->messages->log;
  int status = supervision->status;

  *signal = supervision->signal;
  if (supervision->failed)
    return EXIT_FAILED;
  if (*signal != 0)
    return 128 + *signal;
  if (WIFEXITED (status)) {
    if (WEXITSTATUS (status) == WORKER_BROKEN_PIPE)
      *signal = SIGPIPE;
    return WEXITSTATUS (status);
  }
  if (supervision->stopping)
    log_report (log, LOG_LEVEL_WARNING, job->what, job->object,
                "the worker process did not end and was killed");
  else {
    log_report (log, LOG_LEVEL_ERROR, job->what, job->object,
                "the worker process was ended by signal %d (%s)",
                WTERMSIG (status), strsignal (WTERMSIG (status)));
    log_hint (log, "a crash is a bug in deltafs: please report it, with "
              "what -v prints");
  }
  return EXIT_FAILED;
}

/* Pipes and the worker.  Returns an errno where that fails, reported. */
static errint_t
start_worker (struct supervision *supervision)
{
  const struct job *job = supervision->job;
  pid_t supervisor = getpid ();
  int ready[2] = { -1, -1 }, relay[2] = { -1, -1 };
  int error = 0;

  if (pipe2 (ready, O_CLOEXEC) < 0
      || (job->relay && pipe2 (relay, O_CLOEXEC) < 0)
      || (supervision->worker = fork ()) < 0)
    error = -errno;
  else if (supervision->worker == 0)
    run_worker (job, supervisor, supervision->tries, ready[1], relay[1]);
  if (ready[1] >= 0)
    close (ready[1]);
  if (relay[1] >= 0)
    close (relay[1]);
  supervision->ready_fd = ready[0];
  supervision->relay_fd = relay[0];
  if (error < 0)
    return log_error (&job->messages->log, error, job->what, job->object);
  setpgid (supervision->worker, supervision->worker);
  relay_init (&supervision->relay, relay[0], job->messages);
  return 0;
}

static void
close_pipes (struct supervision *supervision)
{
  if (supervision->ready_fd >= 0)
    close (steal_fd (&supervision->ready_fd));
  if (supervision->relay_fd >= 0)
    close (steal_fd (&supervision->relay_fd));
}

/* Runs one worker to its end, and clears what it started. */
static errint_t
run_one (struct supervision *supervision, const struct children *before)
{
  errint_t error = start_worker (supervision);

  if (error < 0)
    return error;
  watch (supervision);
  kill (-supervision->worker, SIGKILL);
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
    .job = job, .ready_fd = -1, .relay_fd = -1,
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
    errint_t error;

    do
      error = run_one (&supervision, &before);
    while (error == 0 && begin_again (&supervision));
    if (error == 0)
      code = judge_end (&supervision, signal);
  }
  if (job->clear != NULL)
    job->clear (job->opaque);
  close_pipes (&supervision);
  if (supervision.signal_fd >= 0)
    close (supervision.signal_fd);
  return code;
}
