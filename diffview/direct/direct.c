/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which format's engine takes a filesystem.
 */
#include <config.h>

#include <string.h>

#include "direct.h"
#include "ext_engine.h"

bool
direct_knows_type (const char *type)
{
  return type != NULL && (strcmp (type, "ext2") == 0 ||
                          strcmp (type, "ext3") == 0 ||
                          strcmp (type, "ext4") == 0);
}

errint_t
direct_engine_open (struct image_pair *pair,
                    const struct volume *const volume[SIDES],
                    const char *name, const struct log *log,
                    const char **reason, struct engine **engine)
{
  for (int side = 0; side < SIDES; ++side)
    if (volume[side] != NULL && !direct_knows_type (volume[side]->type)) {
      *reason = "its type is not one that is read directly";
      return -ENOTSUP;
    }
  return ext_engine_open (pair, volume, name, log, reason, engine);
}
