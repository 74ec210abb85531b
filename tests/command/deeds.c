/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Deeds: see deeds.h.  None of them does harm where it works: what is started
 * ends at once, what is asked for is what there is already.
 */
#include <config.h>

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "deeds.h"

static long
open_file (void)
{
  return open ("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static long
open_old (void)
{
#ifdef SYS_open
  return syscall (SYS_open, "/etc/passwd", O_RDONLY);
#else
  return open_file ();
#endif
}

static long
open_how (void)
{
  const uint64_t how[3] = { O_RDONLY, 0, 0 };

  return syscall (SYS_openat2, AT_FDCWD, "/etc/passwd", how, sizeof how);
}

static long
make_file (void)
{
  return creat ("made", 0600);
}

static long
look_up (void)
{
  struct stat stat_buf;

  return stat ("/etc/passwd", &stat_buf);
}

static long
read_link (void)
{
  char target[64];

  return readlink ("/proc/self/exe", target, sizeof target);
}

static long
remove_file (void)
{
  return unlink ("/nonexistent/file");
}

static long
change_mode (void)
{
  return fchmod (STDERR_FILENO, 0600);
}

static long
change_directory (void)
{
  return chdir ("/tmp");
}

static long
signal_parent (void)
{
  return kill (getppid (), 0);
}

static long
make_executable (void)
{
  void *page = mmap (NULL, 4096, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  return mprotect (page, 4096, PROT_READ | PROT_EXEC);
}

static long
map_executable (void)
{
  return mmap (NULL, 4096, PROT_READ | PROT_EXEC,
               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}

static long
raise_limit (void)
{
  struct rlimit limit;

  return getrlimit (RLIMIT_DATA, &limit) < 0 ? -1
    : setrlimit (RLIMIT_DATA, &limit);
}

static long
become_dumpable (void)
{
  return prctl (PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static long
type_for_user (void)
{
  return ioctl (STDIN_FILENO, TIOCSTI, "x");
}

static long
run_program (void)
{
  return execl ("/bin/true", "true", (char *) NULL);
}

static long
run_memory (void)
{
  return syscall (SYS_execveat, memfd_create ("program", 0), "", NULL, NULL,
                  AT_EMPTY_PATH);
}

/* Without the handlers that fork(3) runs. */
static long
make_process (void)
{
  long child = syscall (SYS_clone, (unsigned long) SIGCHLD, NULL, NULL, NULL,
                        0ul);

  if (child == 0)
    _exit (0);
  return child;
}

static long
make_socket (void)
{
  return socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static long
connect_socket (void)
{
  const struct sockaddr_un address = {
    .sun_family = AF_UNIX, .sun_path = "/nonexistent",
  };

  return connect (STDERR_FILENO, (const struct sockaddr *) &address,
                  sizeof address);
}

static long
accept_connection (void)
{
  return accept (STDERR_FILENO, NULL, NULL);
}

static long
trace_parent (void)
{
  return ptrace (PTRACE_SEIZE, getppid (), NULL, NULL);
}

static long
read_parent (void)
{
  char byte;
  const struct iovec here = { &byte, 1 }, there = { NULL, 1 };

  return process_vm_readv (getppid (), &here, 1, &there, 1, 0);
}

static long
mount_something (void)
{
  return mount ("none", "/nonexistent", "tmpfs", 0, NULL);
}

static long
unmount_something (void)
{
  return umount2 ("/nonexistent", MNT_DETACH);
}

static long
leave_namespace (void)
{
  return unshare (CLONE_NEWUSER);
}

static long
change_root (void)
{
  return chroot ("/nonexistent");
}

static long
change_user (void)
{
  return setuid (getuid ());
}

static long
make_ring (void)
{
  return syscall (SYS_io_uring_setup, 1, NULL);
}

static long
load_filter_program (void)
{
  return syscall (SYS_bpf, 0, NULL, 0);
}

static long
watch_processor (void)
{
  return syscall (SYS_perf_event_open, NULL, 0, -1, -1, 0);
}

static long
load_key (void)
{
  return syscall (SYS_add_key, "user", "deed", "x", 1, 0);
}

static const struct deed {
  const char *name;
  bool deadly;
  long (*act) (void);           /* -1 and errno */
} deeds[] = {
  { "open", false, open_file },
  { "open-old", false, open_old },
  { "open-how", false, open_how },
  { "create", false, make_file },
  { "stat", false, look_up },
  { "readlink", false, read_link },
  { "unlink", false, remove_file },
  { "fchmod", false, change_mode },
  { "chdir", false, change_directory },
  { "kill", false, signal_parent },
  { "mprotect", false, make_executable },
  { "mmap", false, map_executable },
  { "setrlimit", false, raise_limit },
  { "prctl", false, become_dumpable },
  { "ioctl", false, type_for_user },
  { "exec", true, run_program },
  { "exec-memory", true, run_memory },
  { "fork", true, make_process },
  { "socket", true, make_socket },
  { "connect", true, connect_socket },
  { "accept", true, accept_connection },
  { "ptrace", true, trace_parent },
  { "read-process", true, read_parent },
  { "mount", true, mount_something },
  { "umount", true, unmount_something },
  { "unshare", true, leave_namespace },
  { "chroot", true, change_root },
  { "setuid", true, change_user },
  { "io-uring", true, make_ring },
  { "bpf", true, load_filter_program },
  { "perf", true, watch_processor },
  { "key", true, load_key },
};

#define COUNT (sizeof deeds / sizeof deeds[0])

static void
say (const struct log *log, const char *name, const char *text)
{
  log_report (log, LOG_LEVEL_WARNING, "deed", name, "%s", text);
}

bool
deed_do (const char *name, const struct log *log)
{
  const bool list = strcmp (name, "list") == 0;

  for (size_t i = 0; i < COUNT; ++i)
    if (list)
      say (log, deeds[i].name, deeds[i].deadly ? "deadly" : "refused");
    else if (strcmp (deeds[i].name, name) == 0) {
      say (log, name, deeds[i].act () < 0 ? strerror (errno) : "done");
      return true;
    }
  return list;
}
