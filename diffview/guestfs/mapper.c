/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What LVM has on the device mapper: see mapper.h.
 *
 * LVM gives each of its devices a UUID: "LVM-", the UUIDs of the volume group
 * and of the volume, 32 letters and digits each, and, for what is beneath a
 * volume, "-" and the name of a layer ("-tpool", "-cow"); build_dm_uuid () of
 * lvm2.  Other programs that use the device mapper have other prefixes.
 */
#include <config.h>

#include "mapper.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX "LVM-"
#define UUID_LENGTH (4 + 32 + 32)

static const char list_devices[] =
  "for d in /sys/block/dm-*/dm; do"
  " read -r u <$d/uuid; read -r n <$d/name; printf '%s %s\\n' \"$u\" \"$n\";"
  " done";
static const char list_skipped[] =
  "lvm lvs --noheadings --separator / -o vg_name,lv_name"
  " -S 'lv_role=public && lv_skip_activation=yes'";
static const char activate_skipped[] =
  "lvm vgchange --activate y --ignoreactivationskip";

static char *
ask (struct appliance *appliance, const char *command)
{
  CLEANUP_FREE char *copy = strdup (command);
  char *arguments[] = { copy, NULL };
  char *answer;

  if (copy == NULL)
    return NULL;
  appliance_alive (appliance);
  answer = guestfs_debug (appliance->g, "sh", arguments);
  if (answer == NULL)
    log_detail (appliance->log, "%s: cannot ask LVM: %s",
                side_name (appliance->side),
                appliance_error_text (appliance));
  return answer;
}

/* The first line of *AT that is not empty, without blanks before it; *AT moves
 * behind it.  Its length to *LENGTH.  NULL at the end. */
static const char *
next_line (const char **at, size_t *length)
{
  const char *line;

  if (*at == NULL)
    return NULL;
  line = *at + strspn (*at, " \n");
  *length = strcspn (line, "\n");
  *at = line + *length;
  return *length > 0 ? line : NULL;
}

void
mapper_ask (struct appliance *appliance, struct mapper *mapper)
{
  CLEANUP_FREE char *activated = NULL;
  const char *at;
  size_t length;

  mapper->skipped = ask (appliance, list_skipped);
  at = mapper->skipped;
  if (next_line (&at, &length) != NULL)
    activated = ask (appliance, activate_skipped);
  mapper->devices = ask (appliance, list_devices);
}

void
mapper_clear (struct mapper *mapper)
{
  free (mapper->devices);
  free (mapper->skipped);
  *mapper = (struct mapper) { .devices = NULL };
}

errint_t
mapper_add_skipped (const struct mapper *mapper, char ***volumes)
{
  const char *at = mapper->skipped, *line;
  size_t count = 0, length;

  while (*volumes != NULL && (*volumes)[count] != NULL)
    ++count;
  while ((line = next_line (&at, &length)) != NULL) {
    char **list = reallocarray (*volumes, count + 2, sizeof *list);

    if (list == NULL)
      return -ENOMEM;
    *volumes = list;
    list[count + 1] = NULL;
    if (asprintf (&list[count], "/dev/%.*s", (int) length, line) < 0) {
      list[count] = NULL;
      return -ENOMEM;
    }
    ++count;
  }
  return 0;
}

bool
mapper_is_lvm (const struct mapper *mapper, const char *device)
{
  static const char directory[] = "/dev/mapper/";
  const char *at = mapper->devices, *name, *line;
  size_t length;

  if (mapper->skipped == NULL
      || strncmp (device, directory, sizeof directory - 1) != 0)
    return false;
  name = device + sizeof directory - 1;
  while ((line = next_line (&at, &length)) != NULL) {
    const char *space = memchr (line, ' ', length);
    size_t rest = space != NULL ? (size_t) (line + length - space - 1) : 0;

    if (rest > 0 && rest == strlen (name)
        && memcmp (space + 1, name, rest) == 0)
      return space - line >= UUID_LENGTH
        && memcmp (line, PREFIX, sizeof PREFIX - 1) == 0;
  }
  return false;
}
