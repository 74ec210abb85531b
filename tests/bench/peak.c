/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How much memory each process of a command has taken at most: runs it, and
 * writes a line "NAME KIB" to FILE when a process of it ends, for as long as
 * its address space is still there to be asked.  Processes are followed with
 * ptrace, which stops them only where they begin and end.
 *
 *   peak FILE COMMAND...
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPTIONS                                                                \
  (PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE              \
   | PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL)

static void
die (const char *what)
{
  perror (what);
  exit (99);
}

/* Threads but the first one say nothing: their memory is their process's. */
static void
tell (pid_t thread, FILE *out)
{
  char path[64], line[256], name[64] = "";
  long kib = -1;
  int group = 0;
  FILE *status;

  snprintf (path, sizeof path, "/proc/%d/status", (int) thread);
  status = fopen (path, "r");
  if (status == NULL)
    return;
  while (fgets (line, sizeof line, status) != NULL) {
    sscanf (line, "Name: %63s", name);
    sscanf (line, "Tgid: %d", &group);
    sscanf (line, "VmHWM: %ld", &kib);
  }
  fclose (status);
  if (group == thread && kib >= 0)
    fprintf (out, "%s %ld\n", name, kib);
}

/* What a traced process that has stopped is told to go on with. */
static void
go_on (pid_t process, int status, FILE *out)
{
  const int event = status >> 16;
  const int signal = WSTOPSIG (status);

  if (event == PTRACE_EVENT_EXIT)
    tell (process, out);
  if (event == PTRACE_EVENT_STOP
      && (signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN
          || signal == SIGTTOU))
    ptrace (PTRACE_LISTEN, process, NULL, NULL);
  else
    ptrace (PTRACE_CONT, process, NULL,
            (void *) (unsigned long) (event == 0 ? signal : 0));
}

int
main (int argc, char *argv[])
{
  int ready[2], status, code = 99;
  pid_t first, process;
  FILE *out;
  char byte;

  if (argc < 3) {
    fprintf (stderr, "usage: peak FILE COMMAND...\n");
    return 2;
  }
  out = fopen (argv[1], "we");
  if (out == NULL)
    die (argv[1]);
  if (pipe (ready) != 0)
    die ("pipe");
  first = fork ();
  if (first < 0)
    die ("fork");
  if (first == 0) {
    close (ready[1]);
    if (read (ready[0], &byte, 1) != 1)
      _exit (99);
    close (ready[0]);
    execvp (argv[2], argv + 2);
    die (argv[2]);
  }
  close (ready[0]);
  if (ptrace (PTRACE_SEIZE, first, NULL, (void *) OPTIONS) != 0)
    die ("ptrace");
  if (write (ready[1], "", 1) != 1)
    die ("write");
  close (ready[1]);

  while ((process = waitpid (-1, &status, __WALL)) > 0 || errno == EINTR)
    if (process > 0 && WIFSTOPPED (status))
      go_on (process, status, out);
    else if (process == first)
      code = WIFEXITED (status) ? WEXITSTATUS (status) : 128 + WTERMSIG (status);
  fclose (out);
  return code;
}
