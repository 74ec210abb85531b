/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What only VMDK has: extents, which could again name extents.
 */
#ifndef DELTAFS_IMAGE_VMDK_HEADER_H
#define DELTAFS_IMAGE_VMDK_HEADER_H

#include "header.h"

/* Refuses an extent that has a descriptor of its own: QEMU would open what
 * that names, too.  -EINVAL with *REASON, not reported. */
errint_t vmdk_extent_check (const struct image_file *extent,
                            const char **reason);

/* Does all that the grain tables of a sparse file refer to lie within it?
 * -EINVAL with *REASON if not, not reported; other files pass. */
errint_t vmdk_tables_check (const struct image_file *file,
                            const char **reason);

#endif
