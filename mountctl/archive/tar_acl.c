/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From the xattr's form to libarchive's.  Source: uapi/linux/posix_acl_xattr.h
 * and uapi/linux/posix_acl.h of Linux: version 2, then entries of 8 bytes: tag,
 * permissions, id, little-endian.
 */
#include <config.h>

#include <endian.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "tar_acl.h"

#define LIST_VERSION 2
#define HEAD_SIZE 4
#define ITEM_SIZE 8

struct acl_item {
  int tag;                      /* libarchive's, 0 for an unknown one */
  int permissions;
  int id;                       /* -1 where there is none */
};

static int
tag_of (uint16_t tag)
{
  switch (tag) {
  case 0x01: return ARCHIVE_ENTRY_ACL_USER_OBJ;
  case 0x02: return ARCHIVE_ENTRY_ACL_USER;
  case 0x04: return ARCHIVE_ENTRY_ACL_GROUP_OBJ;
  case 0x08: return ARCHIVE_ENTRY_ACL_GROUP;
  case 0x10: return ARCHIVE_ENTRY_ACL_MASK;
  case 0x20: return ARCHIVE_ENTRY_ACL_OTHER;
  }
  return 0;
}

/* Entry INDEX of the list; false where it is none, or has an id that
 * libarchive cannot hold. */
static bool
read_item (const struct entry_xattr *xattr, size_t index,
           struct acl_item *item)
{
  const uint8_t *at =
    (const uint8_t *) xattr->value + HEAD_SIZE + index * ITEM_SIZE;
  uint16_t tag, permissions;
  uint32_t id;

  memcpy (&tag, at, sizeof tag);
  memcpy (&permissions, at + 2, sizeof permissions);
  memcpy (&id, at + 4, sizeof id);
  permissions = le16toh (permissions);
  id = le32toh (id);
  *item = (struct acl_item) {
    .tag = tag_of (le16toh (tag)), .permissions = permissions, .id = -1,
  };
  if (item->tag == ARCHIVE_ENTRY_ACL_USER
      || item->tag == ARCHIVE_ENTRY_ACL_GROUP) {
    if (id > INT_MAX)
      return false;
    item->id = (int) id;
  }
  /* The bits are those of libarchive: 4 read, 2 write, 1 execute. */
  return item->tag != 0 && permissions <= 7;
}

static size_t
count_items (const struct entry_xattr *xattr)
{
  uint32_t version;

  if (xattr->length < HEAD_SIZE
      || (xattr->length - HEAD_SIZE) % ITEM_SIZE != 0)
    return 0;
  memcpy (&version, xattr->value, sizeof version);
  return le32toh (version) != LIST_VERSION ? 0
    : (xattr->length - HEAD_SIZE) / ITEM_SIZE;
}

bool
tar_acl_add (struct archive_entry *entry, const struct entry_xattr *xattr)
{
  size_t count = count_items (xattr);
  struct acl_item item;
  int type;

  if (strcmp (xattr->name, "system.posix_acl_access") == 0)
    type = ARCHIVE_ENTRY_ACL_TYPE_ACCESS;
  else if (strcmp (xattr->name, "system.posix_acl_default") == 0
           && archive_entry_filetype (entry) == AE_IFDIR)
    type = ARCHIVE_ENTRY_ACL_TYPE_DEFAULT;
  else
    return false;
  for (size_t i = 0; i < count; ++i)
    if (!read_item (xattr, i, &item))
      return false;
  for (size_t i = 0; i < count; ++i) {
    read_item (xattr, i, &item);
    archive_entry_acl_add_entry (entry, type, item.permissions, item.tag,
                                 item.id, NULL);
  }
  return count > 0;
}
