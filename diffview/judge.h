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

/* The kinds (KIND_… of delta.h) by which OVERLAY differs from BASE, 0 for
 * none.  CONTENT is what is known of the bytes when both are regular files of
 * equal size (else it is not looked at).  *UNREADABLE becomes true when a part
 * that counts could not be read on either side, so that "no difference" is
 * not known. */
unsigned judge (const struct entry *base, const struct entry *overlay,
                const struct compare_rules *rules,
                enum content_answer content, bool *unreadable);

/* Are both regular files of the same size above 0, so that only bytes tell? */
bool judge_needs_content (const struct entry *base,
                          const struct entry *overlay);

#endif
