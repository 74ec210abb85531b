/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Numbers out of bytes of a disk or an image, whatever their alignment.
 */
#ifndef DELTAFS_BYTES_H
#define DELTAFS_BYTES_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t
bytes_le16 (const unsigned char *bytes)
{
  uint16_t value;

  memcpy (&value, bytes, sizeof value);
  return le16toh (value);
}

static inline uint32_t
bytes_le32 (const unsigned char *bytes)
{
  uint32_t value;

  memcpy (&value, bytes, sizeof value);
  return le32toh (value);
}

static inline uint64_t
bytes_le64 (const unsigned char *bytes)
{
  uint64_t value;

  memcpy (&value, bytes, sizeof value);
  return le64toh (value);
}

static inline uint16_t
bytes_be16 (const unsigned char *bytes)
{
  uint16_t value;

  memcpy (&value, bytes, sizeof value);
  return be16toh (value);
}

static inline uint32_t
bytes_be32 (const unsigned char *bytes)
{
  uint32_t value;

  memcpy (&value, bytes, sizeof value);
  return be32toh (value);
}

static inline uint64_t
bytes_be64 (const unsigned char *bytes)
{
  uint64_t value;

  memcpy (&value, bytes, sizeof value);
  return be64toh (value);
}

#endif
