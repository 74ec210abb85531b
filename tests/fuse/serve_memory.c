/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Mounts the delta set of a script (script.h) and serves it in the
 * foreground until it is unmounted or gets SIGTERM or SIGINT:
 *
 *   serve_memory [-o allow_other,all_readable,base,inside] [-s SOURCE]
 *                SCRIPT MOUNTPOINT
 *
 * Prints "ready" when the tree answers, and at the end "ended" with what
 * serve_run returned.  Exit code 0, or 2 if something failed.
 */
#include <config.h>

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script.h"
#include "serve.h"

static struct serve *volatile stopped;
static volatile sig_atomic_t signalled;

static void
stop (int signal)
{
  signalled = signal;
  if (stopped != NULL)
    serve_stop (stopped);
}

static void
write_message (void *opaque, enum log_level level, const char *message)
{
  static const char *const names[] = { "error", "warning", "hint", "detail" };

  (void) opaque;
  fprintf (stderr, "%s: %s\n", names[level], message);
}

static void
ready (void *opaque)
{
  (void) opaque;
  puts ("ready");
  fflush (stdout);
}

static int
serve_script (const char *script, const char *mount_point,
              const struct serve_options *options,
              const struct view_options *view_options)
{
  struct log log = { .write = write_message, .verbose = true };
  struct sigaction action = { .sa_handler = stop };
  CLEANUP (view_free) struct view *view = NULL;
  CLEANUP (serve_free) struct serve *serve = NULL;
  struct memory *memory = script_read (script);
  struct delta *delta = memory_delta (memory, NULL);
  struct serve_mount *mount = NULL;
  int device = -1;
  errint_t error;

  error = view_build (delta, view_options, &log, &view);
  sigaction (SIGTERM, &action, NULL);
  sigaction (SIGINT, &action, NULL);
  if (error == 0)
    error = serve_mount (mount_point, options, &log, &mount, &device);
  if (error == 0)
    error = serve_open (device, options, &log, &serve);
  if (error == 0) {
    stopped = serve;
    if (signalled)
      serve_stop (serve);
    error = serve_run (serve, view, ready, NULL);
    stopped = NULL;
  }
  if (mount != NULL) {
    errint_t undone = serve_unmount (mount);

    if (error == 0)
      error = undone;
    printf ("ended %d\n", error);
  }
  view_free (steal_pointer (&view));
  delta_free (delta);
  memory_free (memory);
  script_end ();
  return error == 0 ? 0 : 2;
}

int
main (int argc, char **argv)
{
  struct serve_options options = { .source = NULL };
  struct view_options view_options = { .base = false };
  int option;

  while ((option = getopt (argc, argv, "o:s:")) != -1)
    switch (option) {
    case 'o':
      options.allow_other = strstr (optarg, "allow_other") != NULL;
      options.all_readable = strstr (optarg, "all_readable") != NULL;
      view_options.base = strstr (optarg, "base") != NULL;
      view_options.symlinks_inside = strstr (optarg, "inside") != NULL;
      break;
    case 's':
      options.source = optarg;
      break;
    default:
      return 99;
    }
  if (argc - optind != 2)
    return 99;
  return serve_script (argv[optind], argv[optind + 1], &options,
                       &view_options);
}
