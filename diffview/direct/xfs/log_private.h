/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files that make up xfs/log_records.h share: record headers.
 */
#ifndef DELTAFS_XFS_LOG_PRIVATE_H
#define DELTAFS_XFS_LOG_PRIVATE_H

#include "bytes.h"
#include "xfs/log_records.h"

#define XFS_LOG_RECORD_MAGIC UINT32_C (0xfeedbabe)

/* Bytes of data for which a header block has cycle numbers. */
#define XFS_LOG_HEADER_SPAN 32768

/* Of headers and data together no record has more (XLOG_MAX_RECORD_BSIZE and
 * what rounding adds). */
#define XFS_LOG_RECORD_MAX (512 * 1024)

/* Does the header of a record begin here? */
static inline bool
xfs_log_is_header (const uint8_t *block)
{
  return bytes_be32 (block) == XFS_LOG_RECORD_MAGIC;
}

/* Basic blocks of a record's headers and of its data, from its first header. */
static inline uint32_t
xfs_log_header_blocks (const uint8_t *header)
{
  uint32_t size = bytes_be32 (header + 320);

  return (bytes_be32 (header + 8) & 2) != 0 && size > XFS_LOG_HEADER_SPAN
    ? size / XFS_LOG_HEADER_SPAN + (size % XFS_LOG_HEADER_SPAN != 0) : 1;
}

static inline uint32_t
xfs_log_data_blocks (const uint8_t *header)
{
  uint32_t length = bytes_be32 (header + 12);

  return length / XFS_BASIC_BLOCK + (length % XFS_BASIC_BLOCK != 0);
}

#endif
