/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * deltafs mount.  Three processes: the launcher, which the user started and
 * which ends when the tree answers; the supervisor, which mounts and unmounts,
 * and whom SIGTERM asks to; the worker, which reads what the guest wrote and
 * serves the tree.  With -f the launcher is the supervisor.
 */
#include <config.h>

#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup_process.h"
#include "command.h"
#include "ending_signals.h"
#include "inherited.h"
#include "mount_point.h"
#include "pid_file.h"
#include "private_directory.h"
#include "process.h"
#include "progress_bar.h"
#include "serve.h"
#include "stale_directories.h"
#include "supervise.h"
#include "view.h"
#include "work.h"
#include "worker.h"

static const char what[] = "cannot mount";

struct mount_job {
  const struct options *options;
  struct messages *messages;
  struct mount_point *mount_point;
  struct inherited *inherited;
  bool show_progress;
  struct private_directory *directory;
  struct pid_file *pid_file;    /* or NULL */
  int launcher;                 /* a byte there lets the launcher end, or -1 */
  char *source;                 /* for the mount table; owned */
  struct serve_mount *made;     /* the supervisor's, once it is made */
  int record;                   /* of the mount (supervisors.h), or -1 */

  /* The worker's: */
  const struct worker *worker;
  struct serve *serve;          /* while it runs */
};

static struct serve_options
how_to_serve (const struct mount_job *mount)
{
  const struct options *options = mount->options;

  return (struct serve_options) {
    .allow_other = options->allow_other,
    .all_readable = options->all_readable,
    .no_exec = options->no_exec,
    .source = mount->source,
  };
}

/* The worker */

static void
tell_ready (void *opaque)
{
  struct mount_job *mount = opaque;

  worker_ready (mount->worker);
}

static void
stop (void *opaque)
{
  struct mount_job *mount = opaque;

  if (mount->serve != NULL)
    serve_stop (mount->serve);
}

static void
tell_totals (const struct delta *delta, const char *engine,
             const struct log *log)
{
  struct delta_totals totals;

  delta_count (delta, &totals);
  if (totals.unreadable > 0)
    log_report (log, LOG_LEVEL_WARNING, "unreadable entries", NULL,
                "%" PRIu64, totals.unreadable);
  log_detail (log, "%" PRIu64 " added, %" PRIu64 " modified, %" PRIu64
              " deleted, %" PRIu64 " filtered (engine %s)", totals.added,
              totals.modified, totals.deleted, totals.filtered, engine);
}

/* Gives back what finding out took, which is more than what is kept of it. */
static void
settle_memory (const struct view *view, const struct log *log)
{
  struct mallinfo2 memory;
  struct view_totals totals;

  malloc_trim (0);
  view_count (view, &totals);
  memory = mallinfo2 ();
  log_detail (log, "memory in use: %.1f MiB, for %" PRIu64 " entries of the "
              "tree", (double) (memory.uordblks + memory.hblkhd) / 1048576,
              totals.nodes);
}

/* Has the tree mounted and serves it until the end. */
static errint_t
serve_view (struct mount_job *mount, const struct view *view)
{
  const struct serve_options serve_options = how_to_serve (mount);
  int device = worker_descriptor (mount->worker);
  errint_t err;

  if (device < 0)
    return device;
  err = serve_open (device, &serve_options, &mount->messages->log,
                    &mount->serve);
  return err < 0 ? err
    : serve_run (mount->serve, view, tell_ready, mount);
}

static errint_t
serve_work (struct mount_job *mount, const struct work *work)
{
  CLEANUP (view_free) struct view *view = NULL;
  struct view_options view_options = {
    .base = mount->options->base_tree,
    .symlinks_inside = mount->options->symlinks == SYMLINKS_INSIDE,
  };
  const struct delta *delta = inspection_delta (work->inspection);
  const struct log *log = &mount->messages->log;
  errint_t err;

  tell_totals (delta, inspection_engine (work->inspection), log);
  err = view_build (delta, &view_options, log, &view);
  if (err < 0)
    return err;
  settle_memory (view, log);
  return serve_view (mount, view);
}

static int
run (void *opaque, struct worker *worker)
{
  struct mount_job *mount = opaque;
  struct serve *serve;
  struct work work;
  bool again;
  errint_t err;

  mount->worker = worker;
  if (mount->options->ready_fd > STDERR_FILENO)
    close (mount->options->ready_fd);
  if (mount->launcher >= 0)
    close (mount->launcher);
  /* The lock is not for this process to undo. */
  close (steal_fd (&mount->mount_point->directory));
  err = work_open (&work, mount->options, worker, mount->directory->path,
                   mount->show_progress, mount->messages);
  again = err == -EAGAIN;
  inherited_close (mount->inherited);
  if (err == 0)
    err = serve_work (mount, &work);
  work_close (&work);
  serve = steal_pointer (&mount->serve);
  if (serve != NULL)
    serve_free (serve);
  if (again)
    return WORKER_AGAIN;
  return err < 0 ? EXIT_FAILED : EXIT_DONE;
}

/* The supervisor */

/* Makes the mount, for the worker to serve.  From here on umount finds this
 * process. */
static int
make_mount (void *opaque)
{
  struct mount_job *mount = opaque;
  const struct log *log = &mount->messages->log;
  const struct serve_options options = how_to_serve (mount);
  CLEANUP_CLOSE int device = -1;
  errint_t err = mount_point_verify (mount->mount_point, log);

  if (err == 0) {
    cleanup_process_start (mount->mount_point, mount->directory,
                           mount->options->operands[0], mount->messages);
    err = serve_mount (mount->mount_point->path, &options, log,
                       &mount->made, &device);
  }
  if (err < 0)
    return err;
  mount->record = mount_point_record (mount->mount_point, log);
  return mount->record < 0 ? mount->record : steal_fd (&device);
}

/* Leaves the terminal: the standard descriptors and the directory. */
static void
detach (struct mount_job *mount)
{
  CLEANUP_CLOSE int null = open ("/dev/null", O_RDWR | O_CLOEXEC);

  messages_to_system_log (mount->messages);
  for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; ++fd)
    dup2 (null, fd);
}

static errint_t
ready (void *opaque)
{
  struct mount_job *mount = opaque;
  int ready_fd = mount->options->ready_fd;

  if (mount->pid_file != NULL) {
    errint_t err = pid_file_write (mount->pid_file, &mount->messages->log);

    if (err < 0)
      return err;
  }
  if (chdir ("/") < 0)
    log_error (&mount->messages->log, -errno, "cannot change the directory",
               "/");
  /* Who asked may be gone; the mount is there all the same. */
  signal (SIGPIPE, SIG_IGN);
  if (ready_fd >= 0 && write (ready_fd, "", 1) != 1)
    log_report (&mount->messages->log, LOG_LEVEL_WARNING, "cannot write",
                "the file descriptor of --fd", "%s", strerror (errno));
  if (ready_fd > STDERR_FILENO)
    close (ready_fd);
  inherited_close (mount->inherited);
  /* Everybody is connected: what a crash could leave goes now. */
  pair_remove_sockets (mount->directory->path);
  if (mount->launcher >= 0) {
    detach (mount);
    prctl (PR_SET_PDEATHSIG, 0);
    write_fully (mount->launcher, "", 1);
    close (steal_fd (&mount->launcher));
  }
  return 0;
}

static void
clear (void *opaque)
{
  struct mount_job *mount = opaque;

  if (mount->made != NULL)
    serve_unmount (steal_pointer (&mount->made));
  if (mount->pid_file != NULL)
    pid_file_remove (mount->pid_file);
}

/* Returns the exit code, or ends by the signal that asked for it. */
static int
run_supervisor (struct mount_job *mount)
{
  struct job job = {
    .messages = mount->messages,
    .what = what,
    .what_later = "cannot serve any longer",
    .object = mount->options->operands[0],
    .opaque = mount,
    .run = run,
    .stop = stop,
    .descriptor = make_mount,
    .ready = ready,
    .clear = clear,
    .relay = true,
  };
  int code, signal;

  hold_ending_signals ();
  if (private_directory_make (&mount->messages->log, &mount->directory) < 0)
    return EXIT_FAILED;
  code = supervise (&job, &signal);
  private_directory_remove (steal_pointer (&mount->directory));
  if (signal != 0)
    end_by_signal (signal);
  return code;
}

/* The launcher */

/* What became of the supervisor. */
static int
wait_for_supervisor (pid_t supervisor, const struct log *log,
                     const char *object)
{
  int status;

  if (process_wait (supervisor, &status) < 0)
    return EXIT_FAILED;
  if (WIFEXITED (status))
    return WEXITSTATUS (status);
  switch (WTERMSIG (status)) {
  case SIGINT:
  case SIGTERM:
  case SIGHUP:
  case SIGQUIT:
    end_by_signal (WTERMSIG (status));
  }
  log_report (log, LOG_LEVEL_ERROR, what, object,
              "the supervising process was ended by signal %d (%s)",
              WTERMSIG (status), strsignal (WTERMSIG (status)));
  return EXIT_FAILED;
}

/* Until the tree answers (true) or the supervisor has ended (false); signals
 * are passed on to it. */
static bool
wait_until_ready (pid_t supervisor, int ready_fd, int signal_fd)
{
  struct pollfd fds[] = {
    { .fd = ready_fd, .events = POLLIN },
    { .fd = signal_fd, .events = POLLIN },
  };
  struct signalfd_siginfo info;
  char byte;

  for (;;) {
    if (poll (fds, 2, -1) < 0)
      continue;
    while (read (signal_fd, &info, sizeof info) == sizeof info)
      if (info.ssi_signo == SIGTSTP)
        kill (getpid (), SIGSTOP);
      else if (info.ssi_signo != SIGCHLD)
        kill (supervisor, (int) info.ssi_signo);
    if (fds[0].revents != 0)
      return read (ready_fd, &byte, 1) == 1;
  }
}

static void become_supervisor (struct mount_job *mount, pid_t launcher)
  __attribute__ ((noreturn));

static void
become_supervisor (struct mount_job *mount, pid_t launcher)
{
  setsid ();
  process_end_with_parent (launcher, SIGTERM, EXIT_FAILED);
  exit (run_supervisor (mount));
}

static int
launch (struct mount_job *mount)
{
  const struct log *log = &mount->messages->log;
  const char *object = mount->options->operands[0];
  pid_t launcher = getpid (), supervisor;
  CLEANUP_CLOSE int signal_fd = -1;
  int ends[2];
  bool answers;

  if (pipe2 (ends, O_CLOEXEC) < 0)
    return log_error (log, -errno, what, object), EXIT_FAILED;
  signal_fd = catch_ending_signals ();
  if (signal_fd < 0)
    return log_error (log, signal_fd, what, object), EXIT_FAILED;
  supervisor = fork ();
  if (supervisor < 0)
    return log_error (log, -errno, what, object), EXIT_FAILED;
  if (supervisor == 0) {
    close (ends[0]);
    close (steal_fd (&signal_fd));
    mount->launcher = ends[1];
    become_supervisor (mount, launcher);
  }
  close (ends[1]);
  answers = wait_until_ready (supervisor, ends[0], signal_fd);
  close (ends[0]);
  return answers ? EXIT_DONE
    : wait_for_supervisor (supervisor, log, object);
}

/* The overlay as mount(8) writes a source, which its "mount -a" also looks for:
 * absolute and without symlinks.  What is no file of this host, such as a URI,
 * stays as it is.  To be freed; NULL without memory. */
static char *
absolute_source (const char *overlay)
{
  char *path = realpath (overlay, NULL);

  return path != NULL ? path : strdup (overlay);
}

int
command_mount (const struct options *options, struct messages *messages)
{
  CLEANUP (mount_point_close) struct mount_point *mount_point = NULL;
  CLEANUP (pid_file_free) struct pid_file *pid_file = NULL;
  struct inherited inherited;
  struct mount_job mount = {
    .options = options,
    .messages = messages,
    .inherited = &inherited,
    .show_progress = progress_bar_is_wanted (options->progress,
                                             options->quiet),
    .launcher = -1,
    .record = -1,
  };
  CLEANUP_FREE char *source = absolute_source (options->operands[0]);
  struct serve_options serve_options;

  mount.source = source;
  serve_options = how_to_serve (&mount);
  inherited_note (&inherited, options->ready_fd);
  if (mount_point_open (options->operands[1], &messages->log,
                        &mount_point) < 0
      || serve_check (options->operands[1], &serve_options,
                      &messages->log) < 0
      || work_check (options, &messages->log) < 0)
    return EXIT_FAILED;
  if (options->pid_file != NULL
      && pid_file_new (options->pid_file, &messages->log, &pid_file) < 0)
    return EXIT_FAILED;
  stale_directories_clear (&messages->log);
  mount.mount_point = mount_point;
  mount.pid_file = pid_file;
  return options->foreground ? run_supervisor (&mount) : launch (&mount);
}
