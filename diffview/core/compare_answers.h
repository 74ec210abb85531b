/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Finding the question that belongs to a pair of files, and the file that an
 * added one may have been before.  Private to comparing.
 */
#ifndef DELTAFS_COMPARE_ANSWERS_H
#define DELTAFS_COMPARE_ANSWERS_H

#include "compare.h"

/* The order of questions, in which those that have one answer are equal:
 * by the inodes where their numbers can be relied on, else by the nodes. */
int question_compare (const struct content_question *a,
                      const struct content_question *b, bool by_inode);

/* Are the two taken as equal without a question? */
bool pair_is_trusted (const struct tree_node *base,
                      const struct tree_node *overlay,
                      enum content_trust trust);

struct answers {
  const struct content_questions *questions;
  const struct content_question **sorted;       /* owned */
};

/* -ENOMEM. */
errint_t answers_open (const struct content_questions *questions,
                       struct answers *answers);
void answers_clear (struct answers *answers);

/* What is known of the bytes of two files that judge_needs_content, or that
 * may be a rename. */
enum content_answer answers_find (const struct answers *answers,
                                  const struct tree_node *base,
                                  const struct tree_node *overlay);

/* The deleted regular files that are not empty: of the names of one inode
 * only the first in listing order. */
struct removed_files {
  struct removed_file *list;    /* owned */
  size_t count, capacity;
};

/* -ENOMEM. */
errint_t removed_files_collect (const struct tree *base,
                                const struct tree *overlay,
                                struct removed_files *removed);
void removed_files_clear (struct removed_files *removed);

/* The one that an added entry may have been before: same inode number and
 * size; NULL if none. */
const struct tree_node *
removed_files_find (const struct removed_files *removed,
                    const struct tree_node *added);

#define CLEANUP_ANSWERS __attribute__ ((cleanup (answers_clear)))
#define CLEANUP_REMOVED __attribute__ ((cleanup (removed_files_clear)))

#endif
