/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Extended attributes.  cp -a and rsync give up on a name that is listed and
 * then refused, so listing leaves out whatever the kernel would not let this
 * caller get: the rules of fs/xattr.c, fs/posix_acl.c and
 * security/commoncap.c are at the functions below.
 */
#include <config.h>

#include <limits.h>
#include <linux/capability.h>
#include <linux/limits.h>
#include <linux/posix_acl_xattr.h>
#include <linux/xattr.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "operations.h"
#include "reply.h"

static bool
begins_with (const char *name, const char *prefix)
{
  return strncmp (name, prefix, strlen (prefix)) == 0;
}

/* Little endian, at any address. */
static uint32_t
get_le32 (const void *bytes)
{
  const unsigned char *byte = bytes;

  return (uint32_t) byte[0] | (uint32_t) byte[1] << 8 |
    (uint32_t) byte[2] << 16 | (uint32_t) byte[3] << 24;
}

/* The kernel takes an ACL apart before it gives it out.  It reads it into a
 * page; it must have the known version and whole entries of known kinds. */
static bool
is_readable_acl (const unsigned char *value, size_t length)
{
  const size_t header = sizeof (struct posix_acl_xattr_header);
  const size_t entry = sizeof (struct posix_acl_xattr_entry);

  if (length <= header || length > (size_t) sysconf (_SC_PAGESIZE) ||
      (length - header) % entry != 0 ||
      get_le32 (value) != POSIX_ACL_XATTR_VERSION)
    return false;
  for (size_t at = header; at < length; at += entry) {
    unsigned tag = get_le32 (value + at) & 0xffff;

    switch (tag) {
    case 0x01: case 0x04: case 0x10: case 0x20: /* owner, group, mask, other */
      break;
    case 0x02: case 0x08:       /* a user, a group: -1 is nobody */
      if (get_le32 (value + at + 4) == UINT32_MAX)
        return false;
      break;
    default:
      return false;
    }
  }
  return true;
}

/* File capabilities are given out in the formats 2 and 3 only, the latter not
 * to other user namespaces than it is for. */
static bool
is_readable_capability (const unsigned char *value, size_t length)
{
  uint32_t revision;

  if (length < sizeof (uint32_t))
    return false;
  revision = get_le32 (value) & VFS_CAP_REVISION_MASK;
  if (length == XATTR_CAPS_SZ_2)
    return revision == VFS_CAP_REVISION_2;
  return length == XATTR_CAPS_SZ_3 && revision == VFS_CAP_REVISION_3 &&
    get_le32 (value + XATTR_CAPS_SZ_2) != UINT32_MAX;
}

/* Does getxattr(2) answer this attribute of an inode of MODE to user UID? */
static bool
is_answered (uint32_t mode, uid_t uid, const char *name,
             const void *value, size_t length)
{
  size_t name_length = strlen (name);

  if (name_length == 0 || name_length > XATTR_NAME_MAX ||
      length > XATTR_SIZE_MAX)
    return false;
  if (begins_with (name, XATTR_TRUSTED_PREFIX))
    return uid == 0;
  if (begins_with (name, XATTR_USER_PREFIX))
    return S_ISREG (mode) || S_ISDIR (mode);
  if (strcmp (name, XATTR_NAME_POSIX_ACL_ACCESS) == 0 ||
      strcmp (name, XATTR_NAME_POSIX_ACL_DEFAULT) == 0)
    return !S_ISLNK (mode) && is_readable_acl (value, length);
  if (strcmp (name, XATTR_NAME_CAPS) == 0)
    return is_readable_capability (value, length);
  return true;
}

/* Answers with LENGTH bytes, or just that number if SIZE is 0. */
static void
reply_bytes (fuse_req_t request, const void *bytes, size_t length,
             size_t size)
{
  if (size == 0)
    fuse_reply_xattr (request, length);
  else if (length > size)
    reply_error (request, -ERANGE);
  else
    fuse_reply_buf (request, bytes, length);
}

void
xattr_get (fuse_req_t request, fuse_ino_t number, const char *name,
           size_t size)
{
  const struct serve *serve = serve_of (request);
  view_node node = reply_node (number);
  char scratch[VIEW_XATTR_SCRATCH];
  const char *candidate;
  const void *value;
  size_t length;

  for (size_t index = 0; view_xattr (serve->view, node, index, scratch,
                                     &candidate, &value, &length); ++index) {
    if (strcmp (candidate, name) != 0)
      continue;
    if (length > XATTR_SIZE_MAX)
      reply_error (request, -E2BIG);
    else
      reply_bytes (request, value, length, size);
    return;
  }
  reply_error (request, view_xattrs_incomplete (serve->view, node) ?
               -EIO : -ENODATA);
}

/* Puts the names one after the other into BUFFER of XATTR_LIST_MAX bytes.
 * -E2BIG when they are more: no caller could get such a list from the kernel,
 * and a part of it would look like the whole. */
static errint_t
list_names (fuse_req_t request, view_node node, char *buffer, size_t *used)
{
  const struct view *view = serve_of (request)->view;
  uid_t uid = fuse_req_ctx (request)->uid;
  char scratch[VIEW_XATTR_SCRATCH];
  const char *name;
  const void *value;
  size_t length;
  uint64_t inode;
  uint32_t mode;

  view_identity (view, node, &inode, &mode);
  *used = 0;
  for (size_t index = 0; view_xattr (view, node, index, scratch,
                                     &name, &value, &length); ++index) {
    size_t with_nul = strlen (name) + 1;

    if (!is_answered (mode, uid, name, value, length))
      continue;
    if (with_nul > XATTR_LIST_MAX - *used)
      return -E2BIG;
    memcpy (buffer + *used, name, with_nul);
    *used += with_nul;
  }
  return 0;
}

void
xattr_list (fuse_req_t request, fuse_ino_t number, size_t size)
{
  const struct view *view = serve_of (request)->view;
  view_node node = reply_node (number);
  size_t used = 0;
  errint_t err;
  char *buffer;

  if (view_xattrs_incomplete (view, node)) {
    reply_error (request, -EIO);
    return;
  }
  buffer = reply_buffer (XATTR_LIST_MAX);
  err = buffer == NULL ? -ENOMEM :
    list_names (request, node, buffer, &used);
  if (err < 0)
    reply_error (request, err);
  else
    reply_bytes (request, buffer, used, size);
}
