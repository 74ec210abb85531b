/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The differ as an engine, for filesystems whose formats are known.
 */
#ifndef DELTAFS_DIRECT_ENGINE_OPEN_H
#define DELTAFS_DIRECT_ENGINE_OPEN_H

#include "direct.h"
#include "format.h"

/* As direct_engine_open; FORMAT is that of VOLUME, side by side, and NULL where
 * that is. */
errint_t engine_open (const struct format *const format[SIDES],
                      const struct volume *const volume[SIDES],
                      const char *name, const struct log *log,
                      const char **reason, struct engine **engine);

#endif
