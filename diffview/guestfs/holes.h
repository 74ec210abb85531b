/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where a large file has data.
 */
#ifndef DELTAFS_HOLES_H
#define DELTAFS_HOLES_H

#include "appliance.h"
#include "extents.h"

/* Smaller files are read whole. */
#define HOLES_MIN_SIZE (64 * 1024 * 1024)

/* Adds to DATA the ranges of the file at PATH in the appliance that are not
 * certainly zeros; they may go beyond its end.  -ENOTSUP when the filesystem
 * does not tell, or tells too much; -ENOMEM, -EIO.  Not reported. */
errint_t holes_add_data (struct appliance *appliance, const char *path,
                         struct extents *data);

#endif
