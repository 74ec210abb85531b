/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Walking stored attributes (Documentation/filesystems/ext4 of Linux,
 * attributes.rst).
 */
#include <config.h>

#include <ext2fs/ext2fs.h>

#include "ext/attribute_list.h"
#include "ext/ondisk.h"

#define ENTRY_SIZE 16

errint_t
ext_attribute_list_of_inode (const struct ext_inode *inode,
                             struct ext_attribute_list *list)
{
  int start = ext_inode_extra_end (inode);

  *list = (struct ext_attribute_list) { 0 };
  if (start < 0)
    return start;
  if (start + 8 > (int) inode->length ||
      ondisk_le32 (inode->raw + start) != EXT2_EXT_ATTR_MAGIC)
    return 0;
  list->base = inode->raw + start + 4;
  list->end = inode->length - (size_t) start - 4;
  return 0;
}

errint_t
ext_attribute_list_of_block (const uint8_t *block, size_t length,
                             struct ext_attribute_list *list)
{
  *list = (struct ext_attribute_list) { 0 };
  if (ONDISK_LE32 (block, struct ext2_ext_attr_header, h_magic) !=
      EXT2_EXT_ATTR_MAGIC ||
      ONDISK_LE32 (block, struct ext2_ext_attr_header, h_blocks) != 1)
    return -EIO;
  list->base = block;
  list->position = sizeof (struct ext2_ext_attr_header);
  list->end = length;
  return 0;
}

int
ext_attribute_list_next (struct ext_attribute_list *list,
                         struct ext_attribute *attribute)
{
  const uint8_t *raw;
  size_t left = list->end - list->position, size, offset;

  if (list->base == NULL || left < 4)
    return 0;
  raw = list->base + list->position;
  if (ondisk_le32 (raw) == 0)
    return 0;
  if (left < ENTRY_SIZE)
    return -EIO;
  attribute->name_length = raw[0];
  attribute->index = raw[1];
  attribute->name = (const char *) raw + ENTRY_SIZE;
  attribute->value_inode =
    ONDISK_LE32 (raw, struct ext2_ext_attr_entry, e_value_inum);
  attribute->value_length =
    ONDISK_LE32 (raw, struct ext2_ext_attr_entry, e_value_size);
  attribute->value = NULL;
  size = (ENTRY_SIZE + attribute->name_length + 3) & ~(size_t) 3;
  offset = ONDISK_LE16 (raw, struct ext2_ext_attr_entry, e_value_offs);
  if (size > left)
    return -EIO;
  if (attribute->value_inode == 0) {
    if (attribute->value_length > list->end ||
        offset > list->end - attribute->value_length)
      return -EIO;
    attribute->value = list->base + offset;
  }
  list->position += size;
  return 1;
}
