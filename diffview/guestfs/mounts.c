/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Mounting one filesystem in an appliance.  The device may be written to (a
 * scratch layer below is thrown away), so that a read-only mount replays the
 * journal as the guest's own kernel would.
 */
#include <config.h>

#include "mounts.h"

#include <stdlib.h>
#include <string.h>

#include "mount_failure.h"

/* Options for a type; where the first fail, it is mounted and unmounted with
 * the second, which may replay more (fast commits of ext4 are replayed only by a
 * mount that may write), and then with the first again; at last the third are
 * tried, which show what is there without a replay. */
struct mount_options {
  const char *type;
  const char *normal;
  const char *recover;          /* or NULL */
  const char *rescue;           /* or NULL */
};

static const struct mount_options known[] = {
  { "ext2", "ro,errors=continue", NULL, NULL },
  { "ext3", "ro,errors=continue", NULL, "ro,noload,errors=continue" },
  { "ext4", "ro,errors=continue", "errors=continue",
    "ro,noload,errors=continue" },
  { "xfs", "ro,nouuid", NULL, "ro,norecovery,nouuid" },
  { "btrfs", "ro", NULL, "ro,rescue=nologreplay" },
  { "vfat", "ro,utf8", NULL, NULL },
  { "msdos", "ro,utf8", NULL, NULL },
  { "exfat", "ro,iocharset=utf8", NULL, NULL },
};
static const struct mount_options others = { NULL, "ro", NULL, NULL };

static const struct mount_options *
options_for (const char *type)
{
  for (size_t i = 0; type != NULL && i < sizeof known / sizeof known[0]; ++i) {
    if (strcmp (known[i].type, type) == 0)
      return &known[i];
  }
  return &others;
}

bool
mounts_invents_inodes (const char *type)
{
  return type != NULL
    && (strcmp (type, "vfat") == 0 || strcmp (type, "msdos") == 0
        || strcmp (type, "exfat") == 0);
}

struct mounting {
  guestfs_h *g;
  const char *mountable, *mount_point;
  const char *type;             /* NULL: mount(8) finds it out */
};

/* As the type that was found, and no other: a guest may write what mount(8)
 * would take for one that it prefers. */
static int
mount_with (const struct mounting *mounting, const char *options)
{
  return mounting->type == NULL
    ? guestfs_mount_options (mounting->g, options, mounting->mountable,
                             mounting->mount_point)
    : guestfs_mount_vfs (mounting->g, options, mounting->type,
                         mounting->mountable, mounting->mount_point);
}

static bool
recover (const struct mounting *mounting, const struct mount_options *options)
{
  return options->recover != NULL
    && mount_with (mounting, options->recover) == 0
    && guestfs_umount (mounting->g, mounting->mount_point) == 0
    && mount_with (mounting, options->normal) == 0;
}

/* The type is the overlay's where the two differ, so the base may have
 * another. */
static int
mount_normally (struct mounting *mounting,
                const struct mount_options *options, enum side side)
{
  int result = mount_with (mounting, options->normal);

  if (result == 0 || side == SIDE_OVERLAY || mounting->type == NULL)
    return result;
  mounting->type = NULL;
  return mount_with (mounting, options->normal);
}

static errint_t
try_mount (struct appliance *appliance, const struct mount_options *options,
           struct mounting *mounting, const char *name)
{
  if (mount_normally (mounting, options, appliance->side) == 0)
    return 0;
  if (strstr (appliance_error_text (appliance), "unknown filesystem type")
      != NULL) {
    mount_failure_report (appliance, name);
    return -ENOTSUP;
  }
  if (options->rescue == NULL) {
    mount_failure_report (appliance, name);
    return -EIO;
  }
  log_detail (appliance->log, "%s: %s", name,
              appliance_error_text (appliance));
  if (recover (mounting, options))
    return 0;
  if (mount_with (mounting, options->rescue) == -1) {
    mount_failure_report (appliance, name);
    return -EIO;
  }
  log_report (appliance->log, LOG_LEVEL_WARNING,
              "cannot replay the journal", name,
              "shown as it is without replay (%s)",
              side_name (appliance->side));
  return 0;
}

errint_t
mounts_mount (struct appliance *appliance, const char *mountable,
              const char *type, const char *name, char **result)
{
  CLEANUP_FREE char *mount_point = NULL;
  struct mounting mounting = {
    .g = appliance->g, .mountable = mountable,
    .type = strcmp (type, "unknown") == 0 ? NULL : type,
  };
  APPLIANCE_LOCK (appliance);
  errint_t r;

  if (asprintf (&mount_point, "/m%u", ++appliance->mount_count) < 0) {
    mount_point = NULL;
    return log_error (appliance->log, -ENOMEM, "cannot mount", name);
  }
  if (guestfs_mkmountpoint (appliance->g, mount_point) == -1) {
    mount_failure_report (appliance, name);
    return -EIO;
  }
  mounting.mount_point = mount_point;
  r = try_mount (appliance, options_for (type), &mounting, name);
  if (r < 0) {
    guestfs_rmmountpoint (appliance->g, mount_point);
    return r;
  }
  *result = steal_pointer (&mount_point);
  return 0;
}
