/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The worker, from fork to exit; see worker.h.
 *
 * NOTES ON THE THREAD MODEL: signals are the main thread's.  The watching
 * thread takes none, shares nothing but descriptors, and ends when the event
 * `stop` is set, or with the process.
 */
#include <config.h>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "exit_code.h"
#include "job.h"
#include "process.h"
#include "worker.h"

struct watch {
  const struct worker *worker;
  int process[HELPERS];
  int stop;                     /* eventfd */
  pthread_t thread;
};

/* For the signal handler alone. */
static struct {
  const struct job *job;
  volatile sig_atomic_t ready;
} worker_state;

/* Ends the worker and all that it started (they share the process group). */
static void
kill_own_group (void)
{
  kill (0, SIGKILL);
}

/* SIGTERM comes from the supervisor. */
static void
asked_to_stop (int signal __attribute__ ((unused)))
{
  if (!worker_state.ready || worker_state.job->stop == NULL)
    kill_own_group ();
  worker_state.job->stop (worker_state.job->opaque);
}

static void
handle (int signal, void (*handler) (int))
{
  struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

  sigemptyset (&action.sa_mask);
  sigaction (signal, &action, NULL);
}

/* stdin and, where the supervisor relays, stdout and stderr. */
static void
redirect (int relay_fd)
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

void
worker_run (const struct job *job, pid_t supervisor, unsigned tries,
            int channel, int relay_fd)
{
  struct worker worker = { .channel = channel, .tries = tries };
  struct sigaction action;
  sigset_t none;

  worker.quiet_broken_pipe = sigaction (SIGPIPE, NULL, &action) == 0
    && action.sa_handler != SIG_IGN;
  worker_state.job = job;
  setpgid (0, 0);
  handle (SIGTERM, asked_to_stop);
  /* A broken connection is an error where it is seen, not the end.  A process
   * group in the background may write to the terminal. */
  handle (SIGPIPE, SIG_IGN);
  handle (SIGTTOU, SIG_IGN);
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
  process_end_with_parent (supervisor, SIGKILL, EXIT_FAILED);
  redirect (relay_fd);
  job->messages->relayed = relay_fd >= 0;
  exit (job->run (job->opaque, &worker));
}

void
worker_ready (const struct worker *worker)
{
  const struct note note = { .kind = NOTE_READY };

  worker_state.ready = 1;
  channel_tell (worker->channel, &note);
}

int
worker_descriptor (const struct worker *worker)
{
  const struct note note = { .kind = NOTE_DESCRIPTOR };
  errint_t err = channel_tell (worker->channel, &note);

  return err < 0 ? err : channel_receive (worker->channel);
}

static void
tell_death (const struct watch *watch, enum helper helper, int signal)
{
  const struct note note = {
    .kind = NOTE_DEATH, .helper = helper, .signal = signal,
  };

  channel_tell (watch->worker->channel, &note);
  _exit (EXIT_FAILED);
}

/* The process has ended: does this one, too? */
static void
judge_death (const struct watch *watch, enum helper helper)
{
  siginfo_t info = { .si_pid = 0 };

  if (waitid (P_PIDFD, (id_t) watch->process[helper], &info,
              WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
    return;
  if (info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED)
    tell_death (watch, helper, info.si_status);
  /* The broker goes when it is not needed. */
  if (helper != HELPER_BROKER || info.si_status != 0)
    tell_death (watch, helper, 0);
}

static void *
keep_watching (void *opaque)
{
  struct watch *watch = opaque;
  struct pollfd fds[HELPERS + 1];

  for (int helper = 0; helper < HELPERS; ++helper)
    fds[helper] = (struct pollfd) {
      .fd = watch->process[helper], .events = POLLIN,
    };
  fds[HELPERS] = (struct pollfd) { .fd = watch->stop, .events = POLLIN };
  while (fds[HELPERS].revents == 0) {
    if (poll (fds, HELPERS + 1, -1) < 0)
      continue;
    for (int helper = 0; helper < HELPERS; ++helper)
      if (fds[helper].revents != 0) {
        judge_death (watch, (enum helper) helper);
        fds[helper].fd = -1;
      }
  }
  return NULL;
}

errint_t
worker_watch (const struct worker *worker, const int process[HELPERS],
              struct watch **result)
{
  struct watch *watch = calloc (1, sizeof *watch);
  sigset_t all, before;
  int err;

  if (watch == NULL)
    return -ENOMEM;
  watch->worker = worker;
  for (int helper = 0; helper < HELPERS; ++helper)
    watch->process[helper] = process[helper];
  watch->stop = eventfd (0, EFD_CLOEXEC);
  if (watch->stop < 0) {
    err = errno;
    free (watch);
    return -err;
  }
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  err = pthread_create (&watch->thread, NULL, keep_watching, watch);
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  if (err != 0) {
    close (watch->stop);
    free (watch);
    return -err;
  }
  *result = watch;
  return 0;
}

void
worker_unwatch (struct watch *watch)
{
  const uint64_t one = 1;

  if (write (watch->stop, &one, sizeof one) == sizeof one)
    pthread_join (watch->thread, NULL);
  close (watch->stop);
  free (watch);
}
