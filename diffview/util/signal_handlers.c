/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Going through the signals, see signal_handlers.h.
 */
#include <config.h>

#include <signal.h>
#include <stddef.h>

#include "signal_handlers.h"

void
signal_handlers_forget (void)
{
  static const int handled[] = {
    SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGCHLD,
  };
  struct sigaction action;

  for (size_t i = 0; i < sizeof handled / sizeof handled[0]; ++i)
    if (sigaction (handled[i], NULL, &action) == 0
        && (action.sa_handler != SIG_IGN || handled[i] == SIGCHLD)) {
      action = (struct sigaction) { .sa_handler = SIG_DFL };
      sigaction (handled[i], &action, NULL);
    }
}
