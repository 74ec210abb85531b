/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * XFS as a format of the differ.
 */
#ifndef DELTAFS_XFS_H
#define DELTAFS_XFS_H

#include "format.h"

extern const struct format xfs_format;

#endif
