/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Three walks over the blocks of fast commits: which of them belong to the
 * end of the log, which inodes they make other things than files, and which
 * inodes they give names to.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "fast_tags.h"
#include "inode.h"
#include "journal_log.h"
#include "number_set.h"
#include "ondisk.h"

enum tag {
  TAG_ADD_RANGE = 1,
  TAG_DEL_RANGE,
  TAG_CREATE,
  TAG_LINK,
  TAG_UNLINK,
  TAG_INODE,
  TAG_PAD,
  TAG_TAIL,
  TAG_HEAD,
};

#define TAG_SIZE 4              /* tag and length, 16 bits each */
#define HEAD_TRANSACTION 4      /* offsets in the values of tags */
#define NAME_INODE 4
#define INODE_RAW 4
#define TAIL_SIZE 8             /* and lengths, at least */
#define NAME_SIZE 8
#define INODE_SIZE 6            /* up to the mode, which comes first */

#define MODE_TYPE 0170000
#define MODE_REGULAR 0100000

struct fast_tags {
  const struct filesystem *fs;
  struct journal_log log;
  uint32_t transaction;
  uint8_t *block;               /* owned, as what follows */
  uint32_t end;                 /* behind the last block that counts */
  struct number_set other;      /* inodes that become no regular files */
  struct number_set regular;    /* that have become some, so far */
  bool refused;
};

typedef errint_t visit_tag (struct fast_tags *tags, uint32_t number,
                            enum tag tag, const uint8_t *value, size_t length);

bool
fast_tags_begin (const uint8_t *block, uint32_t transaction)
{
  return ondisk_le16 (block) == TAG_HEAD
    && ondisk_le32 (block + TAG_SIZE + HEAD_TRANSACTION) == transaction;
}

/* Calls VISIT for each tag from the first block to the one before END; a tag
 * that reaches beyond its block is the last one there. */
static errint_t
walk (struct fast_tags *tags, uint32_t end, visit_tag *visit)
{
  const size_t size = tags->fs->block_size;
  errint_t err = 0;

  for (uint32_t number = tags->log.fast_start; number < end && err == 0;
       ++number) {
    size_t at = 0;

    err = journal_log_read (&tags->log, number, tags->block);
    while (err == 0 && at + TAG_SIZE <= size) {
      const uint8_t *tag = tags->block + at;
      const size_t length = ondisk_le16 (tag + 2);

      at += TAG_SIZE + length;
      if (at > size)
        break;
      err = visit (tags, number, (enum tag) ondisk_le16 (tag), tag + TAG_SIZE,
                   length);
    }
  }
  return err;
}

/* What was written whole ends with a tail; those of earlier transactions may
 * still follow. */
static errint_t
find_end (struct fast_tags *tags, uint32_t number, enum tag tag,
          const uint8_t *value, size_t length)
{
  if (tag == TAG_TAIL && length >= TAIL_SIZE
      && ondisk_le32 (value) == tags->transaction)
    tags->end = number + 1;
  return 0;
}

static bool
is_regular (uint16_t mode)
{
  return (mode & MODE_TYPE) == MODE_REGULAR;
}

static errint_t
find_others (struct fast_tags *tags, uint32_t number, enum tag tag,
             const uint8_t *value, size_t length)
{
  (void) number;
  if (tag != TAG_INODE || length < INODE_SIZE
      || is_regular (ondisk_le16 (value + INODE_RAW)))
    return 0;
  return number_set_add (&tags->other, ondisk_le32 (value), NULL);
}

/* Is an inode a regular file before the fast commits? */
static errint_t
was_regular (const struct fast_tags *tags, uint32_t number, bool *regular)
{
  struct inode inode;
  errint_t err = inode_read (tags->fs, number, &inode);

  *regular = err == 0 && inode_in_use (&inode)
    && is_regular (inode_mode (&inode));
  return err == -EIO || err == -EINVAL ? 0 : err;
}

static errint_t
check_name (struct fast_tags *tags, uint32_t inode)
{
  bool regular = number_set_has (&tags->regular, inode);
  errint_t err = 0;

  if (number_set_has (&tags->other, inode))
    regular = false;
  else if (!regular)
    err = was_regular (tags, inode, &regular);
  if (!regular)
    tags->refused = true;
  return err;
}

static errint_t
check_tag (struct fast_tags *tags, uint32_t number, enum tag tag,
           const uint8_t *value, size_t length)
{
  (void) number;
  if (tag == TAG_INODE && length >= INODE_SIZE)
    return number_set_add (&tags->regular, ondisk_le32 (value), NULL);
  if ((tag == TAG_CREATE || tag == TAG_LINK) && length >= NAME_SIZE)
    return check_name (tags, ondisk_le32 (value + NAME_INODE));
  return 0;
}

static errint_t
check (struct fast_tags *tags, const char **reason)
{
  const struct journal_log *log = &tags->log;
  errint_t err = walk (tags, log->length, find_end);

  if (err == 0)
    err = walk (tags, tags->end, find_others);
  if (err == 0)
    err = walk (tags, tags->end, check_tag);
  if (err == -EIO) {
    *reason = "its journal is damaged";
    return -ENOTSUP;
  }
  if (err == 0 && tags->refused) {
    *reason = "its fast commits make more than regular files";
    return -ENOTSUP;
  }
  return err;
}

errint_t
fast_tags_check (const struct filesystem *fs, uint32_t transaction,
                 const char **reason)
{
  struct fast_tags tags = { .fs = fs, .transaction = transaction };
  errint_t err = journal_log_open (fs, &tags.log, reason);

  if (err == 0 && (tags.block = malloc (fs->block_size)) == NULL)
    err = -ENOMEM;
  if (err == 0)
    err = check (&tags, reason);
  free (tags.block);
  number_set_clear (&tags.other);
  number_set_clear (&tags.regular);
  journal_log_clear (&tags.log);
  return err;
}
