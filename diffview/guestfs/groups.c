/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Volume groups of LVM that have a part on another disk.  A group's metadata
 * are on each of its physical volumes: LVM knows of one that is not there.
 */
#include <config.h>

#include "groups.h"

#include <stdlib.h>
#include <string.h>

/* More are not named: a guest writes that metadata. */
#define NAMED_MAX 16

/* A line each: "vg/UUID/missing", or nothing behind the last slash, which no
 * group has in its name. */
static const char list_members[] =
  "lvm pvs --noheadings --separator / -o vg_name,pv_uuid,pv_missing"
  " 2>/dev/null";
static const char activate[] = "lvm vgchange -ay >/dev/null 2>&1; true";

static char *
run (struct appliance *appliance, const char *command)
{
  CLEANUP_FREE char *copy = strdup (command);
  char *arguments[] = { copy, NULL };

  return copy != NULL ? guestfs_debug (appliance->g, "sh", arguments) : NULL;
}

/* Of what is missing; returns how many lines say so.  Changes TEXT. */
static unsigned
warn (char *text, bool quiet, const struct log *log)
{
  unsigned missing = 0;
  char *line;

  while ((line = strsep (&text, "\n")) != NULL && missing < NAMED_MAX) {
    const char *group = strsep (&line, "/");
    const char *uuid = strsep (&line, "/");

    if (uuid == NULL || line == NULL || strncmp (line, "missing", 7) != 0)
      continue;
    if (!quiet)
      log_report (log, LOG_LEVEL_WARNING, "the volume group is incomplete",
                  group + strspn (group, " "),
                  "its physical volume %s is on another disk", uuid);
    ++missing;
  }
  if (missing > 0 && !quiet)
    log_hint (log, "deltafs looks at one disk: volumes with a part on another "
              "cannot be read; choose the others with -m VG/LV");
  return missing;
}

bool
groups_activate (struct appliance *appliance)
{
  CLEANUP_FREE char *text = run (appliance, list_members);
  CLEANUP_FREE char *output = NULL;

  if (text == NULL
      || warn (text, appliance->side == SIDE_BASE, appliance->log) == 0)
    return false;
  output = run (appliance, activate);
  return true;
}
