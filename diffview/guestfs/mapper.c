/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which devices of the device mapper LVM has made for itself: see mapper.h.
 *
 * LVM gives each of its devices a UUID: "LVM-", the UUIDs of the volume group
 * and of the volume, 32 letters and digits each, and, for what is beneath a
 * volume, "-" and the name of a layer ("-tpool", "-cow"); libdevmapper.h and
 * lib/activate/dev_manager.c of lvm2.  The images of a RAID or a mirror have no
 * layer's name: they are volumes that LVM calls private.
 */
#include <config.h>

#include "mapper.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX "LVM-"
#define PREFIX_LENGTH 4
/* Of both UUIDs together, without hyphens. */
#define IDS_LENGTH 64

static const char list_devices[] =
  "for d in /sys/block/dm-*/dm; do"
  " read -r u <$d/uuid; read -r n <$d/name; printf '%s %s\\n' \"$u\" \"$n\";"
  " done";
static const char list_volumes[] =
  "lvm lvs --all --noheadings --separator / -o vg_uuid,lv_uuid,lv_role";

static char *
ask (struct appliance *appliance, const char *command)
{
  CLEANUP_FREE char *copy = strdup (command);
  char *arguments[] = { copy, NULL };
  char *answer;

  if (copy == NULL)
    return NULL;
  answer = guestfs_debug (appliance->g, "sh", arguments);
  if (answer == NULL)
    log_detail (appliance->log, "%s: cannot tell LVM's own devices: %s",
                side_name (appliance->side),
                appliance_error_text (appliance));
  return answer;
}

void
mapper_ask (struct appliance *appliance, struct mapper *mapper)
{
  mapper->devices = ask (appliance, list_devices);
  mapper->volumes = ask (appliance, list_volumes);
}

void
mapper_clear (struct mapper *mapper)
{
  free (mapper->devices);
  free (mapper->volumes);
  *mapper = (struct mapper) { .devices = NULL };
}

/* Of TEXT the first line at or after AT, which it moves behind it; its length
 * to *LENGTH.  NULL at the end. */
static const char *
next_line (const char **at, size_t *length)
{
  const char *line = *at;

  if (line == NULL || *line == '\0')
    return NULL;
  *length = strcspn (line, "\n");
  *at = line + *length + (line[*length] == '\n' ? 1 : 0);
  return line;
}

/* The UUID of the device with that name, *LENGTH bytes; NULL where the list
 * does not have it. */
static const char *
uuid_of (const struct mapper *mapper, const char *name, size_t *length)
{
  const char *at = mapper->devices, *line;
  size_t name_length = strlen (name), line_length;

  while ((line = next_line (&at, &line_length)) != NULL) {
    const char *space = memchr (line, ' ', line_length);

    if (space == NULL
        || (size_t) (line + line_length - space - 1) != name_length
        || memcmp (space + 1, name, name_length) != 0)
      continue;
    *length = (size_t) (space - line);
    return line;
  }
  return NULL;
}

/* Does the line begin with the UUIDs of a group and a volume that are IDS?
 * Returns what follows them, the roles, *LENGTH bytes; else NULL. */
static const char *
roles_in (const char *line, size_t line_length, const char *ids,
          size_t *length)
{
  size_t matched = 0, i = 0;

  for (; i < line_length && matched < IDS_LENGTH; ++i) {
    if (line[i] == ' ' || line[i] == '-' || line[i] == '/')
      continue;
    if (line[i] != ids[matched++])
      return NULL;
  }
  if (matched < IDS_LENGTH || i == line_length || line[i] != '/')
    return NULL;
  *length = line_length - i - 1;
  return line + i + 1;
}

static bool
has_role (const char *roles, size_t length, const char *role)
{
  size_t role_length = strlen (role);

  while (length > 0) {
    const char *comma = memchr (roles, ',', length);
    size_t one = comma != NULL ? (size_t) (comma - roles) : length;

    if (one == role_length && memcmp (roles, role, one) == 0)
      return true;
    roles += one + (comma != NULL ? 1 : 0);
    length -= one + (comma != NULL ? 1 : 0);
  }
  return false;
}

static bool
is_private (const struct mapper *mapper, const char *ids)
{
  const char *at = mapper->volumes, *line;
  size_t line_length;

  while ((line = next_line (&at, &line_length)) != NULL) {
    size_t length;
    const char *roles = roles_in (line, line_length, ids, &length);

    if (roles != NULL)
      return has_role (roles, length, "private");
  }
  return false;
}

bool
mapper_is_internal (const struct mapper *mapper, const char *device)
{
  static const char directory[] = "/dev/mapper/";
  const char *uuid;
  size_t length;

  if (strncmp (device, directory, sizeof directory - 1) != 0)
    return false;
  uuid = uuid_of (mapper, device + sizeof directory - 1, &length);
  if (uuid == NULL || length < PREFIX_LENGTH + IDS_LENGTH
      || memcmp (uuid, PREFIX, PREFIX_LENGTH) != 0)
    return false;
  return length > PREFIX_LENGTH + IDS_LENGTH
    || is_private (mapper, uuid + PREFIX_LENGTH);
}
