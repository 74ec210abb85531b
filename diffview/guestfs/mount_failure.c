/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Why a filesystem cannot be mounted.  mount(8) knows next to nothing: "wrong
 * fs type, bad option, bad superblock".  The kernel does, and its log is to be
 * had.
 *
 * Sources: fs/xfs/libxfs/xfs_sb.c (xfs_validate_sb_read), fs/ext4/super.c
 * (ext4_feature_set_ok), fs/btrfs/disk-io.c (btrfs_check_features) of Linux:
 *   XFS (sda1): Superblock has unknown incompatible features (0x20) enabled.
 *   EXT4-fs (sda1): couldn't mount because of unsupported optional features (…)
 *   BTRFS error (device sda1): cannot mount because of unsupported optional
 *   features (0x4000)
 */
#include <config.h>

#include "mount_failure.h"

#include <stdbool.h>
#include <string.h>

/* Is the line about that filesystem?  The kernel calls volumes of LVM and the
 * like "dm-0": any of these may be it. */
static bool
is_about (const char *line, const char *name)
{
  const char *found = strchr (line, '(');
  size_t length = strlen (name);

  if (found == NULL)
    return false;
  ++found;
  if (strncmp (found, "device ", 7) == 0)
    found += 7;
  return strncmp (found, "dm-", 3) == 0
    || (strncmp (found, name, length) == 0
        && strchr ("): ", found[length]) != NULL);
}

static bool
names_features (const char *line)
{
  return strstr (line, "features") != NULL
    && (strstr (line, "unknown") != NULL
        || strstr (line, "unsupported") != NULL);
}

/* The last line of the log that says that the kernel does not know some feature
 * of the filesystem, without its time; NULL if there is none.  Changes LOG. */
static const char *
find_features (char *log, const char *name)
{
  const char *found = NULL;
  char *rest = log, *line;

  while ((line = strsep (&rest, "\n")) != NULL) {
    char *end_of_time = line[0] == '[' ? strstr (line, "] ") : NULL;

    if (end_of_time != NULL)
      line = end_of_time + 2;
    if (is_about (line, name) && names_features (line))
      found = line;
  }
  return found;
}

/* What mount(8) says comes after the names of two programs and of a
 * directory in the appliance, and is followed by advice. */
static const char *
text_of_mount (struct appliance *appliance)
{
  const char *text = appliance_error_text (appliance);
  const char *marks[] = { "/sysroot", ": " };

  for (size_t i = 0; i < sizeof marks / sizeof marks[0]; ++i) {
    const char *found = strstr (text, marks[i]);

    if (found == NULL)
      break;
    text = found + (i == 0 ? 0 : strlen (marks[i]));
  }
  return text;
}

void
mount_failure_report (struct appliance *appliance, const char *name)
{
  static const char what[] = "cannot mount the filesystem";
  /* Before the next call, which has an error of its own. */
  CLEANUP_FREE char *text = strdup (text_of_mount (appliance));
  CLEANUP_FREE char *log = guestfs_dmesg (appliance->g);
  const char *features = log != NULL ? find_features (log, name) : NULL;

  if (features == NULL) {
    log_report (appliance->log, LOG_LEVEL_ERROR, what, name, "%.*s (%s)",
                text != NULL ? (int) strcspn (text, "\r\n") : 0,
                text != NULL ? text : "", side_name (appliance->side));
    return;
  }
  log_report (appliance->log, LOG_LEVEL_ERROR, what, name,
              "the appliance's kernel does not know all of its features: %s "
              "(%s)", features, side_name (appliance->side));
  log_hint (appliance->log, "the appliance runs this machine's kernel: use a "
            "machine with a newer one, or name another one to libguestfs with "
            "SUPERMIN_KERNEL and SUPERMIN_MODULES, see supermin(1)");
}
