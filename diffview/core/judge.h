/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The verdict on one path: what is different between two entries.  The one
 * place that knows which difference counts, for every engine.
 */
#ifndef DELTAFS_JUDGE_H
#define DELTAFS_JUDGE_H

#include <stdbool.h>

#include "engine.h"
#include "entry.h"

enum content_answer {
  CONTENT_SAME,
  CONTENT_DIFFERS,
  CONTENT_UNREADABLE,
};

/* The kinds (KIND_… of delta.h, KIND_IGNORED among them) by which OVERLAY differs
 * from BASE, 0 for none; where the type differs, KIND_TYPE alone.  CONTENT is what is known of
 * the bytes when judge_needs_content (else it is not looked at).  *UNREADABLE
 * becomes true when a part could not be read on either side: the entry is
 * unreadable then, the kinds are those that are known all the same. */
unsigned judge (const struct entry *base, const struct entry *overlay,
                const struct compare_rules *rules,
                enum content_answer content, bool *unreadable);

/* Could a part of an entry that only one side has not be read, so that it
 * is unreadable and not added or deleted? */
bool judge_incomplete (const struct entry *entry);

/* Are both regular files of the same size above 0, so that only bytes tell? */
bool judge_needs_content (const struct entry *base,
                          const struct entry *overlay);

#endif
