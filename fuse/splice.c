/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A pipe for each of a few threads, see splice.h.  The kernel has a limit for
 * the pages in the pipes of a user, beyond which those of all their programs
 * become small; libfuse takes another one for each thread that uses it.
 *
 * libfuse could take the bytes from the image file itself, but sends what it
 * gets: a file that was cut short would give a short answer, which the kernel
 * fills up with zeros.  So they are all in a pipe of ours before it is told.
 */
#include <config.h>

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "reply.h"
#include "splice.h"

/* Below, copying takes less time than four system calls. */
#define SIZE_LEAST ((size_t) 32 * 1024)
/* What the kernel reads ahead at once, unless it was told otherwise.  Beyond,
 * the pages are not in the processor's cache any more when it copies them. */
#define SIZE_MOST ((size_t) 128 * 1024)
/* A page of a pipe may hold a few bytes only. */
#define PIPE_SIZE ((int) (2 * SIZE_MOST))

/* Threads that have one; the others copy. */
#define CHANNELS 4

enum state { STATE_NEW, STATE_OPEN, STATE_NONE };

static atomic_uint channels;

static _Thread_local struct {
  enum state state;
  int ends[2];                  /* to read from, to write to */
} channel;

static void
close_pipe (void)
{
  close (channel.ends[0]);
  close (channel.ends[1]);
}

static bool
open_pipe (void)
{
  if (pipe2 (channel.ends, O_CLOEXEC | O_NONBLOCK) != 0)
    return false;
  /* Not granted to a user who has very many pipes. */
  if (fcntl (channel.ends[1], F_SETPIPE_SZ, PIPE_SIZE) >= PIPE_SIZE)
    return true;
  close_pipe ();
  return false;
}

static bool
channel_open (void)
{
  if (channel.state != STATE_NEW)
    return channel.state == STATE_OPEN;
  channel.state = STATE_NONE;
  if (atomic_fetch_add (&channels, 1) < CHANNELS && open_pipe ())
    channel.state = STATE_OPEN;
  else
    atomic_fetch_sub (&channels, 1);
  return channel.state == STATE_OPEN;
}

void
splice_end (void)
{
  if (channel.state == STATE_OPEN) {
    close_pipe ();
    atomic_fetch_sub (&channels, 1);
  }
  channel.state = STATE_NEW;
}

/* Nothing of one file may get into an answer about another one. */
static void
channel_empty (void)
{
  int left = 0;

  if (ioctl (channel.ends[0], FIONREAD, &left) != 0 || left != 0)
    splice_end ();
}

bool
splice_content (fuse_req_t request, view_node node, size_t size,
                uint64_t offset)
{
  struct fuse_bufvec content = FUSE_BUFVEC_INIT (size);
  errint_t err;

  if (size < SIZE_LEAST || size > SIZE_MOST
      || !serve_of (request)->splice || !channel_open ())
    return false;
  err = view_splice (serve_of (request)->view, node, channel.ends[1], size,
                     offset);
  if (err == 0) {
    content.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_RETRY;
    content.buf[0].fd = channel.ends[0];
    fuse_reply_data (request, &content, 0);
  } else if (err != -ENOTSUP)
    reply_error (request, err);
  channel_empty ();
  return err != -ENOTSUP;
}
