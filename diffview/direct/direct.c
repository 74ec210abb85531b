/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which format reads a filesystem: the only place that knows their names.
 */
#include <config.h>

#include <string.h>

#include "account_open.h"
#include "direct.h"
#include "engine_open.h"
#include "ext/reader.h"
#include "fat/fat.h"
#include "xfs/xfs.h"

static const struct format *const formats[] = {
  &ext_format, &fat_format, &xfs_format,
};

/* The format of libblkid's TYPE, or NULL. */
static const struct format *
find_format (const char *type)
{
  for (size_t i = 0; type != NULL && i < sizeof formats / sizeof formats[0];
       ++i)
    for (const char *const *known = formats[i]->types; *known != NULL; ++known)
      if (strcmp (type, *known) == 0)
        return formats[i];
  return NULL;
}

bool
direct_knows_type (const char *type)
{
  return find_format (type) != NULL;
}

errint_t
direct_engine_open (const struct volume *const volume[SIDES],
                    const char *name, const struct log *log,
                    const char **reason, struct engine **engine)
{
  const struct format *format[SIDES] = { NULL };

  for (int side = 0; side < SIDES; ++side)
    if (volume[side] != NULL
        && (format[side] = find_format (volume[side]->type)) == NULL) {
      *reason = "its type is not one that is read directly";
      return -ENOTSUP;
    }
  return engine_open (format, volume, name, log, reason, engine);
}

enum direct_journal
direct_journal_state (const struct volume *volume)
{
  const struct format *format = volume != NULL
    ? find_format (volume->type) : NULL;

  if (format == NULL)
    return DIRECT_JOURNAL_UNKNOWN;
  return format->journal != NULL
    ? format->journal (volume->device) : DIRECT_JOURNAL_NONE;
}

errint_t
direct_size (const struct volume *volume, uint64_t *size)
{
  const enum side side = volume->device->side;
  const struct format *format = find_format (volume->type);
  struct device *const device[SIDES] = {
    [SIDE_BASE] = side == SIDE_BASE ? volume->device : NULL,
    [SIDE_OVERLAY] = side == SIDE_OVERLAY ? volume->device : NULL,
  };
  CLEANUP (blocks_free) struct blocks *blocks = NULL;
  struct reader *reader = NULL;
  const char *reason;
  errint_t err;

  if (format == NULL)
    return -ENOTSUP;
  err = blocks_new (device, &blocks);
  if (err == 0)
    err = format->open (blocks, side, &reason, &reader);
  if (err < 0)
    return err;
  *size = reader->block_count * reader->block_size;
  format->close (reader);
  return 0;
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
  const struct format *format[SIDES] = { NULL };
  bool base_unknown = false;

  *reason = NULL;
  *damaged = false;
  for (int side = 0; side < SIDES; ++side)
    if (known[side] != NULL)
      format[side] = find_format (known[side]->type);
  if (format[SIDE_OVERLAY] == NULL)
    return -ENOTSUP;
  if (known[SIDE_BASE] != NULL && format[SIDE_BASE] == NULL) {
    base_unknown = known[SIDE_BASE]->use != VOLUME_BLANK;
    known[SIDE_BASE] = NULL;
  }
  return account_filesystem (format, disk, known, base_unknown, written, name,
                             log, progress, reason, account, damaged);
}
