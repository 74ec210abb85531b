/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reading tags, see journal_tags.h.
 */
#include <config.h>

#include "ext/journal_tags.h"
#include "ext/ondisk.h"

enum {
  TAG_ESCAPED = 1,
  TAG_SAME_UUID = 2,
  TAG_LAST = 8,
};

#define UUID_SIZE 16

/* Tags grew by accident: the second version added two bytes for a checksum
 * to the structure's size, though the structure had room for it. */
static size_t
tag_size (const struct ext_journal_log *log)
{
  size_t size = 12;

  if (log->incompat & JOURNAL_INCOMPAT_CSUM_V3)
    return 16;
  if (log->incompat & JOURNAL_INCOMPAT_CSUM_V2)
    size += 2;
  return log->incompat & JOURNAL_INCOMPAT_64BIT ? size : size - 4;
}

void
ext_journal_tags_begin (struct ext_journal_tags *tags,
                        const struct ext_journal_log *log,
                        const uint8_t *block)
{
  tags->log = log;
  tags->block = block;
  tags->position = JOURNAL_HEADER_SIZE;
  tags->end = log->fs->reader.block_size - (ext_journal_log_checksums (log) ? 4 : 0);
}

bool
ext_journal_tags_next (struct ext_journal_tags *tags,
                       struct ext_journal_tag *tag)
{
  const struct ext_journal_log *log = tags->log;
  const uint8_t *raw = tags->block + tags->position;
  bool third = (log->incompat & JOURNAL_INCOMPAT_CSUM_V3) != 0;
  uint32_t flags;

  if (tags->position + tag_size (log) > tags->end)
    return false;
  flags = third ? ondisk_be32 (raw + 4) : ondisk_be16 (raw + 6);
  tag->block = ondisk_be32 (raw);
  if (log->incompat & JOURNAL_INCOMPAT_64BIT)
    tag->block |= (uint64_t) ondisk_be32 (raw + 8) << 32;
  tag->checksum = third ? ondisk_be32 (raw + 12) : ondisk_be16 (raw + 4);
  tag->escaped = (flags & TAG_ESCAPED) != 0;
  tags->position += tag_size (log);
  if (!(flags & TAG_SAME_UUID))
    tags->position += UUID_SIZE;
  if (flags & TAG_LAST)
    tags->position = tags->end;
  return true;
}
