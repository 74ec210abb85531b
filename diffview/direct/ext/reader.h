/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ext2, ext3 and ext4 as a format of the direct engine.
 */
#ifndef DELTAFS_EXT_READER_H
#define DELTAFS_EXT_READER_H

#include "format.h"

extern const struct format ext_format;

#endif
