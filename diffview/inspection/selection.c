/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * -m DEV[:MNT]: see selection.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "fstab.h"
#include "path.h"
#include "selection.h"

static const char what[] = "cannot use -m";

void
selection_free (struct selection *selection)
{
  for (size_t i = 0; i < selection->count; ++i) {
    free (selection->list[i].device);
    free (selection->list[i].mount_point);
  }
  free (selection->list);
  free (selection);
}

/* Takes the device's name without "/dev/". */
static errint_t
parse_device (const char *text, size_t length, char **device)
{
  if (length > 5 && strncmp (text, "/dev/", 5) == 0) {
    text += 5;
    length -= 5;
  }
  if (length == 0 || *text == '/' || text[length - 1] == '/')
    return -EINVAL;
  *device = strndup (text, length);
  return *device != NULL ? 0 : -ENOMEM;
}

static errint_t
parse_one (const char *text, const struct log *log, struct selected *selected)
{
  const char *colon = strchr (text, ':');
  size_t length = colon != NULL ? (size_t) (colon - text) : strlen (text);
  errint_t error;

  error = parse_device (text, length, &selected->device);
  if (error == -EINVAL)
    log_report (log, LOG_LEVEL_ERROR, what, text, "no device is given");
  if (error == 0) {
    selected->mount_point =
      fstab_normal_path (colon != NULL ? colon + 1 : "/", &error);
    if (error == -EINVAL)
      log_report (log, LOG_LEVEL_ERROR, what, text,
                  "what follows the colon must be an absolute path without "
                  "\".\" and \"..\"");
  }
  if (error == -EINVAL)
    log_hint (log, "-m DEVICE or -m DEVICE:PATH, for example -m sda2:/home");
  if (error == -ENOMEM)
    log_error (log, error, what, text);
  return error;
}

errint_t
selection_parse (char *const *mounts, const struct log *log,
                 struct selection **result)
{
  CLEANUP (selection_free) struct selection *selection = NULL;
  size_t count = 0;

  *result = NULL;
  while (mounts != NULL && mounts[count] != NULL)
    ++count;
  if (count == 0)
    return 0;
  selection = calloc (1, sizeof *selection);
  if (selection != NULL)
    selection->list = calloc (count, sizeof *selection->list);
  if (selection == NULL || selection->list == NULL)
    return log_error (log, -ENOMEM, what, NULL);

  for (size_t i = 0; i < count; ++i) {
    struct selected *selected = &selection->list[selection->count++];
    errint_t error = parse_one (mounts[i], log, selected);

    if (error != 0)
      return error;
    for (size_t j = 0; j < i; ++j)
      if (strcmp (selection->list[j].mount_point,
                  selected->mount_point) == 0) {
        log_report (log, LOG_LEVEL_ERROR, what, mounts[i],
                    "%s is taken by another -m", selected->mount_point);
        log_hint (log, "give each its own path: -m %s:PATH",
                  selected->device);
        return -EINVAL;
      }
  }
  *result = steal_pointer (&selection);
  return 0;
}
