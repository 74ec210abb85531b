/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which format's engine takes a filesystem.
 */
#include <config.h>

#include <string.h>

#include "direct.h"
#include "direct_account.h"
#include "ext_account.h"
#include "ext_engine.h"

bool
direct_knows_type (const char *type)
{
  return type != NULL && (strcmp (type, "ext2") == 0 ||
                          strcmp (type, "ext3") == 0 ||
                          strcmp (type, "ext4") == 0);
}

errint_t
direct_engine_open (const struct volume *const volume[SIDES],
                    const char *name, const struct log *log,
                    const char **reason, struct engine **engine)
{
  for (int side = 0; side < SIDES; ++side)
    if (volume[side] != NULL && !direct_knows_type (volume[side]->type)) {
      *reason = "its type is not one that is read directly";
      return -ENOTSUP;
    }
  return ext_engine_open (volume, name, log, reason, engine);
}

enum direct_journal
direct_journal_state (const struct volume *volume)
{
  if (volume == NULL || !direct_knows_type (volume->type))
    return DIRECT_JOURNAL_UNKNOWN;
  return ext_journal_state (volume);
}

errint_t
direct_size (const struct volume *volume, uint64_t *size)
{
  return direct_knows_type (volume->type) ? ext_size (volume, size)
    : -ENOTSUP;
}

errint_t
direct_account (struct device *const disk[SIDES],
                const struct volume *const volume[SIDES],
                const struct extents *written, const char *name,
                const struct log *log, const struct progress *progress,
                const char **reason, struct account *account, bool *damaged)
{
  const struct volume *known[SIDES] = {
    [SIDE_BASE] = volume[SIDE_BASE], [SIDE_OVERLAY] = volume[SIDE_OVERLAY],
  };
  bool base_unknown = false;

  *reason = NULL;
  *damaged = false;
  if (!direct_knows_type (volume[SIDE_OVERLAY]->type))
    return -ENOTSUP;
  if (known[SIDE_BASE] != NULL &&
      !direct_knows_type (known[SIDE_BASE]->type)) {
    base_unknown = known[SIDE_BASE]->use != VOLUME_BLANK;
    known[SIDE_BASE] = NULL;
  }
  return ext_account (disk, known, base_unknown, written, name,
                      log, progress, reason, account, damaged);
}
