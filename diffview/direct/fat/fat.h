/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * FAT12, FAT16, FAT32 and exFAT as a format of the differ.
 */
#ifndef DELTAFS_FAT_H
#define DELTAFS_FAT_H

#include "format.h"

extern const struct format fat_format;

#endif
