/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which files a VMDK image names: the extents and the parent in its text
 * descriptor.  QEMU opens extents by itself, even for "qemu-img info", so this
 * reads the descriptor just as QEMU does (block/vmdk.c: vmdk_open_desc_file,
 * vmdk_parse_extents, vmdk_parent_open), whatever else it may mean.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "vmdk_header.h"

/* QEMU takes nearly 1 MiB, at a cost that grows with the square; a
 * descriptor of 4,000 extents has 256 KiB. */
#define DESCRIPTOR_MAX (256 * 1024)
/* Where QEMU looks for the parent: 20 sectors, after the header of a sparse
 * image. */
#define PARENT_AREA (20 * 512)
#define PARENT_OFFSET 512
#define NAME_MAX_LENGTH 1023
#define EXTENTS_MAX 4096

static errint_t
invalid (const char **reason, const char *text)
{
  *reason = text;
  return -EINVAL;
}

static errint_t
failure (const char **reason, errint_t error)
{
  *reason = strerror (-error);
  return error;
}

static bool
is_sparse (const unsigned char *start)
{
  return memcmp (start, "KDMV", 4) == 0 || memcmp (start, "COWD", 4) == 0;
}

/* Offset in bytes of the text descriptor that a sparse file's header points
 * to instead of having data itself; 0 when it has data. */
static uint64_t
descriptor_offset (const unsigned char *start)
{
  if (memcmp (start, "KDMV", 4) != 0 || bytes_le64 (start + 12) != 0)
    return 0;
  return bytes_le64 (start + 28) << 9;
}

/* Up to LIMIT bytes at OFFSET, up to their first NUL, as a string; what is
 * longer is cut. */
static errint_t
read_text (const struct image_file *file, uint64_t offset, size_t limit,
           char **text, const char **reason)
{
  size_t got;
  errint_t error;

  *text = calloc (1, limit + 1);
  if (*text == NULL)
    return failure (reason, -ENOMEM);
  error = image_file_read (file, *text, limit, offset, &got);
  return error == 0 ? 0 : failure (reason, error);
}

static errint_t
add_extent (struct image_header *header, const char *name, uint64_t least,
            const char **reason)
{
  struct image_extent *extents;

  if (header->extent_count == EXTENTS_MAX)
    return invalid (reason, "its descriptor has too many extents");
  extents = realloc (header->extents,
                     (header->extent_count + 1) * sizeof *extents);
  if (extents == NULL)
    return failure (reason, -ENOMEM);
  header->extents = extents;
  extents[header->extent_count].name = strdup (name);
  if (extents[header->extent_count].name == NULL)
    return failure (reason, -ENOMEM);
  extents[header->extent_count].least = least;
  header->extent_count++;
  return 0;
}

/* How much of a flat extent the image needs, in bytes; 0 for the others. */
static uint64_t
least_size (const char *type, int64_t sectors, int64_t offset)
{
  uint64_t end;

  if (strcmp (type, "FLAT") != 0 && strcmp (type, "VMFS") != 0)
    return 0;
  if (sectors <= 0 || __builtin_add_overflow ((uint64_t) sectors,
                                              offset > 0
                                              ? (uint64_t) offset : 0, &end)
      || end > UINT64_MAX / 512)
    return 0;
  return end * 512;
}

/* The very pattern of QEMU, tried at the start of each line; what QEMU then
 * finds invalid is kept all the same. */
static errint_t
read_extents (const char *text, struct image_header *header,
              const char **reason)
{
  const char *line = text;

  while (line != NULL && *line != '\0') {
    char access[10], type[10], name[512];
    int64_t sectors = 0, offset = -1;

    if (sscanf (line, "%9s %" SCNd64 " %9s \"%511[^\n\r\"]\" %" SCNd64,
                access, &sectors, type, name, &offset) >= 4) {
      errint_t error = add_extent (header, name,
                                   least_size (type, sectors, offset),
                                   reason);

      if (error != 0)
        return error;
    }
    line = strchr (line, '\n');
    if (line != NULL)
      line++;
  }
  return 0;
}

static errint_t
read_descriptor (const struct image_file *file, uint64_t offset,
                 struct image_header *header, const char **reason)
{
  CLEANUP_FREE char *text = NULL;
  errint_t error = read_text (file, offset, DESCRIPTOR_MAX + 1, &text, reason);

  if (error != 0)
    return error;
  if (strlen (text) > DESCRIPTOR_MAX)
    return invalid (reason, "its descriptor is too long");
  return read_extents (text, header, reason);
}

static errint_t
read_parent (const struct image_file *file, uint64_t offset,
             struct image_header *header, const char **reason)
{
  static const char key[] = "parentFileNameHint";
  CLEANUP_FREE char *text = NULL;
  const char *name;
  size_t length;
  errint_t error = read_text (file, offset, PARENT_AREA, &text, reason);

  if (error != 0)
    return error;
  name = strstr (text, key);
  if (name == NULL)
    return 0;
  name += strlen (key);
  if (strncmp (name, "=\"", 2) != 0)
    return invalid (reason, "its descriptor names its parent in an odd way");
  name += 2;
  length = strcspn (name, "\"");
  if (name[length] == '\0' || length > NAME_MAX_LENGTH)
    return invalid (reason, "its descriptor has an invalid parent name");
  if (length == 0)
    return 0;
  header->backing = strndup (name, length);
  return header->backing != NULL ? 0 : failure (reason, -ENOMEM);
}

errint_t
vmdk_header_read (const struct image_file *file,
                  struct image_header *header, const char **reason)
{
  unsigned char start[36] = { 0 };
  uint64_t descriptor;
  size_t got;
  errint_t error = image_file_read (file, start, sizeof start, 0, &got);

  if (error != 0)
    return failure (reason, error);
  descriptor = descriptor_offset (start);
  if (!is_sparse (start) || descriptor != 0) {
    error = read_descriptor (file, descriptor, header, reason);
    if (error != 0)
      return error;
  }
  return read_parent (file, is_sparse (start) ? PARENT_OFFSET : 0, header,
                      reason);
}

errint_t
vmdk_extent_check (const struct image_file *extent, const char **reason)
{
  unsigned char start[36] = { 0 };
  size_t got;
  errint_t error = image_file_read (extent, start, sizeof start, 0, &got);

  if (error != 0)
    return failure (reason, error);
  if (descriptor_offset (start) != 0)
    return invalid (reason, "names further files, which no extent may do");
  return 0;
}
