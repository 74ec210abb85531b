/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Headers by format, and the two old formats whose header is just a backing
 * file's name.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "header.h"

/* QEMU's limit for a stored name. */
#define NAME_MAX_LENGTH 1023

errint_t
header_read_name (const struct image_file *file,
                  uint64_t offset, uint32_t length,
                  char **name, const char **reason)
{
  char buffer[NAME_MAX_LENGTH + 1];
  size_t got;
  errint_t error;

  if (length > NAME_MAX_LENGTH) {
    *reason = "its header holds a file name that is too long";
    return -EINVAL;
  }
  error = image_file_read (file, buffer, length, offset, &got);
  if (error != 0) {
    *reason = strerror (-error);
    return error;
  }
  if (got < length) {
    *reason = "truncated: its header is incomplete";
    return -EINVAL;
  }
  buffer[length] = '\0';
  if (buffer[0] == '\0')
    return 0;
  *name = strdup (buffer);
  if (*name == NULL) {
    *reason = strerror (ENOMEM);
    return -ENOMEM;
  }
  return 0;
}

/* The first LENGTH bytes of the file, which must have them. */
static errint_t
read_start (const struct image_file *file, unsigned char *start,
            size_t length, const char **reason)
{
  size_t got;
  errint_t error = image_file_read (file, start, length, 0, &got);

  if (error != 0) {
    *reason = strerror (-error);
    return error;
  }
  if (got < length) {
    *reason = "truncated: its header is incomplete";
    return -EINVAL;
  }
  return 0;
}

/* qcow version 1: magic, version, offset and length of the backing file's
 * name, …, encryption method at 36 (QEMU, block/qcow.c). */
errint_t
qcow_header_read (const struct image_file *file,
                  struct image_header *header, const char **reason)
{
  unsigned char start[48];
  errint_t error = read_start (file, start, sizeof start, reason);

  if (error != 0)
    return error;
  if (memcmp (start, "QFI\xfb", 4) != 0 || bytes_be32 (start + 4) != 1) {
    *reason = "not a qcow image";
    return -EINVAL;
  }
  header->encrypted = bytes_be32 (start + 36) != 0;
  if (bytes_be64 (start + 8) == 0)
    return 0;
  return header_read_name (file, bytes_be64 (start + 8),
                           bytes_be32 (start + 16), &header->backing, reason);
}

/* QED: magic, …, features at 16 (bit 0: backing file, bit 2: its format is
 * raw), offset and length of the name at 56 and 60 (QEMU,
 * docs/interop/qed_spec.txt). */
errint_t
qed_header_read (const struct image_file *file,
                 struct image_header *header, const char **reason)
{
  unsigned char start[64];
  uint64_t features;
  errint_t error = read_start (file, start, sizeof start, reason);

  if (error != 0)
    return error;
  if (memcmp (start, "QED", 4) != 0) {
    *reason = "not a QED image";
    return -EINVAL;
  }
  features = bytes_le64 (start + 16);
  if ((features & 1) == 0)
    return 0;
  if ((features & 4) != 0) {
    header->backing_format = strdup ("raw");
    if (header->backing_format == NULL) {
      *reason = strerror (ENOMEM);
      return -ENOMEM;
    }
  }
  return header_read_name (file, bytes_le32 (start + 56),
                           bytes_le32 (start + 60), &header->backing, reason);
}

errint_t
image_header_read (const struct image_file *file,
                   const struct image_format *format,
                   struct image_header *header, const char **reason)
{
  memset (header, 0, sizeof *header);
  if (strcmp (format->name, "qcow2") == 0)
    return qcow2_header_read (file, header, reason);
  if (strcmp (format->name, "vmdk") == 0)
    return vmdk_header_read (file, header, reason);
  if (strcmp (format->name, "qcow") == 0)
    return qcow_header_read (file, header, reason);
  if (strcmp (format->name, "qed") == 0)
    return qed_header_read (file, header, reason);
  return 0;
}

void
image_header_clear (struct image_header *header)
{
  free (header->backing);
  free (header->backing_format);
  free (header->data_file);
  for (size_t i = 0; i < header->extent_count; ++i)
    free (header->extents[i].name);
  free (header->extents);
  memset (header, 0, sizeof *header);
}
