/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Both appliances: with KVM or without it, launched together, with their
 * containers open.
 */
#include <config.h>

#include "appliances_private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "containers.h"
#include "kvm.h"
#include "parallel.h"

/* Bytes that both machines need at least to start. */
#define ROOM_LEAST (UINT64_C (4) << 20)

struct launch {
  struct appliances *appliances;
  const struct appliances_options *options;
  bool emulate;
};

static errint_t
launch_side (enum side side, void *opaque)
{
  struct launch *launch = opaque;
  struct appliance *appliance = launch->appliances->side[side];

  return appliance_launch (appliance, launch->options, launch->emulate);
}

static errint_t
end_side (enum side side, void *opaque)
{
  struct appliances *appliances = opaque;

  if (appliances->side[side] != NULL)
    appliance_end (appliances->side[side]);
  return 0;
}

/* The watchdog goes last: QEMU may not even end by itself. */
static void
end_both (struct appliances *appliances)
{
  parallel_sides (end_side, appliances);
  if (appliances->watchdog != NULL)
    watchdog_stop (steal_pointer (&appliances->watchdog));
  for (enum side side = 0; side < SIDES; ++side) {
    if (appliances->side[side] != NULL)
      appliance_free (steal_pointer (&appliances->side[side]));
  }
}

/* ERROR is errno after a handle could not be made. */
static errint_t
not_started (enum side side, int error, const struct log *log)
{
  if (error != ELIBACC)
    return log_error (log, -ENOMEM, "cannot start the appliance",
                      side_name (side));
  log_error (log, -error, "cannot start the appliance", side_name (side));
  log_hint (log, "install libguestfs");
  return -error;
}

/* Frees what an earlier attempt left, and makes two new handles. */
static errint_t
make_handles (struct appliances *appliances,
              const struct appliances_options *options)
{
  end_both (appliances);
  for (enum side side = 0; side < SIDES; ++side) {
    appliances->side[side] = appliance_new (side, options);
    if (appliances->side[side] == NULL)
      return not_started (side, errno, options->log);
  }
  appliances->watchdog = watchdog_start (appliances->side);
  return 0;
}

static errint_t
launch_both (struct appliances *appliances,
             const struct appliances_options *options, bool emulate)
{
  struct launch launch = { appliances, options, emulate };
  errint_t r = make_handles (appliances, options);

  return r < 0 ? r : parallel_sides (launch_side, &launch);
}

/* QEMU stops a machine for which there is no room, and says nothing. */
static bool
is_full (const char *directory)
{
  struct statvfs filesystem;

  return statvfs (directory, &filesystem) == 0
    && filesystem.f_bavail < ROOM_LEAST / filesystem.f_frsize;
}

/* The first reason that was given; both appliances fail for the same one,
 * mostly. */
static void
report_failure (struct appliances *appliances,
                const struct appliances_options *options)
{
  const char *reason = "unknown reason";

  for (enum side side = 0; side < SIDES; ++side) {
    if (appliances->side[side] != NULL
        && appliances->side[side]->reason[0] != '\0')
      reason = appliances->side[side]->reason;
  }
  log_report (appliances->log, LOG_LEVEL_ERROR,
              "cannot start the appliance", NULL, "%s", reason);
  if (is_full (options->private_directory))
    log_hint (appliances->log, "there is hardly room left for temporary files "
              "in %s: make some, or set TMPDIR to another place",
              options->private_directory);
  else if (strstr (reason, "supermin") != NULL)
    log_hint (appliances->log,
              "the appliance of libguestfs needs a kernel in /boot that the "
              "user can read: install one (Debian: linux-image-amd64), or "
              "chmod a+r /boot/vmlinuz-*; libguestfs-test-tool tells more");
  else if (getenv ("LIBGUESTFS_BACKEND") != NULL)
    log_hint (appliances->log, "LIBGUESTFS_BACKEND is set to \"%s\"; "
              "unset, deltafs starts QEMU directly",
              getenv ("LIBGUESTFS_BACKEND"));
  else
    log_hint (appliances->log,
              "libguestfs-test-tool shows what is wrong with libguestfs here");
}

/* Does the user say how to run virtual machines? */
static bool
user_decides (void)
{
  return getenv ("LIBGUESTFS_BACKEND_SETTINGS") != NULL;
}

/* Does the user ask for emulation? */
static bool
user_emulates (void)
{
  const char *settings = getenv ("LIBGUESTFS_BACKEND_SETTINGS");

  return settings != NULL && strstr (settings, "force_tcg") != NULL;
}

/* Is there no point in trying KVM? */
static bool
has_to_emulate (const struct log *log)
{
  if (user_decides ())
    return false;
  switch (kvm_probe ()) {
  case KVM_WORKS:
    return false;
  case KVM_ABSENT:
    log_detail (log, "no KVM on this machine for this user: emulating");
    return true;
  case KVM_BROKEN:
  default:
    log_report (log, LOG_LEVEL_WARNING,
                "KVM does not work on this machine", NULL,
                "emulating, which is slower");
    return true;
  }
}

static errint_t
launch_somehow (struct appliances *appliances,
                const struct appliances_options *options)
{
  bool emulate = has_to_emulate (options->log);
  errint_t r;

  progress_update (options->progress, emulate || user_emulates ()
                   ? PROGRESS_EMULATED : PROGRESS_APPLIANCE, 0, 0);
  r = launch_both (appliances, options, emulate);

  /* The probe cannot know everything that QEMU asks for. */
  if (r < 0 && !emulate && !user_decides () && kvm_probe () != KVM_ABSENT) {
    log_report (options->log, LOG_LEVEL_WARNING,
                "the appliance does not start with KVM", NULL,
                "trying again with emulation, which is slower");
    progress_update (options->progress, PROGRESS_EMULATED, 0, 0);
    r = launch_both (appliances, options, true);
  }
  if (r < 0)
    report_failure (appliances, options);
  return r;
}

static errint_t
open_containers (enum side side, void *opaque)
{
  struct launch *launch = opaque;

  return containers_open (launch->appliances->side[side],
                          launch->options->keys);
}

errint_t
appliances_launch (const struct appliances_options *options,
                   struct appliances **result)
{
  CLEANUP (appliances_close) struct appliances *appliances = NULL;
  struct launch launch = { NULL, options, false };
  errint_t r;

  *result = NULL;
  appliances = calloc (1, sizeof *appliances);
  if (appliances == NULL)
    return log_error (options->log, -ENOMEM,
                      "cannot start the appliance", NULL);
  appliances->log = options->log;
  appliances->progress = options->progress;
  memory_budget_start (&appliances->memory);
  r = launch_somehow (appliances, options);
  if (r < 0)
    return r;
  launch.appliances = appliances;
  r = parallel_sides (open_containers, &launch);
  if (r < 0)
    return r;
  *result = steal_pointer (&appliances);
  return 0;
}

pid_t
appliances_process (struct appliances *appliances, enum side side)
{
  struct appliance *appliance = appliances->side[side];
  APPLIANCE_LOCK (appliance);
  int pid = guestfs_get_pid (appliance->g);

  return pid > 0 ? pid : 0;
}

void
appliances_close (struct appliances *appliances)
{
  end_both (appliances);
  for (enum side side = 0; side < SIDES; ++side) {
    if (appliances->seen[side] != NULL)
      appliance_filesystems_free (appliances->seen[side]);
  }
  free (appliances);
}
