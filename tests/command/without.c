/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * without CALL PROGRAM [ARGUMENT...]: runs a program on a kernel that seems
 * not to have the system call CALL.
 */
#include <config.h>

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <unistd.h>

int
main (int argc, char *argv[])
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ALLOW);
  int call = argc > 2 ? seccomp_syscall_resolve_name (argv[1])
    : __NR_SCMP_ERROR;

  if (filter == NULL || call == __NR_SCMP_ERROR
      || seccomp_attr_set (filter, SCMP_FLTATR_CTL_NNP, 0) != 0
      || seccomp_rule_add (filter, SCMP_ACT_ERRNO (ENOSYS), call, 0) != 0
      || seccomp_load (filter) != 0) {
    fprintf (stderr, "without: cannot take a system call away\n");
    return 126;
  }
  execvp (argv[2], argv + 2);
  perror (argv[2]);
  return 127;
}
