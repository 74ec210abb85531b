/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reads records, see xfs/log_records.h (struct xlog_rec_header).
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "crc32c.h"
#include "xfs/log_private.h"

#define HEADER_SIZE 328         /* of a first header, what is checked of it … */
#define HEADER_SIZE_32 324      /* … by kernels of 32 bits, which align less */
#define HEADER_CRC 32
#define HEADER_CYCLES 44
#define MORE_HEADER_SIZE 260    /* of the others */
#define MORE_HEADER_CYCLES 4
#define CYCLES 64               /* in each header */
#define FORMAT_LITTLE_ENDIAN 1

errint_t
xfs_log_read (const struct xfs_log *log, uint32_t block, uint32_t count,
              uint8_t *buffer)
{
  uint32_t first = log->length - block < count ? log->length - block : count;
  const struct xfs_filesystem *fs = log->fs;
  errint_t err = blocks_read_bulk (fs->blocks, fs->side, buffer,
                                   (size_t) first * XFS_BASIC_BLOCK,
                                   log->start
                                   + (uint64_t) block * XFS_BASIC_BLOCK);

  if (err == 0 && first < count)
    err = blocks_read_bulk (fs->blocks, fs->side,
                            buffer + (size_t) first * XFS_BASIC_BLOCK,
                            (size_t) (count - first) * XFS_BASIC_BLOCK,
                            log->start);
  return err;
}

/* Over the headers, and the data as they are on the disk (xlog_cksum). */
static bool
checksum_matches (const uint8_t *headers, uint32_t size, const uint8_t *data,
                  uint32_t length)
{
  static const uint8_t zeros[4];
  uint32_t sum = crc32c (UINT32_MAX, headers, HEADER_CRC);
  uint32_t count = length / XFS_LOG_HEADER_SPAN
    + (length % XFS_LOG_HEADER_SPAN != 0);

  sum = crc32c (sum, zeros, sizeof zeros);
  sum = crc32c (sum, headers + HEADER_CRC + 4, size - HEADER_CRC - 4);
  for (uint32_t i = 1; i < count; ++i)
    sum = crc32c (sum, headers + (size_t) i * XFS_BASIC_BLOCK,
                  MORE_HEADER_SIZE);
  sum = crc32c (sum, data, length);
  return ~sum == bytes_le32 (headers + HEADER_CRC);
}

/* The first bytes of each block of data were moved into the headers. */
static void
restore_data (const uint8_t *headers, uint8_t *data, uint32_t count)
{
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t header = i / CYCLES;
    const uint8_t *cycles = headers + (size_t) header * XFS_BASIC_BLOCK
      + (header == 0 ? HEADER_CYCLES : MORE_HEADER_CYCLES);

    memcpy (data + (size_t) i * XFS_BASIC_BLOCK,
            cycles + (size_t) (i % CYCLES) * 4, 4);
  }
}

errint_t
xfs_log_read_record (const struct xfs_log *log, uint32_t block,
                     struct xfs_log_buffer *buffer,
                     struct xfs_log_record *record)
{
  uint32_t headers, count, length;
  uint8_t *bytes;
  errint_t err;

  if (buffer->bytes == NULL)
    buffer->bytes = malloc (XFS_LOG_RECORD_MAX);
  bytes = buffer->bytes;
  if (bytes == NULL)
    return -ENOMEM;
  err = xfs_log_read (log, block, 1, bytes);
  if (err < 0)
    return err;
  headers = xfs_log_header_blocks (bytes);
  count = xfs_log_data_blocks (bytes);
  length = bytes_be32 (bytes + 12);
  if (!xfs_log_is_header (bytes) || headers > 64 || length == 0
      || count > XFS_LOG_RECORD_MAX / XFS_BASIC_BLOCK - headers
      || headers + count > log->length
      || length > headers * XFS_LOG_HEADER_SPAN
      || bytes_be32 (bytes + 300) != FORMAT_LITTLE_ENDIAN)
    return -EIO;
  err = xfs_log_read (log, block, headers + count, bytes);
  if (err < 0)
    return err;
  *record = (struct xfs_log_record) {
    .sequence = bytes_be64 (bytes + 16),
    .operations = bytes_be32 (bytes + 40),
    .length = length,
    .next = (block + headers + count) % log->length,
    .data = bytes + (size_t) headers * XFS_BASIC_BLOCK,
  };
  if (!checksum_matches (bytes, HEADER_SIZE, record->data, length)
      && !checksum_matches (bytes, HEADER_SIZE_32, record->data, length))
    return -EIO;
  restore_data (bytes, record->data, count);
  return 0;
}
