/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The life of a served mount: the mount itself, and in the same or another
 * process serving it.  What a request is answered with is not known here
 * (operations.h).
 */
#include <config.h>

#include <fcntl.h>
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
             const struct log *log, struct serve_mount **result, int *device)
{
  struct serve_mount *mount = calloc (1, sizeof *mount);
  errint_t err;

  if (mount == NULL)
    return log_error (log, -ENOMEM, "cannot mount", mount_point);
  mount->log = log;
  err = mounting_do (mount_point, options, log, &mount->mounting, device);
  if (err < 0) {
    free (mount);
    return err;
  }
  *result = mount;
  return 0;
}

errint_t
serve_unmount (struct serve_mount *mount)
{
  errint_t err = mounting_undo (&mount->mounting, mount->log);

  free (mount);
  return err;
}

errint_t
serve_open (int device, const struct serve_options *options,
            const struct log *log, struct serve **result)
{
  static const char what[] = "cannot serve";
  CLEANUP (serve_free) struct serve *serve = calloc (1, sizeof *serve);
  errint_t err = 0;

  if (serve == NULL) {
    close (device);
    return log_error (log, -ENOMEM, what, options->source);
  }
  serve->log = log;
  serve->stop = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (serve->stop == -1)
    err = -errno;
  if (err == 0 && options->source != NULL) {
    serve->source = strdup (options->source);
    if (serve->source == NULL)
      err = -ENOMEM;
  }
  loop_take_messages (log);
  if (err == 0)
    err = open_session (serve, device);
  else
    close (device);
  if (err < 0)
    return log_error (log, err, what, options->source);
  *result = steal_pointer (&serve);
  return 0;
}

/* Whoever waits for an answer gets ENOTCONN instead. */
static void
close_session (struct serve *serve)
{
  if (serve->session != NULL)
    fuse_session_destroy (steal_pointer (&serve->session));
}

errint_t
serve_run (struct serve *serve, const struct view *view,
           void (*ready) (void *opaque), void *opaque)
{
  errint_t err;

  serve->view = view;
  err = loop_run (serve, ready, opaque);
  close_session (serve);
  return err;
}

void
serve_stop (struct serve *serve)
{
  loop_stop (serve);
}

void
serve_free (struct serve *serve)
{
  if (serve == NULL)
    return;
  close_session (serve);
  loop_take_messages (NULL);
  if (serve->stop != -1)
    close (serve->stop);
  free (serve->source);
  free (serve);
}
