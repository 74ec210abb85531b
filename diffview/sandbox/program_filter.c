/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The seccomp filter of a program that is not ours, by libseccomp: what a
 * dynamic loader, libc, and reading and writing one open file need.  What is
 * in none of the lists fails with EPERM.
 */
#include <config.h>

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include "filter_add.h"
#include "sandbox_parts.h"

static const char *const allowed[] = {
  /* becoming the program; handing the notifications on before */
  "execve", "sendmsg",
  /* files that Landlock lets it open */
  "open", "openat", "access", "faccessat", "faccessat2", "stat", "lstat",
  "fstat", "newfstatat", "statx", "stat64", "lstat64", "fstat64",
  "fstatat64", "statfs", "statfs64", "fstatfs", "fstatfs64", "readlink",
  "readlinkat", "getcwd", "getdents64",
  /* what is open */
  "read", "close", "close_range", "dup", "dup2", "dup3",
  "fcntl", "fcntl64", "fsync", "fdatasync", "fadvise64", "poll", "ppoll",
  /* memory */
  "munmap", "mprotect", "mremap", "madvise", "brk", "membarrier",
  /* threads */
  "futex", "futex_time64", "set_robust_list", "rseq", "set_tid_address",
  "sched_yield", "sched_getaffinity", "exit", "exit_group",
  "restart_syscall", "arch_prctl", "set_thread_area",
  /* signals to itself are below */
  "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn",
  "sigaltstack", "alarm", "setitimer", "getitimer",
  /* time, and what it is */
  "clock_gettime", "clock_gettime64", "clock_getres", "clock_nanosleep",
  "clock_nanosleep_time64", "nanosleep", "gettimeofday", "time", "times",
  "getpid", "getppid", "gettid", "getuid", "geteuid", "getgid", "getegid",
  "getuid32", "geteuid32", "getgid32", "getegid32", "getrusage",
  "getrlimit", "ugetrlimit", "sysinfo", "uname", "getcpu", "getrandom",
  "umask",
};

static const char *const deadly[] = {
  "fork", "vfork", "execveat", "socket", "socketpair", "socketcall",
  "connect", "bind", "ptrace", "process_vm_readv", "process_vm_writev",
  "pidfd_open", "pidfd_getfd", "kill", "tkill", "mount", "unshare", "setns",
  "io_uring_setup", "bpf", "perf_event_open", "userfaultfd", "memfd_create",
  "shmget", "shmat",
};

/* Their arguments are plain numbers: what is answered is what is done. */
static const char *const answered[] = { "pread64", "pwrite64", "lseek" };

/* Those that are allowed with some arguments only. */
static errint_t
add_rules (scmp_filter_ctx filter)
{
  static const char *const maps[] = { "mmap", "mmap2" };
  const struct scmp_arg_cmp private[] = {
    SCMP_A3 (SCMP_CMP_MASKED_EQ, MAP_SHARED | MAP_PRIVATE, MAP_PRIVATE),
  };
  const struct scmp_arg_cmp file[] = {
    SCMP_A0 (SCMP_CMP_GT, STDERR_FILENO),
  };
  const struct scmp_arg_cmp thread[] = {
    SCMP_A0 (SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD),
  };
  const struct scmp_arg_cmp process[] = {
    SCMP_A0 (SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0),
  };
  /* Its own limits, to read them. */
  const struct scmp_arg_cmp limits[] = {
    SCMP_A0 (SCMP_CMP_EQ, 0), SCMP_A2 (SCMP_CMP_EQ, 0),
  };
  /* abort and raise */
  const struct scmp_arg_cmp own[] = {
    SCMP_A0 (SCMP_CMP_EQ, (scmp_datum_t) getpid ()),
  };
  errint_t error = 0;

  for (size_t i = 0; error == 0 && i < LENGTH (maps); ++i)
    error = filter_add (filter, SCMP_ACT_ALLOW, maps[i], 1, private);
  /* Messages; and what was answered of lseek says where. */
  if (error == 0)
    error = filter_add (filter, SCMP_ACT_NOTIFY, "write", 1, file);
  for (scmp_datum_t fd = STDOUT_FILENO; error == 0 && fd <= STDERR_FILENO;
       ++fd) {
    const struct scmp_arg_cmp stream[] = { SCMP_A0 (SCMP_CMP_EQ, fd) };

    error = filter_add (filter, SCMP_ACT_ALLOW, "write", 1, stream);
    if (error == 0)
      error = filter_add (filter, SCMP_ACT_ALLOW, "writev", 1, stream);
  }
  if (error == 0)
    error = filter_add (filter, SCMP_ACT_ALLOW, "clone", 1, thread);
  if (error == 0)
    error = filter_add (filter, SCMP_ACT_KILL_PROCESS, "clone", 1, process);
  /* Its flags are in memory; libc then takes clone. */
  if (error == 0)
    error = filter_add (filter, SCMP_ACT_ERRNO (ENOSYS), "clone3", 0, NULL);
  if (error == 0)
    error = filter_add (filter, SCMP_ACT_ALLOW, "prlimit64", 2, limits);
  return error == 0
    ? filter_add (filter, SCMP_ACT_ALLOW, "tgkill", 1, own) : error;
}

static errint_t
load (scmp_filter_ctx filter, int *notifications)
{
  errint_t error = seccomp_attr_set (filter, SCMP_FLTATR_ACT_BADARCH,
                                     SCMP_ACT_KILL_PROCESS);

  if (error == 0)
    error = filter_add_all (filter, SCMP_ACT_ALLOW, allowed, LENGTH (allowed));
  if (error == 0)
    error = filter_add_all (filter, SCMP_ACT_KILL_PROCESS, deadly,
                            LENGTH (deadly));
  if (error == 0)
    error = filter_add_all (filter, SCMP_ACT_NOTIFY, answered,
                            LENGTH (answered));
  if (error == 0)
    error = add_rules (filter);
  if (error == 0)
    error = seccomp_load (filter);
  if (error == 0) {
    *notifications = seccomp_notify_fd (filter);
    if (*notifications < 0)
      error = *notifications;
  }
  return error;
}

errint_t
program_filter_enter (int *notifications)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ERRNO (EPERM));
  errint_t error = filter == NULL ? -ENOMEM : load (filter, notifications);

  if (filter != NULL)
    seccomp_release (filter);
  return error;
}
