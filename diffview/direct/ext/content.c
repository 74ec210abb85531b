/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reading an inode's bytes, see content.h.  Inline data: the first 60
 * bytes take the place of the block list, the rest is the value of the
 * attribute system.data (Documentation/filesystems/ext4 of Linux,
 * inlinedata.rst).
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include <ext2fs/ext2fs.h>

#include "attribute_list.h"
#include "content.h"

static errint_t
open_inline (const struct inode *inode, struct content *content)
{
  struct attribute_list list;
  struct attribute attribute;
  int found = attribute_list_of_inode (inode, &list);

  content->is_inline = true;
  if ((content->bytes = calloc (1, FILESYSTEM_INODE_MAX)) == NULL)
    return -ENOMEM;
  memcpy (content->bytes, inode_block_bytes (inode), INODE_BLOCK_BYTES);
  content->length = INODE_BLOCK_BYTES;
  if (found < 0)
    return found;
  while ((found = attribute_list_next (&list, &attribute)) > 0)
    if (attribute.index == ATTRIBUTE_SYSTEM && attribute.name_length == 4 &&
        memcmp (attribute.name, "data", 4) == 0) {
      if (attribute.value == NULL)
        return -EIO;
      /* A value lies within the inode, so it fits beside the 60 bytes. */
      memcpy (content->bytes + INODE_BLOCK_BYTES, attribute.value,
              attribute.value_length);
      content->length += attribute.value_length;
      return 0;
    }
  return found;
}

errint_t
content_open (const struct filesystem *fs, const struct inode *inode,
              struct content *content)
{
  errint_t err;

  *content = (struct content) { .fs = fs };
  content->size = inode_size (fs, inode);
  if (content->size > INT64_MAX)
    return -EIO;
  if (inode_flags (inode) & EXT4_INLINE_DATA_FL)
    return open_inline (inode, content);
  if (!mapping_applies (inode))
    return -EIO;
  err = mapping_read (fs, inode, &content->mapping);
  if (err == -EIO) {
    content->damaged = true;
    err = 0;
  }
  return err;
}

void
content_clear (struct content *content)
{
  free (content->bytes);
  mapping_clear (&content->mapping);
  *content = (struct content) { 0 };
}

static void
read_inline (const struct content *content, uint8_t *buffer,
             size_t length, uint64_t offset)
{
  size_t there = offset < content->length ?
    content->length - (size_t) offset : 0;

  if (there > length)
    there = length;
  memcpy (buffer, content->bytes + offset * (there > 0), there);
  memset (buffer + there, 0, length - there);
}

/* Finds what lies at OFFSET; it goes on like that for *PART bytes, at most
 * LENGTH.  NULL where nothing does. */
static const struct mapping_run *
find_part (const struct content *content, size_t length, uint64_t offset,
           size_t *part)
{
  const struct mapping *mapping = &content->mapping;
  uint32_t block_size = content->fs->block_size;
  size_t index = mapping_find (mapping, offset / block_size);
  const struct mapping_run *run;
  uint64_t start, end;

  *part = length;
  if (index == mapping->count)
    return NULL;
  run = &mapping->runs[index];
  start = run->logical * block_size;
  end = (run->logical + run->count) * block_size;
  if (offset < start) {
    if (length > start - offset)
      *part = (size_t) (start - offset);
    return NULL;
  }
  if (length > end - offset)
    *part = (size_t) (end - offset);
  return run;
}

/* The byte of the filesystem that OFFSET, which lies in RUN, is. */
static uint64_t
place_in (const struct content *content, const struct mapping_run *run,
          uint64_t offset)
{
  uint32_t block_size = content->fs->block_size;

  return run->physical * block_size + (offset - run->logical * block_size);
}

/* Reads up to the next change of what lies there; *PART bytes. */
static errint_t
read_part (const struct content *content, uint8_t *buffer,
           size_t length, uint64_t offset, size_t *part)
{
  const struct mapping_run *run = find_part (content, length, offset, part);

  if (run != NULL && !run->unwritten)
    return blocks_read_bulk (content->fs->blocks, content->fs->side, buffer,
                             *part, place_in (content, run, offset));
  if (run == NULL && content->damaged)
    return -EIO;
  memset (buffer, 0, *part);
  return 0;
}

errint_t
content_load (const struct content *content, void *buffer,
              size_t length, uint64_t offset)
{
  uint8_t *bytes = buffer;
  errint_t err = 0;

  if (offset > content->size || length > content->size - offset)
    return -EIO;
  if (content->is_inline) {
    read_inline (content, bytes, length, offset);
    return 0;
  }
  while (length > 0 && err == 0) {
    size_t part = 0;

    err = read_part (content, bytes, length, offset, &part);
    bytes += part;
    offset += part;
    length -= part;
  }
  return err;
}

errint_t
content_splice (const struct content *content, int pipe,
                size_t length, uint64_t offset)
{
  errint_t err = 0;

  if (content->is_inline || offset > content->size
      || length > content->size - offset)
    return -ENOTSUP;
  while (length > 0 && err == 0) {
    size_t part;
    const struct mapping_run *run = find_part (content, length, offset, &part);

    if (run == NULL || run->unwritten)
      return -ENOTSUP;
    err = blocks_splice (content->fs->blocks, content->fs->side, pipe, part,
                         place_in (content, run, offset));
    offset += part;
    length -= part;
  }
  return err;
}

errint_t
content_next_data (const struct content *content, uint64_t offset,
                   uint64_t *start, uint64_t *length)
{
  const struct mapping *mapping = &content->mapping;
  uint32_t block_size = content->fs->block_size;
  uint64_t end = content->size;

  if (content->damaged)
    return -EIO;
  *start = offset;
  if (!content->is_inline) {
    size_t index = mapping_find (mapping, offset / block_size);

    while (index < mapping->count && mapping->runs[index].unwritten)
      ++index;
    if (index == mapping->count)
      *start = end;
    else {
      const struct mapping_run *run = &mapping->runs[index];

      if (run->logical * block_size > offset)
        *start = run->logical * block_size;
      end = (run->logical + run->count) * block_size;
    }
  }
  if (end > content->size)
    end = content->size;
  *length = *start < end ? end - *start : 0;
  return 0;
}

errint_t
content_read_xattr_inode (const struct filesystem *fs, uint32_t number,
                          void *buffer, size_t length)
{
  CLEANUP_CONTENT struct content content = { 0 };
  struct inode inode;
  errint_t err;

  if (!inode_number_valid (fs, number))
    return -EIO;
  err = inode_read (fs, number, &inode);
  if (err < 0)
    return err;
  if (!(inode_flags (&inode) & EXT4_EA_INODE_FL) ||
      !S_ISREG (inode_mode (&inode)))
    return -EIO;
  err = content_open (fs, &inode, &content);
  if (err == 0 && content.size != length)
    err = -EIO;
  return err < 0 ? err : content_load (&content, buffer, length, 0);
}
