/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Stored: a version (1), then entries of 4 bytes (tag, permissions), or of
 * 8 (with an id) for named users and groups: fs/ext4/acl.h of Linux.  As an
 * xattr: version 2 and entries of 8 bytes: uapi/linux/posix_acl_xattr.h.
 */
#include <config.h>

#include "ext/acl.h"
#include "ext/ondisk.h"

#define STORED_VERSION 1
#define XATTR_VERSION 2
#define SHORT_SIZE 4
#define LONG_SIZE 8
#define NO_ID UINT32_MAX

enum {
  TAG_USER_OBJ = 0x01,
  TAG_USER = 0x02,
  TAG_GROUP_OBJ = 0x04,
  TAG_GROUP = 0x08,
  TAG_MASK = 0x10,
  TAG_OTHER = 0x20,
};

/* Bytes that an entry takes; 0 for an unknown one. */
static size_t
entry_size (unsigned tag)
{
  switch (tag) {
  case TAG_USER_OBJ: case TAG_GROUP_OBJ: case TAG_MASK: case TAG_OTHER:
    return SHORT_SIZE;
  case TAG_USER: case TAG_GROUP:
    return LONG_SIZE;
  default:
    return 0;
  }
}

errint_t
ext_acl_convert (const uint8_t *stored, size_t length, struct arena *arena,
                 const uint8_t **result, size_t *result_length)
{
  uint8_t *xattr;
  size_t at = 4, used = 4;

  *result_length = 0;
  if (length < 4 || ondisk_le32 (stored) != STORED_VERSION)
    return -EIO;
  xattr = arena_allocate (arena, 4 + length / SHORT_SIZE * LONG_SIZE);
  if (xattr == NULL)
    return -ENOMEM;
  ondisk_put_le32 (xattr, XATTR_VERSION);
  while (at < length) {
    const uint8_t *entry = stored + at;
    size_t size = length - at < SHORT_SIZE ? 0 :
      entry_size (ondisk_le16 (entry));

    if (size == 0 || size > length - at)
      return -EIO;
    ondisk_put_le16 (xattr + used, ondisk_le16 (entry));
    ondisk_put_le16 (xattr + used + 2, ondisk_le16 (entry + 2));
    ondisk_put_le32 (xattr + used + 4, size == LONG_SIZE ?
                     ondisk_le32 (entry + 4) : NO_ID);
    at += size;
    used += LONG_SIZE;
  }
  *result = xattr;
  *result_length = used > 4 ? used : 0;
  return 0;
}
