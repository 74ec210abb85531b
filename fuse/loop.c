/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The threads that read requests and have them answered.
 *
 * NOTES ON THE THREAD MODEL
 *
 * The thread that calls loop_run answers the first request (INIT) alone; then
 * it starts the others, and waits for them.  Each of these waits in an epoll
 * instance of its own for two things: the device, with EPOLLEXCLUSIVE, so
 * that a request wakes one idle thread and not all of them; and the eventfd
 * of loop_stop, which stays readable and so ends them all.  The device does
 * not block: of two threads that woke for one request, one goes back to wait.
 * A thread that answers a slow read holds up nobody else.
 *
 * (libfuse's own loop blocks in read(2): there, an idle mount does not see
 * fuse_session_exit, and the threads are cancelled at the end, wherever they
 * are.)
 *
 * Threads share nothing but the served mount, which is constant (see
 * serve_private.h), the view, which is immutable, and the first error.  They
 * take no signals.
 */
#include <config.h>

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "cleanup.h"
#include "loop.h"
#include "reply.h"
#include "serve_private.h"
#include "splice.h"

/* As many reads can wait for an engine at once. */
#define THREADS 16

struct loop {
  struct serve *serve;
  atomic_int error;             /* the first errint_t of a thread, or 0 */
};

/* What one thread has of its own. */
struct worker {
  struct loop *loop;
  pthread_t thread;
  int epoll;
  struct fuse_buf buffer;       /* the request; memory is libfuse's doing */
};

enum step { STEP_MORE, STEP_END };

static _Thread_local const struct log *messages_log;

static void __attribute__ ((format (printf, 2, 0)))
take_message (enum fuse_log_level level, const char *format, va_list arguments)
{
  char text[256];

  (void) level;
  if (messages_log == NULL)
    return;
  vsnprintf (text, sizeof text, format, arguments);
  text[strcspn (text, "\n")] = '\0';
  log_detail (messages_log, "libfuse: %s", text);
}

void
loop_take_messages (const struct log *log)
{
  messages_log = log;
  fuse_set_log_func (take_message);
}

static errint_t
worker_open (struct worker *worker, struct loop *loop)
{
  const struct serve *serve = loop->serve;
  struct epoll_event device = { .events = EPOLLIN | EPOLLEXCLUSIVE };
  struct epoll_event stop = { .events = EPOLLIN, .data.u32 = 1 };

  *worker = (struct worker) { .loop = loop };
  worker->epoll = epoll_create1 (EPOLL_CLOEXEC);
  if (worker->epoll == -1 ||
      epoll_ctl (worker->epoll, EPOLL_CTL_ADD,
                 fuse_session_fd (serve->session), &device) == -1 ||
      epoll_ctl (worker->epoll, EPOLL_CTL_ADD, serve->stop, &stop) == -1)
    return -errno;
  return 0;
}

static void
worker_close (struct worker *worker)
{
  if (worker->epoll != -1)
    close (worker->epoll);
  free (worker->buffer.mem);
}

/* Waits for a request and answers it.  *STEP says whether there can be more;
 * a negative errno is not reported yet. */
static errint_t
worker_step (struct worker *worker, enum step *step)
{
  const struct serve *serve = worker->loop->serve;
  struct epoll_event events[2];
  int count, got;

  *step = STEP_MORE;
  count = epoll_wait (worker->epoll, events, 2, -1);
  if (count == -1)
    return errno == EINTR ? 0 : -errno;
  for (int i = 0; i < count; ++i)
    if (events[i].data.u32 == 1)
      *step = STEP_END;
  if (*step == STEP_END)
    return 0;

  got = fuse_session_receive_buf (serve->session, &worker->buffer);
  if (got == -EAGAIN || got == -EINTR)
    return 0;
  if (got < 0)
    return got;
  if (got == 0) {               /* unmounted, or the connection was aborted */
    *step = STEP_END;
    return 0;
  }
  fuse_session_process_buf (serve->session, &worker->buffer);
  return 0;
}

static void
fail (struct loop *loop, errint_t err)
{
  int none = 0;

  if (atomic_compare_exchange_strong (&loop->error, &none, err))
    log_error (loop->serve->log, err, "cannot serve",
               loop->serve->source);
}

void
loop_stop (struct serve *serve)
{
  const int saved = errno;
  const uint64_t one = 1;

  /* Fails only where the counter is full, and then it is readable too. */
  if (write (serve->stop, &one, sizeof one) == -1)
    errno = saved;
}

static void *
run_worker (void *opaque)
{
  struct worker *worker = opaque;
  struct loop *loop = worker->loop;
  enum step step = STEP_MORE;
  errint_t err = 0;

  loop_take_messages (loop->serve->log);
  while (err == 0 && step == STEP_MORE)
    err = worker_step (worker, &step);
  if (err < 0)
    fail (loop, err);
  /* Whatever ended this one ends them all. */
  loop_stop (loop->serve);
  reply_buffer_free ();
  splice_end ();
  return NULL;
}

/* Answers INIT.  *STEP is STEP_END when it came to an end instead. */
static errint_t
shake_hands (struct loop *loop, enum step *step)
{
  const struct serve *serve = loop->serve;
  struct worker worker;
  errint_t err;

  *step = STEP_MORE;
  err = worker_open (&worker, loop);
  while (err == 0 && *step == STEP_MORE && !serve->initialized)
    err = worker_step (&worker, step);
  /* libfuse's way to say that it does not understand this kernel. */
  if (err == 0 && *step == STEP_MORE && fuse_session_exited (serve->session))
    err = -EPROTO;
  worker_close (&worker);
  return err;
}

static errint_t
start_worker (struct worker *worker, struct loop *loop)
{
  errint_t err = worker_open (worker, loop);

  if (err == 0)
    err = -pthread_create (&worker->thread, NULL, run_worker, worker);
  if (err < 0)
    worker_close (worker);
  return err;
}

/* Starts up to THREADS threads; where there are not so many to be had, fewer
 * will do. */
static unsigned
start_workers (struct loop *loop, struct worker workers[THREADS])
{
  unsigned count = 0;
  sigset_t all, before;
  errint_t err = 0;

  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  while (count < THREADS && err == 0) {
    err = start_worker (&workers[count], loop);
    if (err == 0)
      ++count;
  }
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  if (count == 0)
    fail (loop, err);
  return count;
}

errint_t
loop_run (struct serve *serve, void (*ready) (void *opaque), void *opaque)
{
  struct loop loop = { .serve = serve };
  struct worker workers[THREADS];
  enum step step;
  unsigned count;
  errint_t err;

  loop_take_messages (serve->log);
  err = shake_hands (&loop, &step);
  if (err < 0)
    fail (&loop, err);
  else if (step == STEP_MORE) {
    count = start_workers (&loop, workers);
    if (count > 0)
      ready (opaque);
    for (unsigned i = 0; i < count; ++i) {
      pthread_join (workers[i].thread, NULL);
      worker_close (&workers[i]);
    }
  }
  return atomic_load (&loop.error);
}
