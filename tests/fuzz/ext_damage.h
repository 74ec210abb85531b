/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Damage of an ext2/3/4 filesystem that knows where it hurts.
 */
#ifndef DELTAFS_EXT_DAMAGE_H
#define DELTAFS_EXT_DAMAGE_H

#include "memory_disks.h"
#include "random_bytes.h"

/* Changes the filesystem of one side (the overlay's most often), or of both
 * alike, in one to some places. */
void ext_damage (struct random_bytes *random, struct image_pair *pair);

#endif
