/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Keys that fit nothing: see key_check.h.
 */
#include <config.h>

#include <string.h>

#include "key_check.h"

enum fit {
  FITS_NOTHING,
  FITS_PLAIN,                   /* a device that is not encrypted */
  FITS,
};

static bool
is_encrypted (const struct filesystem_side *side)
{
  return side->contents == CONTENTS_LOCKED
    || (side->type != NULL && (strcmp (side->type, "crypto_LUKS") == 0
                               || strcmp (side->type, "BitLocker") == 0));
}

/* Is DEVICE what was opened with the key for ID, "mapper/luks-UUID"? */
static bool
is_opened (const char *device, const char *id, size_t length)
{
  static const char prefix[] = "mapper/luks-";

  return strncmp (device, prefix, sizeof prefix - 1) == 0
    && strncmp (device + sizeof prefix - 1, id, length) == 0
    && device[sizeof prefix - 1 + length] == '\0';
}

static enum fit
try (const char *key, const struct filesystem *filesystem)
{
  const struct filesystem_side *side = filesystem->side;
  CLEANUP_FREE char *device = NULL;
  enum fit fit = FITS_NOTHING;

  if (is_opened (filesystem->device, key, strcspn (key, ":"))
      || asprintf (&device, "/dev/%s", filesystem->device) < 0)
    return FITS;                /* without memory, too: nothing is said */
  for (int i = 0; i < SIDES; ++i)
    if (appliances_key_is_for (key, device, side[i].uuid)) {
      if (is_encrypted (&side[i]))
        return FITS;
      fit = FITS_PLAIN;
    }
  return fit;
}

/* The name of a logical volume or an array. */
static bool
may_be_inside (const char *id, const struct filesystems *filesystems)
{
  return filesystems_have_containers (filesystems)
    && strncmp (id, "/dev/", 5) == 0
    && (strchr (id + 5, '/') != NULL || strncmp (id + 5, "md", 2) == 0);
}

static void
check_one (const char *key, const struct filesystems *filesystems,
           bool all_known, const struct log *log)
{
  static const char what[] = "--key opens nothing";
  CLEANUP_FREE char *id = strndup (key, strcspn (key, ":"));
  enum fit fit = FITS_NOTHING;

  if (id == NULL || strcmp (id, "all") == 0)
    return;
  for (size_t i = 0; i < filesystems->count && fit != FITS; ++i) {
    enum fit this_one = try (key, &filesystems->list[i]);

    if (this_one > fit)
      fit = this_one;
  }
  if (fit == FITS_PLAIN)
    log_report (log, LOG_LEVEL_WARNING, what, id, "it is not encrypted");
  else if (fit == FITS_NOTHING && all_known && !may_be_inside (id, filesystems))
    log_report (log, LOG_LEVEL_WARNING, what, id, "the disk has no device "
                "of this name, and no volume with this UUID");
}

void
key_check (char *const *keys, const struct filesystems *filesystems,
           bool all_known, const struct log *log)
{
  for (; keys != NULL && *keys != NULL; ++keys)
    check_one (*keys, filesystems, all_known, log);
}
