/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * fork and exec.  Between the two only async-signal-safe calls are made,
 * for the process may have threads.
 */
#include <config.h>

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "process.h"
#include "subprocess.h"

/* Root opens other users' images by these. */
#define KEPT_CAPABILITIES \
  (UINT64_C (1) << CAP_DAC_OVERRIDE | UINT64_C (1) << CAP_DAC_READ_SEARCH)

struct child {
  const char *const *arguments;
  int null, errors;
  const int *kept;
  size_t kept_count;
  int report;                   /* takes errno when exec fails */
  pid_t parent;
};

static void
reset_signals (void)
{
  struct sigaction action;
  sigset_t none;

  memset (&action, 0, sizeof action);
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number)
    sigaction (number, &action, NULL);
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
}

/* Of root's; ordinary users have none. */
static void
drop_capabilities (void)
{
  struct __user_cap_header_struct header = {
    .version = _LINUX_CAPABILITY_VERSION_3,
  };
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

  for (unsigned long capability = 0; capability < 64; ++capability)
    if ((KEPT_CAPABILITIES >> capability & 1) == 0
        && prctl (PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
      break;                    /* not allowed, or that was the last one */
  prctl (PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (syscall (SYS_capget, &header, sets) < 0)
    return;
  for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; ++i) {
    const uint32_t kept = (uint32_t) (KEPT_CAPABILITIES >> 32 * i);

    sets[i].effective &= kept;
    sets[i].permitted &= kept;
    sets[i].inheritable = 0;
  }
  syscall (SYS_capset, &header, sets);
}

/* It parses what a guest wrote. */
static bool
drop_privileges (void)
{
  const struct rlimit no_core = { 0, 0 };

  drop_capabilities ();
  return setrlimit (RLIMIT_CORE, &no_core) == 0
    && prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

static void
run_child (const struct child *child)
{
  int error;

  if (process_end_with_parent (child->parent, SIGKILL, 127) < 0)
    goto failed;
  setsid ();
  reset_signals ();
  if (!drop_privileges ())
    goto failed;
  if (dup2 (child->null, STDIN_FILENO) < 0
      || dup2 (child->null, STDOUT_FILENO) < 0
      || dup2 (child->errors, STDERR_FILENO) < 0)
    goto failed;
  if (close_range (3, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
    goto failed;
  for (size_t i = 0; i < child->kept_count; ++i)
    if (fcntl (child->kept[i], F_SETFD, 0) != 0)
      goto failed;
  execvp (child->arguments[0], (char *const *) (intptr_t) child->arguments);
 failed:
  error = errno;
  if (write (child->report, &error, sizeof error) < 0)
    _exit (126);
  _exit (127);
}

errint_t
subprocess_start (const char *const *arguments, int errors,
                  const int *kept, size_t kept_count, pid_t *pid)
{
  CLEANUP_CLOSE int null = -1, report_read = -1, report_write = -1;
  struct child child;
  int report[2], error = 0;
  ssize_t got;

  null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0 || pipe2 (report, O_CLOEXEC) != 0)
    return -errno;
  report_read = report[0];
  report_write = report[1];
  child = (struct child) {
    .arguments = arguments, .null = null, .errors = errors,
    .kept = kept, .kept_count = kept_count,
    .report = report_write, .parent = getpid (),
  };
  *pid = fork ();
  if (*pid < 0)
    return -errno;
  if (*pid == 0)
    run_child (&child);

  close (steal_fd (&report_write));
  do
    got = read (report_read, &error, sizeof error);
  while (got < 0 && errno == EINTR);
  if (got == 0)
    return 0;
  process_wait (*pid, NULL);
  return got == (ssize_t) sizeof error && error > 0 ? -error : -EIO;
}
