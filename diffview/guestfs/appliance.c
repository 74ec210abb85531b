/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One appliance: its settings, its launch, its end.  Knows nothing of what is
 * on the disk.
 */
#include <config.h>

#include "appliance.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* libguestfs keeps a socket in a directory of its own below the one it is
 * given; the whole path has to fit sun_path. */
#define RUNTIME_DIRECTORY_MAX 70

/* The only size of sectors that libguestfs has to be told of, bytes. */
#define LARGE_SECTOR 4096

const char *
side_name (enum side side)
{
  return side == SIDE_BASE ? "base" : "overlay";
}

static long long
now (void)
{
  struct timespec time;

  clock_gettime (CLOCK_MONOTONIC, &time);
  return time.tv_sec;
}

struct appliance *
appliance_lock (struct appliance *appliance)
{
  pthread_mutex_lock (&appliance->lock);
  guestfs_push_error_handler (appliance->g, NULL, NULL);
  atomic_store (&appliance->deadline, now () + CALL_LIMIT);
  return appliance;
}

void
appliance_unlock (struct appliance **locked)
{
  struct appliance *appliance = *locked;

  atomic_store (&appliance->deadline, 0);
  guestfs_pop_error_handler (appliance->g);
  pthread_mutex_unlock (&appliance->lock);
}

void
appliance_alive (struct appliance *appliance)
{
  atomic_store (&appliance->deadline, now () + CALL_LIMIT);
}

/* A pidfd of QEMU, or -1.  Asking libguestfs would wait for the call that does
 * not return.  The number in the file may be another process's by now: QEMU is
 * a child of this process. */
static int
open_machine (const char *file_name)
{
  CLEANUP_FCLOSE FILE *file = fopen (file_name, "re");
  CLEANUP_CLOSE int process = -1;
  siginfo_t info;
  int pid;

  if (file == NULL || fscanf (file, "%d", &pid) != 1 || pid <= 1)
    return -1;
  process = pidfd_open (pid, 0);
  if (process < 0
      || waitid (P_PIDFD, (id_t) process, &info,
                 WEXITED | WNOHANG | WNOWAIT) < 0)
    return -1;
  return steal_fd (&process);
}

void
appliance_check_deadline (struct appliance *appliance)
{
  long long deadline = atomic_load (&appliance->deadline);
  CLEANUP_CLOSE int machine = -1;

  if (deadline == 0 || now () < deadline || atomic_load (&appliance->ended))
    return;
  machine = open_machine (appliance->pid_file);
  if (machine < 0)
    return;
  atomic_store (&appliance->ended, true);
  pidfd_send_signal (machine, SIGKILL, NULL, 0);
  log_report (appliance->log, LOG_LEVEL_WARNING,
              "the appliance does not answer", side_name (appliance->side),
              "it was ended");
}

/* Of what is said during the launch, keeps what supermin and QEMU end with:
 * libguestfs' own error only says that they failed. */
static void
keep_launch_message (guestfs_h *g, void *opaque, uint64_t event, int handle,
                     int flags, const char *text, size_t length,
                     const uint64_t *array, size_t array_length)
{
  static const char *const prefixes[] = { "supermin: ", "qemu-" };
  struct appliance *appliance = opaque;

  (void) event; (void) handle; (void) flags; (void) array;
  (void) array_length;
  if (guestfs_get_verbose (g) == 1)
    log_detail (appliance->log, "%s appliance: %.*s",
                side_name (appliance->side), (int) length, text);
  for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; ++i) {
    const char *found = memmem (text, length,
                                prefixes[i], strlen (prefixes[i]));

    if (found != NULL && appliance->reason[0] == '\0')
      snprintf (appliance->reason, sizeof appliance->reason, "%.*s",
                (int) strcspn (found, "\r\n"), found);
  }
}

struct appliance *
appliance_new (enum side side, const struct appliances_options *options)
{
  struct appliance *appliance = calloc (1, sizeof *appliance);

  if (appliance == NULL)
    return NULL;
  appliance->side = side;
  appliance->log = options->log;
  appliance->private_directory = options->private_directory;
  pthread_mutex_init (&appliance->lock, NULL);
  if (asprintf (&appliance->pid_file, "%s/%s-qemu.pid",
                options->private_directory, side_name (side)) < 0) {
    appliance->pid_file = NULL;
    appliance_free (appliance);
    return NULL;
  }
  appliance->g = guestfs_create_flags (GUESTFS_CREATE_NO_ENVIRONMENT
                                       | GUESTFS_CREATE_NO_CLOSE_ON_EXIT);
  if (appliance->g == NULL) {
    const int error = errno;

    appliance_free (appliance);
    errno = error;
    return NULL;
  }
  return appliance;
}

void
appliance_end (struct appliance *appliance)
{
  if (appliance->g == NULL)
    return;
  pthread_mutex_lock (&appliance->lock);
  guestfs_push_error_handler (appliance->g, NULL, NULL);
  atomic_store (&appliance->deadline, now () + END_LIMIT);
  guestfs_close (appliance->g);
  atomic_store (&appliance->deadline, 0);
  appliance->g = NULL;
  pthread_mutex_unlock (&appliance->lock);
}

void
appliance_free (struct appliance *appliance)
{
  appliance_end (appliance);
  if (appliance->pid_file != NULL)
    unlink (appliance->pid_file);
  free (appliance->pid_file);
  pthread_mutex_destroy (&appliance->lock);
  free (appliance);
}

/* The user's LIBGUESTFS_… variables first, then what has to be ours. */
static errint_t
set_directories (struct appliance *appliance)
{
  const char *private_directory = appliance->private_directory;
  guestfs_h *g = appliance->g;

  if (guestfs_parse_environment (g) == -1)
    return appliance_error (appliance);
  if (strlen (private_directory) <= RUNTIME_DIRECTORY_MAX) {
    CLEANUP_FREE char *runtime = NULL;
    char *variables[2] = { NULL, NULL };

    if (asprintf (&runtime, "XDG_RUNTIME_DIR=%s", private_directory) < 0) {
      runtime = NULL;
      return -ENOMEM;
    }
    variables[0] = runtime;
    if (guestfs_parse_environment_list (g, variables) == -1)
      return appliance_error (appliance);
  }
  if (guestfs_set_tmpdir (g, private_directory) == -1)
    return appliance_error (appliance);
  /* The appliance itself is built once and shared. */
  if (getenv ("LIBGUESTFS_CACHEDIR") == NULL
      && guestfs_set_cachedir (g, "/var/tmp") == -1)
    return appliance_error (appliance);
  return 0;
}

/* After what the user has set in LIBGUESTFS_APPEND: room for the messages
 * that kernel_log.c looks at. */
static errint_t
set_kernel_options (struct appliance *appliance)
{
  CLEANUP_FREE char *options = NULL;
  const char *set = guestfs_get_append (appliance->g);

  if (asprintf (&options, "%s%slog_buf_len=2M", set != NULL ? set : "",
                set != NULL ? " " : "") < 0) {
    options = NULL;
    return -ENOMEM;
  }
  return guestfs_set_append (appliance->g, options) == 0 ? 0
    : appliance_error (appliance);
}

static errint_t
set_machine (struct appliance *appliance, bool emulate)
{
  guestfs_h *g = appliance->g;

  if (getenv ("LIBGUESTFS_BACKEND") == NULL
      && guestfs_set_backend (g, "direct") == -1)
    return appliance_error (appliance);
  if (emulate && guestfs_set_backend_setting (g, "force_tcg", "1") == -1)
    return appliance_error (appliance);
  if (guestfs_set_identifier (g, side_name (appliance->side)) == -1
      || guestfs_set_autosync (g, 0) == -1
      || guestfs_set_recovery_proc (g, 1) == -1
      || guestfs_config (g, "-pidfile", appliance->pid_file) == -1)
    return appliance_error (appliance);
  return 0;
}

/* Partitions lie where the table says only if the disk has the sectors that
 * the table counts in. */
static errint_t
add_disk (struct appliance *appliance,
          const struct appliances_options *options)
{
  const bool large_sectors =
    options->sector_size[appliance->side] == LARGE_SECTOR;
  CLEANUP_FREE char *server = NULL;
  char *servers[2] = { NULL, NULL };

  if (asprintf (&server, "unix:%s", options->socket[appliance->side]) < 0) {
    server = NULL;
    return -ENOMEM;
  }
  servers[0] = server;
  if (guestfs_add_drive_opts (appliance->g, options->export[appliance->side],
                              GUESTFS_ADD_DRIVE_OPTS_FORMAT, "raw",
                              GUESTFS_ADD_DRIVE_OPTS_PROTOCOL, "nbd",
                              GUESTFS_ADD_DRIVE_OPTS_SERVER, servers,
                              GUESTFS_ADD_DRIVE_OPTS_CACHEMODE, "unsafe",
                              large_sectors
                              ? GUESTFS_ADD_DRIVE_OPTS_BLOCKSIZE : -1,
                              LARGE_SECTOR, -1) == -1)
    return appliance_error (appliance);
  return 0;
}

static errint_t
boot (struct appliance *appliance)
{
  int events;
  errint_t r = 0;

  events = guestfs_set_event_callback (appliance->g, keep_launch_message,
                                       GUESTFS_EVENT_APPLIANCE
                                       | GUESTFS_EVENT_LIBRARY
                                       | GUESTFS_EVENT_WARNING, 0, appliance);
  if (events == -1)
    return appliance_error (appliance);
  atomic_store (&appliance->deadline, now () + LAUNCH_LIMIT);
  if (guestfs_launch (appliance->g) == -1)
    r = appliance_error (appliance);
  guestfs_delete_event_callback (appliance->g, events);
  return r;
}

errint_t
appliance_launch (struct appliance *appliance,
                  const struct appliances_options *options, bool emulate)
{
  APPLIANCE_LOCK (appliance);
  errint_t r = set_directories (appliance);

  if (r == 0)
    r = set_kernel_options (appliance);
  if (r == 0)
    r = set_machine (appliance, emulate);
  if (r == 0)
    r = add_disk (appliance, options);
  if (r == 0)
    r = boot (appliance);
  if (r < 0 && atomic_load (&appliance->ended))
    snprintf (appliance->reason, sizeof appliance->reason,
              "it did not answer for %d s", LAUNCH_LIMIT);
  else if (r < 0 && appliance->reason[0] == '\0')
    snprintf (appliance->reason, sizeof appliance->reason, "%s",
              appliance_error_text (appliance));
  return r;
}
