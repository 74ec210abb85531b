/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The direct engine for ext2, ext3 and ext4.
 */
#ifndef DELTAFS_EXT_ENGINE_H
#define DELTAFS_EXT_ENGINE_H

#include "direct.h"

/* As direct_engine_open says. */
errint_t ext_engine_open (const struct volume *const volume[SIDES],
                          const char *name, const struct log *log,
                          const char **reason, struct engine **engine);

#endif
