/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Catching the signals that ask to end, and ending by one.
 */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "ending_signals.h"

/* The signals in SET are blocked from here on. */
static void
block_signals (sigset_t *set)
{
  static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };

  sigemptyset (set);
  sigaddset (set, SIGCHLD);
  for (size_t i = 0; i < sizeof ending / sizeof ending[0]; ++i) {
    struct sigaction action;

    /* A blocked signal would arrive even where nohup has it ignored. */
    if (sigaction (ending[i], NULL, &action) == 0
        && action.sa_handler != SIG_IGN)
      sigaddset (set, ending[i]);
  }
  sigprocmask (SIG_BLOCK, set, NULL);
}

void
hold_ending_signals (void)
{
  sigset_t set;

  block_signals (&set);
}

int
catch_ending_signals (void)
{
  sigset_t set;
  int fd;

  block_signals (&set);
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
