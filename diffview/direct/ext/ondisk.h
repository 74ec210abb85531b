/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Numbers out of raw bytes: ext2/3/4 stores little-endian, its journal
 * big-endian, and neither is aligned where it matters to us.
 */
#ifndef DELTAFS_EXT_ONDISK_H
#define DELTAFS_EXT_ONDISK_H

#include <stddef.h>
#include <stdint.h>

static inline uint16_t
ondisk_le16 (const uint8_t *bytes)
{
  return (uint16_t) (bytes[0] | bytes[1] << 8);
}

static inline uint32_t
ondisk_le32 (const uint8_t *bytes)
{
  return bytes[0] | (uint32_t) bytes[1] << 8 | (uint32_t) bytes[2] << 16 |
    (uint32_t) bytes[3] << 24;
}

static inline uint16_t
ondisk_be16 (const uint8_t *bytes)
{
  return (uint16_t) (bytes[0] << 8 | bytes[1]);
}

static inline uint32_t
ondisk_be32 (const uint8_t *bytes)
{
  return (uint32_t) bytes[0] << 24 | (uint32_t) bytes[1] << 16 |
    (uint32_t) bytes[2] << 8 | bytes[3];
}

static inline void
ondisk_put_le16 (uint8_t *bytes, uint16_t value)
{
  bytes[0] = (uint8_t) value;
  bytes[1] = (uint8_t) (value >> 8);
}

static inline void
ondisk_put_le32 (uint8_t *bytes, uint32_t value)
{
  ondisk_put_le16 (bytes, (uint16_t) value);
  ondisk_put_le16 (bytes + 2, (uint16_t) (value >> 16));
}

static inline uint64_t
ondisk_join (uint32_t high, uint32_t low)
{
  return (uint64_t) high << 32 | low;
}

/* A member of one of libext2fs' structures, little-endian. */
#define ONDISK_LE16(bytes, type, member)                \
  ondisk_le16 ((bytes) + offsetof (type, member))
#define ONDISK_LE32(bytes, type, member)                \
  ondisk_le32 ((bytes) + offsetof (type, member))

#endif
