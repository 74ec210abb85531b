/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The life of a served mount, from the mount point to the last request.
 * What a request is answered with is not known here (operations.h).
 */
#include <config.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "loop.h"
#include "operations.h"
#include "serve_private.h"

/* Makes libfuse's session on the device DEVICE, which it closes one day. */
static errint_t
open_session (struct serve *serve, int device)
{
  char program[] = "deltafs";
  char *argv[] = { program, NULL };
  struct fuse_args arguments = FUSE_ARGS_INIT (1, argv);
  char path[32];
  int flags;

  /* The loop polls before it reads: see loop.c. */
  flags = fcntl (device, F_GETFL);
  if (flags == -1 || fcntl (device, F_SETFL, flags | O_NONBLOCK) == -1) {
    close (device);
    return -EIO;
  }

  serve->session = fuse_session_new (&arguments, &operations_table,
                                     sizeof operations_table, serve);
  fuse_opt_free_args (&arguments);
  if (serve->session == NULL) {
    close (device);
    return -ENOMEM;
  }

  /* libfuse takes a mounted device by this name. */
  snprintf (path, sizeof path, "/dev/fd/%d", device);
  if (fuse_session_mount (serve->session, path) == -1) {
    close (device);
    fuse_session_destroy (steal_pointer (&serve->session));
    return -EIO;
  }
  return 0;
}

errint_t
serve_check (const char *mount_point, const struct serve_options *options,
             const struct log *log)
{
  return mounting_check (mount_point, options, log);
}

errint_t
serve_mount (const char *mount_point, const struct serve_options *options,
             const struct log *log, struct serve **result)
{
  CLEANUP (serve_free) struct serve *serve = calloc (1, sizeof *serve);
  CLEANUP_CLOSE int device = -1;
  errint_t error;

  if (serve == NULL)
    return log_error (log, -ENOMEM, "cannot mount", mount_point);
  serve->log = log;
  serve->stop = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (serve->stop == -1)
    return log_error (log, -errno, "cannot mount", mount_point);
  if (options->session != NULL) {
    serve->session_name = strdup (options->session);
    if (serve->session_name == NULL)
      return log_error (log, -ENOMEM, "cannot mount", mount_point);
  }

  loop_take_messages (log);
  error = mounting_do (mount_point, options, log, &serve->mounting, &device);
  if (error < 0)
    return error;
  error = open_session (serve, steal_fd (&device));
  if (error < 0)
    return log_error (log, error, "cannot serve", mount_point);

  *result = steal_pointer (&serve);
  return 0;
}

errint_t
serve_run (struct serve *serve, const struct view *view,
           void (*ready) (void *opaque), void *opaque)
{
  errint_t error, unmount_error;

  serve->view = view;
  error = loop_run (serve, ready, opaque);
  unmount_error = serve_unmount (serve);
  return error < 0 ? error : unmount_error;
}

void
serve_stop (struct serve *serve)
{
  int saved = errno;
  uint64_t one = 1;

  /* Fails only where the counter is full, and then it is readable too. */
  if (write (serve->stop, &one, sizeof one) == -1)
    errno = saved;
  errno = saved;
}

errint_t
serve_unmount (struct serve *serve)
{
  bool alive = false;

  /* First the device: whoever waits for an answer gets ENOTCONN instead, and
   * nothing of the unmounting can wait for us. */
  if (serve->session != NULL) {
    alive = mounting_alive (fuse_session_fd (serve->session));
    fuse_session_destroy (steal_pointer (&serve->session));
  }
  return mounting_undo (&serve->mounting, alive, serve->log);
}

void
serve_free (struct serve *serve)
{
  if (serve == NULL)
    return;
  serve_unmount (serve);
  loop_take_messages (NULL);
  if (serve->stop != -1)
    close (serve->stop);
  free (serve->session_name);
  free (serve);
}
