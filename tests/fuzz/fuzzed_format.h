/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What engine_fuzz.c has to know of the format of its inputs: fuzzed_ext.c,
 * fuzzed_fat.c and fuzzed_xfs.c.
 */
#ifndef DELTAFS_FUZZED_FORMAT_H
#define DELTAFS_FUZZED_FORMAT_H

#include "memory_disks.h"
#include "random_bytes.h"

/* libblkid's name. */
extern const char fuzzed_type[];

/* Makes the checksums of one side right again, as far as it is still a
 * filesystem. */
void fuzzed_repair (uint8_t *bytes, size_t size);

/* Changes the filesystem of one side or of both, in one to some places. */
void fuzzed_damage (struct random_bytes *random, struct image_pair *pair);

#endif
