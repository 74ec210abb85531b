/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Does every --key have a volume that it is for?
 */
#ifndef DELTAFS_KEY_CHECK_H
#define DELTAFS_KEY_CHECK_H

#include "filesystems.h"
#include "log.h"

/* Warns of each of KEYS (checked before; NULL-terminated, or NULL) that names
 * no device of FILESYSTEMS, or one that is encrypted on neither side.  A key
 * for "all" is never warned of.  ALL_KNOWN: nobody has to look into a container
 * any more.  Even then a device of LVM or MD may be missing from the list,
 * for what was opened is listed by its content only: it counts as known. */
void key_check (char *const *keys, const struct filesystems *filesystems,
                bool all_known, const struct log *log);

#endif
