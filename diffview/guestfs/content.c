/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Bytes of a file in an appliance.
 */
#include <config.h>

#include "content.h"

#include <stdlib.h>
#include <string.h>

/* Some bytes, at least one. */
static errint_t
read_some (struct appliance *appliance, const char *path, void *buffer,
           size_t length, uint64_t offset, size_t *got)
{
  CLEANUP_FREE char *bytes = NULL;
  APPLIANCE_LOCK (appliance);

  bytes = guestfs_pread (appliance->g, path, length, offset, got);
  if (bytes == NULL)
    return appliance_error (appliance);
  if (*got == 0 || *got > length)
    return -EIO;
  memcpy (buffer, bytes, *got);
  return 0;
}

errint_t
content_read (struct appliance *appliance, const char *path,
              void *buffer, size_t length, uint64_t offset)
{
  char *to = buffer;

  if (offset > INT64_MAX || length > INT64_MAX - offset)
    return -EINVAL;
  while (length > 0) {
    size_t part = length < CONTENT_MAX ? length : CONTENT_MAX;
    size_t got = 0;
    errint_t r = read_some (appliance, path, to, part, offset, &got);

    if (r < 0)
      return r;
    to += got;
    offset += got;
    length -= got;
  }
  return 0;
}
