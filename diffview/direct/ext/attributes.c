/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Stored attributes into whole names and values, see attributes.h.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ext/acl.h"
#include "ext/attribute_list.h"
#include "ext/attributes.h"
#include "ext/checksum.h"
#include "ext/mapping.h"

#define TOTAL_MAX ((size_t) 1 << 20)
/* Bytes that an xattr takes in memory beside its name and value. */
#define OVERHEAD 64
/* XATTR_SIZE_MAX of Linux. */
#define VALUE_MAX ((size_t) 65536)

struct reading {
  const struct ext_filesystem *fs;
  const struct ext_inode *inode;
  struct arena *arena;
  struct found {
    struct entry_xattr xattr;
    size_t order;               /* of those with one name the first counts */
  } *list;                      /* owned */
  size_t count, capacity;
  size_t total;                 /* bytes of names and values */
  bool incomplete;
};

/* NULL for what the kernel does not show. */
static const char *
prefix_of (const struct ext_attribute *attribute, uint16_t mode)
{
  bool is_acl = attribute->index == ATTRIBUTE_ACL_ACCESS ||
    attribute->index == ATTRIBUTE_ACL_DEFAULT;

  if (is_acl && S_ISLNK (mode))
    return NULL;
  if (!is_acl && attribute->name_length == 0)
    return NULL;
  switch (attribute->index) {
  case ATTRIBUTE_USER: return "user.";
  case ATTRIBUTE_TRUSTED: return "trusted.";
  case ATTRIBUTE_SECURITY: return "security.";
  case ATTRIBUTE_ACL_ACCESS: return "system.posix_acl_access";
  case ATTRIBUTE_ACL_DEFAULT: return "system.posix_acl_default";
  default: return NULL;
  }
}

static errint_t
whole_name (struct reading *reading, const struct ext_attribute *attribute,
            const char *prefix, const char **result)
{
  size_t prefix_length = strlen (prefix);
  size_t length = attribute->name_length;
  char *name;

  if (prefix[prefix_length - 1] != '.')
    length = 0;                 /* an ACL's name is its prefix */
  name = arena_allocate (reading->arena, prefix_length + length + 1);
  if (name == NULL)
    return -ENOMEM;
  memcpy (name, prefix, prefix_length);
  memcpy (name + prefix_length, attribute->name, length);
  *result = name;
  return strlen (name) == prefix_length + length ? 0 : -EIO;
}

static errint_t
whole_value (struct reading *reading, const struct ext_attribute *attribute,
             struct entry_xattr *xattr)
{
  uint8_t *value;
  errint_t err = 0;

  if (attribute->value_length > VALUE_MAX)
    return -EIO;
  value = arena_allocate (reading->arena, attribute->value_length + 1);
  if (value == NULL)
    return -ENOMEM;
  if (attribute->value != NULL)
    memcpy (value, attribute->value, attribute->value_length);
  else
    err = ext_mapping_read_xattr_inode (reading->fs, attribute->value_inode,
                                        value, attribute->value_length);
  xattr->value = value;
  xattr->length = attribute->value_length;
  if (err == 0 && (attribute->index == ATTRIBUTE_ACL_ACCESS ||
                   attribute->index == ATTRIBUTE_ACL_DEFAULT)) {
    const uint8_t *converted = value;

    err = ext_acl_convert (value, attribute->value_length, reading->arena,
                           &converted, &xattr->length);
    xattr->value = converted;
  }
  return err;
}

static errint_t
append (struct reading *reading, const struct entry_xattr *xattr)
{
  if (reading->count == reading->capacity) {
    size_t capacity = reading->capacity == 0 ? 8 : reading->capacity * 2;
    struct found *list =
      reallocarray (reading->list, capacity, sizeof *list);

    if (list == NULL)
      return -ENOMEM;
    reading->list = list;
    reading->capacity = capacity;
  }
  reading->list[reading->count] =
    (struct found) { .xattr = *xattr, .order = reading->count };
  reading->count++;
  return 0;
}

/* -EIO for one that cannot be read. */
static errint_t
read_one (struct reading *reading, const struct ext_attribute *attribute)
{
  const char *prefix = prefix_of (attribute, ext_inode_mode (reading->inode));
  struct entry_xattr xattr = { 0 };
  bool is_acl;
  errint_t err;

  if (prefix == NULL)
    return 0;
  reading->total += attribute->name_length + attribute->value_length;
  if (attribute->value_length > VALUE_MAX || reading->total > TOTAL_MAX ||
      !budget_draw (&reading->fs->reader.budget->xattr_bytes,
                    OVERHEAD + attribute->name_length +
                    attribute->value_length))
    return -EIO;
  err = whole_name (reading, attribute, prefix, &xattr.name);
  if (err < 0)
    return err;
  err = whole_value (reading, attribute, &xattr);
  if (err < 0)
    return err;
  is_acl = prefix[strlen (prefix) - 1] != '.';
  return is_acl && xattr.length == 0 ? 0 : append (reading, &xattr);
}

static errint_t
read_list (struct reading *reading, struct ext_attribute_list *list)
{
  struct ext_attribute attribute;
  int found;

  while ((found = ext_attribute_list_next (list, &attribute)) > 0) {
    errint_t err = read_one (reading, &attribute);

    if (err == -EIO)
      reading->incomplete = true;
    else if (err < 0)
      return err;
  }
  if (found < 0)
    reading->incomplete = true;
  return 0;
}

/* Calls FUNCTION with the list in the inode and the one in its block. */
static errint_t
for_both_lists (const struct ext_filesystem *fs, const struct ext_inode *inode,
                errint_t (*function) (void *opaque,
                                      struct ext_attribute_list *list),
                void *opaque, bool *incomplete)
{
  struct ext_attribute_list list;
  uint64_t block = ext_inode_xattr_block (fs, inode);
  CLEANUP_FREE_BYTES uint8_t *bytes = NULL;
  errint_t err = ext_attribute_list_of_inode (inode, &list);

  if (err < 0)
    *incomplete = true;
  err = function (opaque, &list);
  if (err < 0 || block == 0)
    return err;
  if ((bytes = malloc (fs->reader.block_size)) == NULL)
    return -ENOMEM;
  err = ext_filesystem_read_block (fs, block, bytes);
  if (err == 0 && !ext_checksum_xattrs_valid (fs, inode, block, bytes))
    err = -EIO;
  if (err == 0)
    err = ext_attribute_list_of_block (bytes, fs->reader.block_size, &list);
  if (err == -EIO) {
    *incomplete = true;
    return 0;
  }
  return err < 0 ? err : function (opaque, &list);
}

static int
compare_names (const void *a, const void *b)
{
  const struct found *x = a, *y = b;
  int order = strcmp (x->xattr.name, y->xattr.name);

  return order != 0 ? order : x->order < y->order ? -1 : 1;
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
  /* What is in the inode was read first, and comes first. */
  for (size_t i = 0; i < reading->count; ++i)
    if (kept == 0 ||
        strcmp (list[kept - 1].name, reading->list[i].xattr.name) != 0)
      list[kept++] = reading->list[i].xattr;
  xattrs->list = list;
  xattrs->count = kept;
  *result = xattrs;
  return 0;
}

static errint_t
read_both (void *opaque, struct ext_attribute_list *list)
{
  return read_list (opaque, list);
}

errint_t
ext_attributes_read (const struct ext_filesystem *fs,
                     const struct ext_inode *inode,
                     struct arena *arena, const struct entry_xattrs **xattrs,
                     bool *incomplete)
{
  struct reading reading = { .fs = fs, .inode = inode, .arena = arena };
  errint_t err = for_both_lists (fs, inode, read_both, &reading,
                                 &reading.incomplete);

  *xattrs = NULL;
  if (err == 0)
    err = finish (&reading, xattrs);
  if (reading.incomplete)
    *incomplete = true;
  free (reading.list);
  return err;
}

struct reference {
  bool (*found) (void *opaque, uint32_t number);
  void *opaque;
  bool refers;
};

static errint_t
look_for_reference (void *opaque, struct ext_attribute_list *list)
{
  struct reference *reference = opaque;
  struct ext_attribute attribute;

  while (ext_attribute_list_next (list, &attribute) > 0)
    if (attribute.value_inode != 0 &&
        reference->found (reference->opaque, attribute.value_inode))
      reference->refers = true;
  return 0;
}

errint_t
ext_attributes_refer (const struct ext_filesystem *fs,
                      const struct ext_inode *inode,
                      bool (*found) (void *opaque, uint32_t number),
                      void *opaque, bool *refers)
{
  struct reference reference = { .found = found, .opaque = opaque };
  bool incomplete = false;
  errint_t err = for_both_lists (fs, inode, look_for_reference, &reference,
                                 &incomplete);

  *refers = reference.refers;
  return err;
}
