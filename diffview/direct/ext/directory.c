/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Walking a directory's blocks (Documentation/filesystems/ext4 of Linux,
 * directory.rst).  The inner nodes of a hashed directory look like blocks
 * without names.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "checksum.h"
#include "content.h"
#include "directory.h"
#include "ondisk.h"
#include "path.h"

#define HEADER_SIZE 8
#define ENTRY_MIN 12
#define INLINE_PARENT 4         /* bytes of the parent's number */
/* Memory for the names of one directory: 10 million of 20 bytes. */
#define NAMES_MAX ((size_t) 400 << 20)

struct iteration {
  const struct filesystem *fs;
  directory_visit *visit;
  void *opaque;
  bool incomplete;
};

uint32_t
directory_record_length (const struct filesystem *fs,
                         const uint8_t *entry)
{
  uint32_t stored = ondisk_le16 (entry + 4);

  if (fs->block_size < 65536)
    return stored;
  if (stored == 65535 || stored == 0)
    return fs->block_size;
  return (stored & 65532) | (stored & 3) << 16;
}

/* The entries in a block or in a part of an inode. */
static int
visit_block (struct iteration *iteration, const uint8_t *block, size_t length)
{
  size_t at = 0;

  while (length - at >= ENTRY_MIN) {
    const uint8_t *entry = block + at;
    uint32_t inode = ondisk_le32 (entry);
    uint32_t record = directory_record_length (iteration->fs, entry);
    const char *name = (const char *) entry + HEADER_SIZE;
    size_t name_length = entry[6];
    int stop = 0;

    if (record < ENTRY_MIN || record % 4 != 0 || record > length - at ||
        name_length + HEADER_SIZE > record) {
      iteration->incomplete = true;
      return 0;
    }
    at += record;
    if (inode == 0 || (name_length == 1 && name[0] == '.') ||
        (name_length == 2 && memcmp (name, "..", 2) == 0))
      continue;
    if (path_valid_name (name, name_length))
      stop = iteration->visit (iteration->opaque, name, name_length, inode);
    else
      iteration->incomplete = true;
    if (stop != 0)
      return stop;
  }
  if (at < length)
    iteration->incomplete = true;
  return 0;
}

int
directory_visit_block (const struct filesystem *fs, const uint8_t *block,
                       directory_visit *visit, void *opaque, bool *incomplete)
{
  struct iteration iteration = {
    .fs = fs, .visit = visit, .opaque = opaque,
  };
  int stop = visit_block (&iteration, block, fs->block_size);

  if (iteration.incomplete)
    *incomplete = true;
  return stop;
}

static int
visit_inline (struct iteration *iteration, const struct content *content)
{
  size_t first = content->length < INODE_BLOCK_BYTES ?
    content->length : INODE_BLOCK_BYTES;
  int stop = 0;

  if (first > INLINE_PARENT)
    stop = visit_block (iteration, content->bytes + INLINE_PARENT,
                        first - INLINE_PARENT);
  if (stop == 0 && content->length > first)
    stop = visit_block (iteration, content->bytes + first,
                        content->length - first);
  return stop;
}

static int
visit_blocks (struct iteration *iteration, const struct inode *inode,
              const struct content *content)
{
  const struct filesystem *fs = iteration->fs;
  const struct mapping *mapping = &content->mapping;
  CLEANUP_FREE_BYTES uint8_t *block = malloc (fs->block_size);
  uint64_t end = content->size / fs->block_size +
    (content->size % fs->block_size != 0);
  uint64_t visited = 0;

  if (block == NULL)
    return -ENOMEM;
  for (size_t i = 0; i < mapping->count; ++i) {
    const struct mapping_run *run = &mapping->runs[i];

    for (uint64_t j = 0; j < run->count && run->logical + j < end; ++j) {
      int stop;

      if (run->unwritten)
        break;
      if (!budget_draw (&fs->budget->directory_blocks, 1)) {
        iteration->incomplete = true;
        return 0;
      }
      visited++;
      stop = filesystem_read_block (fs, run->physical + j, block);
      if (stop == 0 &&
          !checksum_directory_valid (fs, inode, block, run->logical + j))
        stop = -EIO;
      if (stop == -EIO) {
        iteration->incomplete = true;
        continue;
      }
      if (stop == 0)
        stop = visit_block (iteration, block, fs->block_size);
      if (stop != 0)
        return stop;
    }
  }
  /* A directory has no holes. */
  if (visited != end || content->damaged)
    iteration->incomplete = true;
  return 0;
}

int
directory_iterate (const struct filesystem *fs, const struct inode *inode,
                   directory_visit *visit, void *opaque, bool *incomplete)
{
  CLEANUP_CONTENT struct content content = { 0 };
  struct iteration iteration = {
    .fs = fs, .visit = visit, .opaque = opaque,
  };
  int stop = content_open (fs, inode, &content);

  if (stop == -EIO) {
    iteration.incomplete = true;
    stop = 0;
  } else if (stop == 0)
    stop = content.is_inline ? visit_inline (&iteration, &content) :
      visit_blocks (&iteration, inode, &content);
  if (iteration.incomplete)
    *incomplete = true;
  return stop;
}

static errint_t
reserve (struct directory *directory, size_t length)
{
  if (directory->count == directory->capacity) {
    size_t capacity =
      directory->capacity == 0 ? 32 : directory->capacity * 2;
    struct directory_name *list =
      reallocarray (directory->list, capacity, sizeof *list);

    if (list == NULL)
      return -ENOMEM;
    directory->list = list;
    directory->capacity = capacity;
  }
  if (directory->text_capacity - directory->text_length < length) {
    size_t capacity =
      directory->text_capacity == 0 ? 1024 : directory->text_capacity * 2;
    char *text = realloc (directory->text, capacity);

    if (text == NULL)
      return -ENOMEM;
    directory->text = text;
    directory->text_capacity = capacity;
  }
  return 0;
}

static int
collect (void *opaque, const char *name, size_t length, uint32_t inode)
{
  struct directory *directory = opaque;
  errint_t err;

  if (directory->text_length + length + directory->count *
      sizeof directory->list[0] >= NAMES_MAX)
    return -EFBIG;
  err = reserve (directory, length + 1);
  if (err < 0)
    return err;
  directory->list[directory->count++] = (struct directory_name) {
    .text = directory->text_length,
    .inode = inode,
    .length = (uint8_t) length,
  };
  memcpy (directory->text + directory->text_length, name, length);
  directory->text[directory->text_length + length] = '\0';
  directory->text_length += length + 1;
  return 0;
}

static int
compare_names (const void *a, const void *b, void *opaque)
{
  const struct directory_name *x = a, *y = b;
  const char *text = opaque;
  int order = strcmp (text + x->text, text + y->text);

  if (order != 0)
    return order;
  return x->text < y->text ? -1 : 1;
}

static void
join_twins (struct directory *directory)
{
  size_t kept = 0;

  for (size_t i = 0; i < directory->count; ++i) {
    if (kept > 0 && strcmp (directory_text (directory, kept - 1),
                            directory_text (directory, i)) == 0)
      directory->list[kept - 1].twin = true;
    else
      directory->list[kept++] = directory->list[i];
  }
  directory->count = kept;
}

errint_t
directory_scan (const struct filesystem *fs, const struct inode *inode,
                struct directory *directory)
{
  int stop;

  *directory = (struct directory) { 0 };
  stop = directory_iterate (fs, inode, collect, directory,
                            &directory->incomplete);
  if (stop == -EFBIG)
    directory->incomplete = directory->too_large = true;
  else if (stop < 0)
    return stop;
  if (directory->count > 0)
    qsort_r (directory->list, directory->count, sizeof *directory->list,
             compare_names, directory->text);
  join_twins (directory);
  return 0;
}

void
directory_clear (struct directory *directory)
{
  free (directory->list);
  free (directory->text);
  *directory = (struct directory) { 0 };
}
