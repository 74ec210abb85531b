/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tags of a journal's descriptor block, one for each block that a
 * transaction wrote, in every format that there was.
 */
#ifndef DELTAFS_EXT_JOURNAL_TAGS_H
#define DELTAFS_EXT_JOURNAL_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ext/journal_log.h"

struct ext_journal_tag {
  uint64_t block;               /* of the filesystem */
  uint32_t checksum;            /* of the data, where the journal has them */
  bool escaped;
};

struct ext_journal_tags {
  const struct ext_journal_log *log;
  const uint8_t *block;
  size_t position, end;         /* bytes of the block */
};

void ext_journal_tags_begin (struct ext_journal_tags *tags,
                             const struct ext_journal_log *log,
                             const uint8_t *block);

/* The next tag; false after the last. */
bool ext_journal_tags_next (struct ext_journal_tags *tags,
                            struct ext_journal_tag *tag);

#endif
