/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The header of a qcow2 image: QEMU, docs/interop/qcow2.txt.  Only what names
 * other files or says where the tables are; QEMU checks the rest.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "header.h"

#define VERSION_2_LENGTH 72
#define VERSION_3_LENGTH 104
#define INCOMPATIBLE_EXTERNAL_DATA (UINT64_C (1) << 2)
#define INCOMPATIBLE_EXTENDED_L2 (UINT64_C (1) << 4)
/* These, dirty, corrupt, and the way of compression. */
#define INCOMPATIBLE_KNOWN UINT64_C (0x1f)
#define EXTENSION_END 0
#define EXTENSION_BACKING_FORMAT UINT32_C (0xe2792aca)
#define EXTENSION_DATA_FILE UINT32_C (0x44415441)

static errint_t
invalid (const char **reason, const char *text)
{
  *reason = text;
  return -EINVAL;
}

/* One extension; a later one of the same kind replaces an earlier one, as
 * in QEMU. */
static errint_t
read_extension (const struct image_file *file, struct image_header *header,
                uint32_t type, uint64_t offset, uint32_t length,
                const char **reason)
{
  char **name;

  if (type == EXTENSION_BACKING_FORMAT)
    name = &header->backing_format;
  else if (type == EXTENSION_DATA_FILE)
    name = &header->data_file;
  else
    return 0;
  free (steal_pointer (name));
  return header_read_name (file, offset, length, name, reason);
}

static errint_t
read_extensions (const struct image_file *file, struct image_header *header,
                 uint64_t offset, uint64_t end, const char **reason)
{
  while (offset + 8 <= end) {
    unsigned char start[8];
    uint32_t type, length;
    size_t got;
    errint_t error = image_file_read (file, start, sizeof start, offset, &got);

    if (error != 0) {
      *reason = strerror (-error);
      return error;
    }
    /* A small image may end within its first cluster. */
    if (got < sizeof start)
      return 0;
    type = bytes_be32 (start);
    length = bytes_be32 (start + 4);
    if (type == EXTENSION_END)
      return 0;
    offset += sizeof start;
    if (length > end - offset)
      return invalid (reason, "its header extensions are invalid");
    error = read_extension (file, header, type, offset, length, reason);
    if (error != 0)
      return error;
    /* END is at most 2 MiB, so this does not overflow. */
    offset += (length + UINT64_C (7)) & ~UINT64_C (7);
  }
  return 0;
}

static errint_t
read_names (const struct image_file *file, struct image_header *header,
            const unsigned char *start, uint64_t length, const char **reason)
{
  const uint64_t backing = bytes_be64 (start + 8);
  const uint64_t cluster = UINT64_C (1) << header->cluster_bits;
  errint_t error;

  if (backing > cluster)
    return invalid (reason, "its header places the backing file's name "
                    "outside the header");
  error = read_extensions (file, header, length,
                           backing != 0 ? backing : cluster, reason);
  if (error != 0 || backing == 0)
    return error;
  return header_read_name (file, backing, bytes_be32 (start + 16),
                           &header->backing, reason);
}

errint_t
qcow2_header_read (const struct image_file *file,
                   struct image_header *header, const char **reason)
{
  unsigned char start[VERSION_3_LENGTH] = { 0 };
  uint64_t incompatible = 0, length = VERSION_2_LENGTH;
  uint32_t version, cluster_bits;
  size_t got;
  errint_t error = image_file_read (file, start, sizeof start, 0, &got);

  if (error != 0) {
    *reason = strerror (-error);
    return error;
  }
  if (got < 8 || memcmp (start, "QFI\xfb", 4) != 0
      || bytes_be32 (start + 4) < 2)
    return invalid (reason, "not a qcow2 image");
  version = bytes_be32 (start + 4);
  if (version > 3)
    return invalid (reason, "qcow2 of a version that is not known");
  if (got < (version == 2 ? VERSION_2_LENGTH : VERSION_3_LENGTH))
    return invalid (reason, "truncated: its header is incomplete");
  cluster_bits = bytes_be32 (start + 20);
  if (cluster_bits < 9 || cluster_bits > 21)
    return invalid (reason, "its header gives an invalid cluster size");
  if (version == 3) {
    incompatible = bytes_be64 (start + 72);
    length = bytes_be32 (start + 100);
    if (length < VERSION_3_LENGTH || length > UINT64_C (1) << cluster_bits)
      return invalid (reason, "its header gives an invalid header length");
  }
  header->cluster_bits = cluster_bits;
  header->virtual_size = bytes_be64 (start + 24);
  header->encrypted = bytes_be32 (start + 32) != 0;
  header->l1_entries = bytes_be32 (start + 36);
  header->l1_offset = bytes_be64 (start + 40);
  header->external_data = (incompatible & INCOMPATIBLE_EXTERNAL_DATA) != 0;
  header->extended_l2 = (incompatible & INCOMPATIBLE_EXTENDED_L2) != 0;
  header->zero_flag = version >= 3;
  header->unknown_features = (incompatible & ~INCOMPATIBLE_KNOWN) != 0;
  return read_names (file, header, start, length, reason);
}
