/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Children, from /proc/self/task/TID/children (proc(5)).  A child that was not
 * waited for keeps its number, so nobody else can be hit.
 */
#include <config.h>

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "children.h"
#include "cleanup.h"

#define ROUNDS 500
#define ROUND_MILLISECONDS 10

void
children_list (struct children *children)
{
  char path[64];
  CLEANUP_FCLOSE FILE *file = NULL;
  int pid;

  children->count = 0;
  /* One thread: its number is the process's. */
  snprintf (path, sizeof path, "/proc/self/task/%d/children",
            (int) getpid ());
  file = fopen (path, "re");
  if (file == NULL)
    return;
  while (children->count < CHILDREN_LIMIT && fscanf (file, "%d", &pid) == 1)
    children->list[children->count++] = (pid_t) pid;
}

static bool
contains (const struct children *children, pid_t pid)
{
  for (size_t i = 0; i < children->count; ++i)
    if (children->list[i] == pid)
      return true;
  return false;
}

void
children_end (const struct children *before)
{
  for (unsigned round = 0; round < ROUNDS; ++round) {
    struct children now;
    bool all_ended = true;

    children_list (&now);
    for (size_t i = 0; i < now.count; ++i) {
      if (contains (before, now.list[i]))
        continue;
      all_ended = false;
      kill (now.list[i], SIGKILL);
      waitpid (now.list[i], NULL, WNOHANG);
    }
    if (all_ended)
      return;
    poll (NULL, 0, ROUND_MILLISECONDS);
  }
}
