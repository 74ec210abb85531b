/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * CRC32C (Castagnoli) of metadata.  libext2fs computes it with tables, which
 * takes a fifth of the time of comparing large inode tables; libisal takes the
 * processor's instructions for it.
 */
#ifndef DELTAFS_DIRECT_CRC32C_H
#define DELTAFS_DIRECT_CRC32C_H

#include <stddef.h>
#include <stdint.h>

#include <isa-l/crc.h>

/* SUM goes on with LENGTH bytes (at most INT_MAX): the same as
 * ext2fs_crc32c_le, and as the kernel's crc32c: nothing is inverted. */
static inline uint32_t
crc32c (uint32_t sum, const void *bytes, size_t length)
{
  return crc32_iscsi ((unsigned char *) (uintptr_t) bytes, (int) length, sum);
}

#endif
