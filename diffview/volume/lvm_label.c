/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Labels and metadata areas of LVM2: see lvm_label.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "lvm_label.h"

#define SECTOR 512
#define LABEL_SECTORS 4
#define CRC_START UINT32_C (0xf597a6cf)

/* The label: where its fields are. */
#define LABEL_CHECKED 20        /* the sum is that of what comes from here on */
#define LABEL_HEADER 32
#define PV_AREAS 40             /* of the header: id, size of the device */

/* The header of a metadata area. */
#define AREA_VERSION 1
#define AREA_RECORDS 40
#define RECORD_IGNORED 1

static const char magic[] = "LABELONE";
static const char type[] = "LVM2 001";
static const char area_magic[] = " LVM2 x[5A%r0N*>";

/* CRC-32 with LVM's first value, and not inverted. */
static uint32_t
checksum (uint32_t crc, const unsigned char *bytes, size_t length)
{
  static const uint32_t table[16] = {
    0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
    0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
    0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
    0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
  };

  for (; length > 0; --length) {
    crc ^= *bytes++;
    crc = crc >> 4 ^ table[crc & 15];
    crc = crc >> 4 ^ table[crc & 15];
  }
  return crc;
}

static bool
is_label (const unsigned char *sector, uint64_t number)
{
  return memcmp (sector, magic, 8) == 0
    && bytes_le64 (sector + 8) == number
    && memcmp (sector + 24, type, 8) == 0
    && bytes_le32 (sector + 16) == checksum (CRC_START,
                                             sector + LABEL_CHECKED,
                                             SECTOR - LABEL_CHECKED);
}

/* The next pair of a list that ends with an offset of 0; *AT becomes what is
 * behind it.  False at the end, with *AT beyond the sector where there was
 * none. */
static bool
next_area (const unsigned char *sector, size_t *at, struct lvm_area *area)
{
  if (*at > SECTOR - 16) {
    *at = SECTOR + 1;
    return false;
  }
  area->offset = bytes_le64 (sector + *at);
  area->length = bytes_le64 (sector + *at + 8);
  *at += 16;
  return area->offset != 0;
}

static bool
is_id (const char *id)
{
  return strspn (id, "0123456789abcdefghijklmnopqrstuvwxyz"
                 "ABCDEFGHIJKLMNOPQRSTUVWXYZ!#") == LVM_ID_LENGTH;
}

/* The physical volume's header: its id, where the data is, where the metadata
 * is. */
static errint_t
parse_header (const unsigned char *sector, struct lvm_label *label)
{
  size_t at = bytes_le32 (sector + LABEL_CHECKED);
  struct lvm_area area;

  if (at < LABEL_HEADER || at > SECTOR - PV_AREAS)
    return -EINVAL;
  memcpy (label->id, sector + at, LVM_ID_LENGTH);
  label->id[LVM_ID_LENGTH] = '\0';
  if (!is_id (label->id))
    return -EINVAL;
  label->area_count = 0;
  at += PV_AREAS;
  while (next_area (sector, &at, &area))
    ;
  while (next_area (sector, &at, &area)) {
    if (label->area_count == LVM_AREAS_MAX)
      return -EINVAL;
    label->areas[label->area_count++] = area;
  }
  return at > SECTOR ? -EINVAL : 0;
}

errint_t
lvm_label_read (struct device *device, struct lvm_label *label)
{
  unsigned char sectors[LABEL_SECTORS * SECTOR];
  errint_t err;

  if (device->size < sizeof sectors)
    return -ENOENT;
  err = device_read (device, sectors, sizeof sectors, 0);
  if (err < 0)
    return err;
  for (unsigned i = 0; i < LABEL_SECTORS; ++i)
    if (is_label (sectors + i * SECTOR, i))
      return parse_header (sectors + i * SECTOR, label);
  return -ENOENT;
}

/* Reads what lies in the ring: behind its end it goes on behind the header. */
static errint_t
read_ring (struct device *device, const struct lvm_area *area,
           uint64_t offset, unsigned char *bytes, size_t length)
{
  const uint64_t rest = area->length - offset;
  const size_t first = rest < length ? (size_t) rest : length;
  errint_t err = device_read (device, bytes, first, area->offset + offset);

  return err < 0 || first == length ? err
    : device_read (device, bytes + first, length - first,
                   area->offset + SECTOR);
}

errint_t
lvm_label_metadata (struct device *device, const struct lvm_area *area,
                    uint64_t *left, char **text, size_t *length)
{
  unsigned char header[SECTOR];
  const unsigned char *record = header + AREA_RECORDS;
  struct lvm_area ring = { .offset = area->offset };
  CLEANUP_FREE_BYTES unsigned char *bytes = NULL;
  uint64_t offset, size;
  errint_t err;

  *text = NULL;
  if (area->offset > device->size || device->size - area->offset < SECTOR)
    return -EINVAL;
  err = device_read (device, header, sizeof header, area->offset);
  if (err < 0)
    return err;
  ring.length = bytes_le64 (header + 32);
  if (memcmp (header + 4, area_magic, 16) != 0
      || bytes_le32 (header) != checksum (CRC_START, header + 4, SECTOR - 4)
      || bytes_le32 (header + 20) != AREA_VERSION
      || bytes_le64 (header + 24) != ring.offset || ring.length < SECTOR
      || ring.length > device->size - ring.offset)
    return -EINVAL;
  offset = bytes_le64 (record);
  size = bytes_le64 (record + 8);
  if (offset == 0 || (bytes_le32 (record + 20) & RECORD_IGNORED))
    return 0;
  if (offset < SECTOR || offset >= ring.length || size == 0
      || size > ring.length - SECTOR)
    return -EINVAL;
  if (size > LVM_METADATA_MAX || size > *left)
    return -E2BIG;
  *left -= size;
  bytes = malloc ((size_t) size + 1);
  if (bytes == NULL)
    return -ENOMEM;
  err = read_ring (device, &ring, offset, bytes, (size_t) size);
  if (err < 0)
    return err;
  if (checksum (CRC_START, bytes, (size_t) size) != bytes_le32 (record + 16))
    return -EINVAL;
  bytes[size] = '\0';
  *length = strlen ((const char *) bytes);
  *text = (char *) steal_pointer (&bytes);
  return 0;
}
