/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lists of names that libguestfs gives as a file: the file is a FIFO, read
 * while the call runs, so that a huge list is cut where the tree is full and
 * the watchdog sees that the call gets on.  Knows nothing of trees.
 */
#include <config.h>

#include "stream.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Longer than any name or path that the appliance can send. */
#define BUFFER_SIZE 65536

struct stream {
  struct appliance *appliance;
  stream_take *take;
  void *opaque;
  int read_end;
  errint_t result;
};

/* Takes the whole strings of the LENGTH bytes at BUFFER and moves what is
 * left to its beginning; returns how much that is. */
static size_t
take_strings (struct stream *stream, char *buffer, size_t length)
{
  size_t start = 0;

  while (stream->result == 0) {
    char *end = memchr (buffer + start, '\0', length - start);
    size_t size;

    if (end == NULL)
      break;
    size = end - (buffer + start);
    if (size > 0)
      stream->result = stream->take (buffer + start, size, stream->opaque);
    start += size + 1;
  }
  memmove (buffer, buffer + start, length - start);
  return length - start;
}

/* To the end in any case: the writer must not be left waiting. */
static void *
read_all (void *opaque)
{
  struct stream *stream = opaque;
  CLEANUP_FREE char *buffer = malloc (BUFFER_SIZE);
  char waste[512];
  size_t filled = 0;
  ssize_t n = 1;

  if (buffer == NULL)
    stream->result = -ENOMEM;
  while (n > 0 && stream->result == 0) {
    n = read (stream->read_end, buffer + filled, BUFFER_SIZE - filled);
    if (n <= 0)
      break;
    appliance_alive (stream->appliance);
    filled = take_strings (stream, buffer, filled + n);
    if (filled == BUFFER_SIZE)
      stream->result = -EPROTO;
  }
  if (stream->result < 0)
    guestfs_user_cancel (stream->appliance->g);
  while (n > 0)
    n = read (stream->read_end, waste, sizeof waste);
  return NULL;
}

static errint_t
make_fifo (struct appliance *appliance, char **name)
{
  if (asprintf (name, "%s/%s-names", appliance->private_directory,
                side_name (appliance->side)) < 0) {
    *name = NULL;
    return -ENOMEM;
  }
  unlink (*name);
  return mkfifo (*name, 0600) == 0 ? 0 : -errno;
}

/* With a writer of our own the reader neither waits for one nor comes to
 * the end before the call has opened the FIFO. */
static errint_t
run (struct stream *stream, const char *fifo, stream_call *call,
     const char *source, errint_t *outcome)
{
  CLEANUP_CLOSE int write_end = open (fifo, O_RDWR | O_CLOEXEC);
  pthread_t reader;
  int r;

  if (write_end < 0)
    return -errno;
  stream->read_end = open (fifo, O_RDONLY | O_CLOEXEC);
  if (stream->read_end < 0)
    return -errno;
  r = pthread_create (&reader, NULL, read_all, stream);
  if (r == 0) {
    APPLIANCE_LOCK (stream->appliance);
    *outcome = 0;
    if (call (stream->appliance->g, source, fifo) == -1)
      *outcome = appliance_error (stream->appliance);
    close (steal_fd (&write_end));
    pthread_join (reader, NULL);
  }
  close (stream->read_end);
  return -r;
}

errint_t
stream_names (struct appliance *appliance, stream_call *call,
              const char *source, stream_take *take, void *opaque,
              errint_t *outcome)
{
  struct stream stream = {
    .appliance = appliance, .take = take, .opaque = opaque, .read_end = -1,
  };
  CLEANUP_FREE char *fifo = NULL;
  errint_t r = make_fifo (appliance, &fifo);

  if (r == 0) {
    r = run (&stream, fifo, call, source, outcome);
    unlink (fifo);
  }
  if (r < 0)
    return log_error (appliance->log, r, "cannot list a directory",
                      source);
  return stream.result;
}
