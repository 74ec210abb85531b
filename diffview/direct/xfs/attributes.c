/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Names and values of xattrs as a user has them, see xfs/attributes.h
 * (fs/xfs/xfs_xattr.c and xfs_acl.c of Linux).
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "xfs/attributes.h"

/* What one inode may have in all, bytes. */
#define TOTAL_MAX ((size_t) 16 * 1024 * 1024)

#define OVERHEAD 64              /* of each, in memory */

#define ACL_ENTRY 12
#define ACL_ENTRIES_MAX 5461    /* what fits into a value of 64 KiB */
#define ACL_XATTR_VERSION 2
#define ACL_USER 0x02
#define ACL_GROUP 0x08

struct reading {
  const struct xfs_filesystem *fs;
  struct arena *arena;
  struct entry_xattr *list;     /* owned */
  size_t count, capacity;
  size_t total;                 /* bytes */
  bool incomplete;
};

static errint_t
append (struct reading *reading, const char *name, const void *value,
        size_t length)
{
  if (reading->count == reading->capacity) {
    size_t capacity = reading->capacity == 0 ? 8 : reading->capacity * 2;
    struct entry_xattr *list
      = reallocarray (reading->list, capacity, sizeof *list);

    if (list == NULL)
      return -ENOMEM;
    reading->list = list;
    reading->capacity = capacity;
  }
  reading->list[reading->count++] = (struct entry_xattr) {
    .name = name, .value = value, .length = length,
  };
  return 0;
}

static const char *
prefix_of (const struct xfs_attribute *attribute)
{
  switch (attribute->flags & (XFS_ATTRIBUTE_ROOT | XFS_ATTRIBUTE_SECURE)) {
  case 0: return "user.";
  case XFS_ATTRIBUTE_ROOT: return "trusted.";
  case XFS_ATTRIBUTE_SECURE: return "security.";
  default: return NULL;
  }
}

static void
put_le (uint8_t *to, uint32_t value, int count)
{
  for (int i = 0; i < count; ++i)
    to[i] = (uint8_t) (value >> (8 * i));
}

/* An ACL in the form of getxattr(2): uapi/linux/posix_acl_xattr.h. */
static errint_t
add_acl (struct reading *reading, const char *name,
         const struct xfs_attribute *attribute)
{
  const uint8_t *stored = attribute->value;
  size_t count = attribute->value_length < 4 ? 0 : bytes_be32 (stored);
  uint8_t *acl;

  if (attribute->value_length < 4 || count > ACL_ENTRIES_MAX
      || attribute->value_length != 4 + count * ACL_ENTRY)
    return -EIO;
  if (count == 0)
    return 0;
  acl = arena_allocate (reading->arena, 4 + count * 8);
  if (acl == NULL)
    return -ENOMEM;
  put_le (acl, ACL_XATTR_VERSION, 4);
  for (size_t i = 0; i < count; ++i) {
    const uint8_t *entry = stored + 4 + i * ACL_ENTRY;
    uint32_t tag = bytes_be32 (entry);

    put_le (acl + 4 + i * 8, tag, 2);
    put_le (acl + 4 + i * 8 + 2, bytes_be16 (entry + 8), 2);
    put_le (acl + 4 + i * 8 + 4, tag == ACL_USER || tag == ACL_GROUP
            ? bytes_be32 (entry + 4) : UINT32_MAX, 4);
  }
  return append (reading, name, acl, 4 + count * 8);
}

static bool
is_named (const struct xfs_attribute *attribute, const char *name)
{
  return (attribute->flags & XFS_ATTRIBUTE_ROOT) != 0
    && attribute->name_length == strlen (name)
    && memcmp (attribute->name, name, attribute->name_length) == 0;
}

/* -EIO for one that cannot be shown. */
static errint_t
read_one (struct reading *reading, const struct xfs_attribute *attribute)
{
  const char *prefix = prefix_of (attribute);
  size_t length;
  char *name, *value;

  reading->total += attribute->name_length + attribute->value_length;
  if (prefix == NULL || reading->total > TOTAL_MAX
      || !xfs_draw_xattr (reading->fs, OVERHEAD + attribute->name_length
                                       + attribute->value_length)
      || memchr (attribute->name, '\0', attribute->name_length) != NULL)
    return -EIO;
  length = strlen (prefix);
  name = arena_allocate (reading->arena,
                         length + attribute->name_length + 1);
  value = arena_copy (reading->arena, attribute->value,
                      attribute->value_length);
  if (name == NULL || value == NULL)
    return -ENOMEM;
  memcpy (name, prefix, length);
  memcpy (name + length, attribute->name, attribute->name_length);
  return append (reading, name, value, attribute->value_length);
}

static int
visit (void *opaque, const struct xfs_attribute *attribute)
{
  struct reading *reading = opaque;
  errint_t err;

  if (attribute->flags & XFS_ATTRIBUTE_PARENT)
    return 0;
  err = read_one (reading, attribute);
  /* The kernel shows these to root in both ways. */
  if (err == 0 && is_named (attribute, "SGI_ACL_FILE"))
    err = add_acl (reading, "system.posix_acl_access", attribute);
  else if (err == 0 && is_named (attribute, "SGI_ACL_DEFAULT"))
    err = add_acl (reading, "system.posix_acl_default", attribute);
  if (err == -EIO) {
    reading->incomplete = true;
    err = 0;
  }
  return err;
}

static int
compare_names (const void *a, const void *b)
{
  const struct entry_xattr *x = a, *y = b;

  return strcmp (x->name, y->name);
}

static errint_t
finish (struct reading *reading, const struct entry_xattrs **result)
{
  struct entry_xattrs *xattrs;
  struct entry_xattr *list;
  size_t kept = 0;

  if (reading->count == 0)
    return 0;
  qsort (reading->list, reading->count, sizeof *reading->list,
         compare_names);
  xattrs = arena_allocate (reading->arena, sizeof *xattrs);
  list = arena_allocate (reading->arena, reading->count * sizeof *list);
  if (xattrs == NULL || list == NULL)
    return -ENOMEM;
  for (size_t i = 0; i < reading->count; ++i)
    if (kept == 0 || strcmp (list[kept - 1].name,
                             reading->list[i].name) != 0)
      list[kept++] = reading->list[i];
    else
      reading->incomplete = true;       /* which one counts? */
  xattrs->list = list;
  xattrs->count = kept;
  *result = xattrs;
  return 0;
}

errint_t
xfs_attributes_read (const struct xfs_filesystem *fs,
                     const struct xfs_inode *inode, struct arena *arena,
                     const struct entry_xattrs **xattrs, bool *incomplete)
{
  struct reading reading = { .fs = fs, .arena = arena };
  errint_t err = xfs_attributes_iterate (fs, inode, visit, &reading,
                                         &reading.incomplete);

  *xattrs = NULL;
  if (err == 0)
    err = finish (&reading, xattrs);
  if (reading.incomplete)
    *incomplete = true;
  free (reading.list);
  return err;
}
