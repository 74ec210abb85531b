/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Marks in layers, see layer_mark.h.
 */
#include <config.h>

#include <string.h>

#include "layer_mark.h"

static bool
begins_with (const char *text, const char *prefix)
{
  return strncmp (text, prefix, strlen (prefix)) == 0;
}

bool
layer_mark_is_name (const char *name)
{
  return begins_with (name, LAYER_WHITEOUT);
}

bool
layer_mark_is_device (const struct entry *entry)
{
  return entry->type == ENTRY_CHAR && entry->major == 0 && entry->minor == 0;
}

bool
layer_mark_is_xattr (const char *name)
{
  static const char *const prefixes[] = {
    "trusted.overlay.", "user.overlay.", "user.fuseoverlayfs.",
    "security.fuseoverlayfs.", "user.containers.override_",
  };

  for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; ++i)
    if (begins_with (name, prefixes[i]))
      return true;
  return false;
}
