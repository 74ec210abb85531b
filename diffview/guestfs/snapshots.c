/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which subvolume of a btrfs was made from which other one.  libguestfs has a
 * call that asks for one subvolume at a time; the program that it runs lists
 * all of them at once.
 */
#include <config.h>

#include "snapshots.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* As many as are looked for in the appliance; see discover.c. */
#define SNAPSHOTS_MAX 10000

void
snapshots_clear (struct snapshots *snapshots)
{
  for (size_t i = 0; i < snapshots->count; ++i)
    free (snapshots->list[i].path);
  free (snapshots->list);
  *snapshots = (struct snapshots) { .list = NULL };
}

/* Copies the word behind KEY; false when there is no such key.  A word that
 * is no UUID, as "-", becomes "". */
static bool
copy_uuid (const char *line, const char *key, char uuid[SNAPSHOTS_UUID_SIZE])
{
  const char *word = strstr (line, key);

  if (word == NULL)
    return false;
  word += strlen (key);
  uuid[0] = '\0';
  if (strspn (word, "0123456789abcdef-") == SNAPSHOTS_UUID_SIZE - 1) {
    memcpy (uuid, word, SNAPSHOTS_UUID_SIZE - 1);
    uuid[SNAPSHOTS_UUID_SIZE - 1] = '\0';
  }
  return true;
}

static errint_t
add (struct snapshots *snapshots, const struct snapshot *found,
     const char *path)
{
  struct snapshot *list = reallocarray (snapshots->list,
                                        snapshots->count + 1, sizeof *list);

  if (list == NULL)
    return -ENOMEM;
  snapshots->list = list;
  list[snapshots->count] = *found;
  if (asprintf (&list[snapshots->count].path, "/%s", path) < 0)
    return -ENOMEM;
  snapshots->count++;
  return 0;
}

/* "UUID: …" behind a tab: of the top level, which is not in the list.  The first
 * line that says something, before any name that a guest chose. */
static errint_t
parse_top_level (const char *line, struct snapshots *snapshots)
{
  struct snapshot top = { .path = NULL };

  line += strspn (line, "\t ");
  if (strncmp (line, "UUID:", 5) != 0 || snapshots->count > 0)
    return 0;
  line += 5 + strspn (line + 5, "\t ");
  return copy_uuid (line, "", top.uuid) && top.uuid[0] != '\0'
    ? add (snapshots, &top, "") : 0;
}

/* "ID 257 gen 7 top level 256 parent_uuid … uuid … path @/.snapshots/1" */
static errint_t
parse_line (char *line, struct snapshots *snapshots)
{
  static const char key[] = " path ";
  struct snapshot found = { .path = NULL };
  char *path = strstr (line, key);

  if (strncmp (line, "ID ", 3) != 0)
    return parse_top_level (line, snapshots);
  if (path == NULL)
    return 0;
  *path = '\0';
  if (!copy_uuid (line, " parent_uuid ", found.parent)
      || !copy_uuid (line, " uuid ", found.uuid) || found.uuid[0] == '\0')
    return 0;
  return add (snapshots, &found, path + strlen (key));
}

errint_t
snapshots_parse (char *text, struct snapshots *snapshots)
{
  errint_t err = 0;

  while (err == 0 && *text != '\0' && snapshots->count < SNAPSHOTS_MAX) {
    size_t length = strcspn (text, "\n");
    bool last = text[length] == '\0';

    text[length] = '\0';
    err = parse_line (text, snapshots);
    text += length + !last;
  }
  return err;
}

errint_t
snapshots_list (struct appliance *appliance, const char *mount_point,
                struct snapshots *snapshots)
{
  CLEANUP_FREE char *command = NULL;
  CLEANUP_FREE char *output = NULL;
  char *arguments[2] = { NULL, NULL };

  if (asprintf (&command, "btrfs subvolume show /sysroot%s | head -n 3;"
                " btrfs subvolume list -q -u /sysroot%s", mount_point,
                mount_point) < 0) {
    command = NULL;
    return -ENOMEM;
  }
  arguments[0] = command;
  {
    APPLIANCE_LOCK (appliance);
    output = guestfs_debug (appliance->g, "sh", arguments);
    if (output == NULL && appliance_error (appliance) == -ENOTCONN)
      return -ENOTCONN;
  }
  return output != NULL ? snapshots_parse (output, snapshots) : 0;
}
