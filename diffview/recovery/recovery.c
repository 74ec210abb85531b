/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The asking side: a request to the keeper, then an answer to every read and
 * write of e2fsck's until the keeper says that it has ended.
 */
#include <config.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/seccomp.h>

#include "handover.h"
#include "keeper.h"
#include "program_path.h"
#include "recovery.h"

#define ROOTS_PATH "/usr/local/sbin:/usr/sbin:/sbin"

/* fsck(8): an exit code may say that it corrected errors. */
#define CORRECTED 1

static const char not_started[] =
  "its journal holds fast commits, and e2fsck cannot be started";
static const char gave_up[] = "e2fsck cannot replay its fast commits";

struct recovery {
  const struct log *log;
  int socket;
  pid_t pid;
};

/* A run of the program. */
struct run {
  const struct recovery_file *file;
  bool started;
  int notifications;            /* -1: not there yet, or no more */
  uint64_t position;            /* of the file, for writes without an offset */
  errint_t error;               /* the first one of the caller's functions */
};

/* The kernel's structures may be longer than the ones that are known here. */
union question {
  struct seccomp_notif notif;
  char space[512];
};

union reply {
  struct seccomp_notif_resp resp;
  char space[512];
};

bool
recovery_find_program (char path[PATH_MAX])
{
  return program_find ("e2fsck", path)
    || program_find_in (ROOTS_PATH, "e2fsck", path);
}

static errint_t
check_sizes (void)
{
  struct seccomp_notif_sizes sizes;

  if (sizeof (long) < sizeof (uint64_t))
    return -ENOSYS;             /* an offset in two arguments */
  if (syscall (SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0)
    return -errno;
  return sizes.seccomp_notif <= sizeof (union question)
    && sizes.seccomp_notif_resp <= sizeof (union reply) ? 0 : -ENOSYS;
}

static errint_t
start_keeper (struct recovery *recovery)
{
  CLEANUP_CLOSE int its = -1;
  const pid_t self = getpid ();
  errint_t error = check_sizes ();
  int ends[2];

  if (error < 0)
    return error;
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
    return -errno;
  recovery->socket = ends[0];
  its = ends[1];
  recovery->pid = fork ();
  if (recovery->pid < 0)
    return -errno;
  if (recovery->pid == 0)
    keeper_run (its, self);
  return 0;
}

struct recovery *
recovery_start (const struct log *log)
{
  CLEANUP (recovery_close) struct recovery *recovery =
    calloc (1, sizeof *recovery);
  errint_t error = -ENOMEM;

  if (recovery != NULL) {
    recovery->log = log;
    recovery->socket = -1;
    error = start_keeper (recovery);
  }
  if (error == 0)
    return steal_pointer (&recovery);
  log_report (log, LOG_LEVEL_DETAIL, "journals with fast commits are not read",
              NULL, "%s", strerror (-error));
  return NULL;
}

void
recovery_close (struct recovery *recovery)
{
  if (recovery->socket >= 0)
    close (recovery->socket);
  if (recovery->pid > 0)
    while (waitpid (recovery->pid, NULL, 0) < 0 && errno == EINTR)
      ;
  free (recovery);
}

const struct log *
recovery_log (const struct recovery *recovery)
{
  return recovery->log;
}

static errint_t
judge_range (const struct run *run, uint64_t offset, uint64_t length,
             bool writes)
{
  if (length > INT64_MAX || offset > INT64_MAX - length)
    return -EINVAL;
  return writes ? run->file->writes (run->file->opaque, offset, length)
    : run->file->reads (run->file->opaque, offset, length);
}

/* libext2fs writes pieces of the superblock after lseek.  Other files are
 * moved about in, too, but not between the two.  A program that were to
 * deceive us here would write what is not taken for written. */
static errint_t
judge_call (struct run *run, const struct seccomp_data *call)
{
  const uint64_t length = call->args[2];
  uint64_t offset = call->args[3];

  if (run->error < 0)
    return run->error;
  switch (call->nr) {
  case SYS_lseek:
    if (call->args[2] == SEEK_SET)
      run->position = call->args[1];
    return 0;
  case SYS_write:
    offset = run->position;
    run->position += length;
    return judge_range (run, offset, length, true);
  default:
    return judge_range (run, offset, length, call->nr == SYS_pwrite64);
  }
}

/* Answers one read or write.  Its arguments are numbers, which cannot change
 * after they were looked at. */
static void
answer_call (struct run *run)
{
  union question question = { .space = { 0 } };
  union reply reply = { .space = { 0 } };
  errint_t error;

  if (ioctl (run->notifications, SECCOMP_IOCTL_NOTIF_RECV, &question) < 0)
    return;                     /* it has gone meanwhile */
  error = judge_call (run, &question.notif.data);
  reply.resp.id = question.notif.id;
  if (error == 0)
    reply.resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  else
    reply.resp.error = -EIO;
  if (error < 0 && run->error == 0)
    run->error = error;
  ioctl (run->notifications, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

/* Takes what the keeper says.  *ENDED: no more is to come. */
static errint_t
take_answer (const struct recovery *recovery, struct run *run,
             struct keeper_answer *answer, bool *ended)
{
  CLEANUP_CLOSE int fd = -1;
  errint_t error = handover_receive (recovery->socket, answer, sizeof *answer,
                                     &fd);

  if (error < 0)
    return error;
  *ended = answer->news == KEEPER_ENDED;
  if (*ended)
    return answer->said_length <= KEEPER_SAID_MAX ? 0 : -EPROTO;
  if (run->started || fd < 0)
    return -EPROTO;
  run->started = true;
  run->notifications = steal_fd (&fd);
  return 0;
}

static errint_t
serve (const struct recovery *recovery, struct run *run,
       struct keeper_answer *answer)
{
  bool ended = false;
  errint_t error = 0;

  while (error == 0 && !ended) {
    struct pollfd waits[] = {
      { .fd = run->notifications, .events = POLLIN },
      { .fd = recovery->socket, .events = POLLIN },
    };

    if (poll (waits, 2, -1) < 0) {
      if (errno != EINTR)
        error = -errno;
      continue;
    }
    if ((waits[0].revents & POLLIN) != 0)
      answer_call (run);
    else if (waits[0].revents != 0)
      close (steal_fd (&run->notifications));
    if (waits[1].revents != 0)
      error = take_answer (recovery, run, answer, &ended);
  }
  return error;
}

static errint_t
judge_end (const struct recovery *recovery, const struct run *run,
           const struct keeper_answer *answer, const char **reason)
{
  static const char wanted[] = KEEPER_WORDS;
  const bool silent = answer->said_length == sizeof wanted - 1
    && memcmp (answer->said, wanted, sizeof wanted - 1) == 0;
  const bool exited = answer->error == 0 && WIFEXITED (answer->status);
  const int code = exited ? WEXITSTATUS (answer->status) : -1;

  if (!silent)
    log_report (recovery->log, LOG_LEVEL_DETAIL, "e2fsck", NULL, "%.*s",
                (int) answer->said_length, answer->said);
  if (run->error < 0)
    return run->error;
  if (code == KEEPER_NOT_STARTED)
    *reason = not_started;
  return silent && exited && (code & ~CORRECTED) == 0 ? 0 : -ENOTSUP;
}

errint_t
recovery_replay (struct recovery *recovery, const struct recovery_file *file,
                 const char **reason)
{
  const struct keeper_request request = { .most = file->most };
  struct keeper_answer answer = { .news = KEEPER_ENDED };
  struct run run = { .file = file, .notifications = -1 };
  errint_t error;

  *reason = not_started;
  if (recovery->socket < 0)
    return -ENOTSUP;
  error = handover_send (recovery->socket, &request, sizeof request, file->fd);
  if (error == 0)
    error = serve (recovery, &run, &answer);
  if (run.notifications >= 0)
    close (run.notifications);
  *reason = run.started ? gave_up : not_started;
  if (error == 0)
    return judge_end (recovery, &run, &answer, reason);
  /* It does not answer as it should: it is not asked again. */
  close (steal_fd (&recovery->socket));
  return -ENOTSUP;
}
