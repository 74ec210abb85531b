/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The seccomp filter, by libseccomp.  What is in none of the lists fails with
 * EPERM.  Names that this kernel's headers or this processor do not have are
 * left out.
 */
#include <config.h>

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/seccomp.h>

#include "sandbox_parts.h"

#define LENGTH(array) (sizeof (array) / sizeof (array)[0])

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

/* Harmless with any argument: they work on what is open, on memory, on time,
 * on this process. */
static const char *const allowed[] = {
  /* what is open; a memory file is how libblkid gets to see a disk */
  "read", "readv", "pread64", "preadv", "preadv2",
  "write", "writev", "pwrite64", "pwritev", "pwritev2",
  "lseek", "_llseek", "close", "close_range", "dup", "dup2", "dup3",
  "fstat", "fstat64", "fstatfs", "fstatfs64", "fadvise64", "ftruncate",
  "ftruncate64", "fallocate", "memfd_create", "flock",
  /* FUSE hands content over through pipes */
  "pipe", "pipe2", "splice", "tee", "vmsplice",
  /* waiting */
  "poll", "ppoll", "ppoll_time64", "select", "_newselect", "pselect6",
  "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
  "epoll_pwait2", "eventfd2",
  /* sockets that are connected */
  "recv", "recvfrom", "recvmsg", "recvmmsg", "send", "sendto", "sendmsg",
  "sendmmsg", "shutdown", "getsockopt", "getsockname", "getpeername",
  /* memory */
  "munmap", "mremap", "madvise", "brk", "msync", "mincore", "membarrier",
  /* threads */
  "futex", "futex_time64", "futex_waitv", "set_robust_list",
  "get_robust_list", "rseq", "set_tid_address", "sched_yield",
  "sched_getaffinity", "exit", "exit_group", "restart_syscall",
  "arch_prctl", "set_thread_area",
  /* signals to itself are below */
  "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn",
  "rt_sigpending", "rt_sigtimedwait", "rt_sigsuspend", "sigaltstack",
  "alarm", "setitimer",
  /* time, and what it is */
  "clock_gettime", "clock_gettime64", "clock_getres", "clock_nanosleep",
  "clock_nanosleep_time64", "nanosleep", "gettimeofday", "time", "times",
  "getpid", "getppid", "gettid", "getuid", "geteuid", "getgid", "getegid",
  "getuid32", "geteuid32", "getgid32", "getegid32", "getpgrp", "getpgid",
  "getrusage", "getrlimit", "ugetrlimit", "sysinfo", "uname", "getcpu",
  "getrandom",
  /* the children that it has, by descriptors that it has */
  "wait4", "waitpid", "waitid", "pidfd_send_signal",
};

/* No code of ours, of libc, or of a library that is used calls these here. */
static const char *const deadly[] = {
  "execve", "execveat", "fork", "vfork",
  "socket", "socketpair", "socketcall", "connect", "bind", "listen", "accept",
  "accept4",
  "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise",
  "process_mrelease", "pidfd_open", "pidfd_getfd", "kcmp",
  "mount", "umount", "umount2", "move_mount", "fsopen", "fsconfig", "fsmount",
  "fspick", "open_tree", "mount_setattr", "pivot_root", "chroot", "unshare",
  "setns",
  "name_to_handle_at", "open_by_handle_at", "memfd_secret",
  "io_uring_setup", "io_uring_enter", "io_uring_register", "io_setup",
  "bpf", "perf_event_open", "userfaultfd", "add_key", "request_key", "keyctl",
  "init_module", "finit_module", "delete_module", "kexec_load",
  "kexec_file_load", "reboot", "swapon", "swapoff", "acct", "quotactl",
  "quotactl_fd", "iopl", "ioperm", "modify_ldt", "personality",
  "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid",
  "setgroups", "setfsuid", "setfsgid", "capset",
};

/* Allowed with some arguments only. */
struct rule {
  const char *name;
  unsigned count;
  struct scmp_arg_cmp arguments[2];
};

#define EQUAL(number, value)                                            \
  { .arg = (number), .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t) (value) }
/* The bits of MASK are those of VALUE. */
#define MASKED(number, mask, value)                                     \
  { .arg = (number), .op = SCMP_CMP_MASKED_EQ,                          \
    .datum_a = (scmp_datum_t) (mask), .datum_b = (scmp_datum_t) (value) }

#define CONTROL(command) { "fcntl", 1, { EQUAL (1, command) } },        \
                         { "fcntl64", 1, { EQUAL (1, command) } }

static const struct rule rules[] = {
  /* Nothing that can be run. */
  { "mmap", 1, { MASKED (2, PROT_EXEC, 0) } },
  { "mmap2", 1, { MASKED (2, PROT_EXEC, 0) } },
  { "mprotect", 1, { MASKED (2, PROT_EXEC, 0) } },
  /* Threads, not processes. */
  { "clone", 1, { MASKED (0, CLONE_THREAD, CLONE_THREAD) } },
  CONTROL (F_GETFD), CONTROL (F_SETFD), CONTROL (F_GETFL),
  CONTROL (F_SETFL), CONTROL (F_DUPFD), CONTROL (F_DUPFD_CLOEXEC),
  CONTROL (F_GETPIPE_SZ), CONTROL (F_SETPIPE_SZ),
  /* Is it a terminal, and how wide? */
  { "ioctl", 1, { EQUAL (1, TCGETS) } },
  { "ioctl", 1, { EQUAL (1, TIOCGWINSZ) } },
  { "ioctl", 1, { EQUAL (1, FIONREAD) } },
  /* What libc makes of fstat. */
  { "newfstatat", 1, { MASKED (3, AT_EMPTY_PATH, AT_EMPTY_PATH) } },
  { "fstatat64", 1, { MASKED (3, AT_EMPTY_PATH, AT_EMPTY_PATH) } },
  { "statx", 1, { MASKED (2, AT_EMPTY_PATH, AT_EMPTY_PATH) } },
  /* Its own process group, when the supervisor has died. */
  { "kill", 2, { EQUAL (0, 0), EQUAL (1, SIGKILL) } },
  /* Its own limits, to read them. */
  { "prlimit64", 2, { EQUAL (0, 0), EQUAL (2, 0) } },
  { "prctl", 1, { EQUAL (0, PR_SET_NAME) } },
  { "prctl", 1, { EQUAL (0, PR_GET_NAME) } },
  { "prctl", 1, { EQUAL (0, PR_SET_VMA) } },
};

/* Names that the library does not know are no system calls here, and need no
 * rule. */
static errint_t
filter_add (scmp_filter_ctx filter, uint32_t action, const char *name,
            unsigned count, const struct scmp_arg_cmp *arguments)
{
  int number = seccomp_syscall_resolve_name (name);
  int result;

  if (number == __NR_SCMP_ERROR)
    return 0;
  result = seccomp_rule_add_array (filter, action, number, count, arguments);
  /* Another processor's call, that has no number here. */
  return result == -EDOM ? 0 : result;
}

/* The same for COUNT names, whatever their arguments. */
static errint_t
filter_add_all (scmp_filter_ctx filter, uint32_t action,
                const char *const *names, size_t count)
{
  errint_t error = 0;

  for (size_t i = 0; error == 0 && i < count; ++i)
    error = filter_add (filter, action, names[i], 0, NULL);
  return error;
}

/* abort and raise. */
static errint_t
add_own_signals (scmp_filter_ctx filter)
{
  const struct scmp_arg_cmp own[] = { EQUAL (0, getpid ()) };

  return filter_add (filter, SCMP_ACT_ALLOW, "tgkill", 1, own);
}

static errint_t
fill (scmp_filter_ctx filter)
{
  const struct scmp_arg_cmp process[] = { MASKED (0, CLONE_THREAD, 0) };
  errint_t error = filter_add_all (filter, SCMP_ACT_ALLOW, allowed,
                                   LENGTH (allowed));

  if (error == 0)
    error = filter_add_all (filter, SCMP_ACT_KILL_PROCESS, deadly,
                            LENGTH (deadly));
  for (size_t i = 0; error == 0 && i < LENGTH (rules); ++i)
    error = filter_add (filter, SCMP_ACT_ALLOW, rules[i].name,
                        rules[i].count, rules[i].arguments);
  if (error == 0)
    error = filter_add (filter, SCMP_ACT_KILL_PROCESS, "clone", 1,
                        process);
  /* Its flags are in memory, where a filter cannot look; libc then takes
   * clone. */
  if (error == 0)
    error = filter_add (filter, SCMP_ACT_ERRNO (ENOSYS), "clone3", 0, NULL);
  return error == 0 ? add_own_signals (filter) : error;
}

bool
filter_is_there (void)
{
  const uint32_t action = SECCOMP_RET_KILL_PROCESS;

  return syscall (SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

errint_t
filter_enter (void)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ERRNO (EPERM));
  errint_t error;

  if (filter == NULL)
    return -ENOMEM;
  /* Calls of another kind of processor, for which the numbers differ. */
  error = seccomp_attr_set (filter, SCMP_FLTATR_ACT_BADARCH,
                            SCMP_ACT_KILL_PROCESS);
  if (error == 0)
    error = seccomp_attr_set (filter, SCMP_FLTATR_CTL_TSYNC, 1);
  /* A binary tree: some 200 calls in a row would be felt in each of them. */
  if (error == 0)
    error = seccomp_attr_set (filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
  if (error == 0)
    error = fill (filter);
  if (error == 0)
    error = seccomp_load (filter);
  seccomp_release (filter);
  return error;
}
