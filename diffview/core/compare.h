/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two trees into a delta set, directory by directory.  Bytes of files are
 * not read here: compare_ask says which pairs of files have to be compared,
 * the engine answers in whatever order and batches suit it, and
 * compare_finish turns trees and answers into entries.
 */
#ifndef DELTAFS_COMPARE_H
#define DELTAFS_COMPARE_H

#include <stddef.h>

#include "delta.h"
#include "judge.h"
#include "tree.h"

/* Which files are taken as unchanged without a look at their bytes. */
enum content_trust {
  TRUST_NOTHING,                /* none: --verify, FAT */
  TRUST_INODE,                  /* size, inode number, mtime and ctime equal */
};

struct content_question {
  const struct tree_node *node[SIDES];  /* both regular files, sizes equal and
                                         * above 0: judge_needs_content */
  enum content_answer answer;   /* CONTENT_UNREADABLE until answered */
  bool rename;                  /* different paths: is it the same file? */
};

struct content_questions {
  struct content_question *list;        /* owned; may be put in another order */
  size_t count, capacity;
  enum content_trust trust;     /* as it was asked */
  bool renames;
};

void content_questions_clear (struct content_questions *questions);

/* Fills QUESTIONS, which is empty, with a question for each pair of files
 * that needs it: the two of one path, and with RENAMES those that spec wants
 * for renamed_from.  RENAMES says that inode numbers can be relied on: then
 * a pair of inodes makes one question, however many names it has; on FAT it
 * is false.  Trees are sorted; either may be NULL (the side has no such
 * filesystem).  -ENOMEM. */
errint_t compare_ask (const struct tree *base, const struct tree *overlay,
                      enum content_trust trust, bool renames,
                      struct content_questions *questions);

/* Adds all changes to DELTA, as filesystem number FILESYSTEM, with scaffold;
 * the root is there in every case.  An entry's nodes: see compare_node;
 * engine_number is 0.  Entries refer to the trees' memory, which must live as
 * long as DELTA is used.  QUESTIONS are those of compare_ask on the same trees
 * with their answers; a pair without one that needed it is unreadable.  Where
 * long paths (of directories in directories) would need more than 256 MiB, the
 * rest is left out and the directory that it is in is unreadable.  -ENOMEM. */
errint_t compare_finish (const struct tree *base, const struct tree *overlay,
                         const struct compare_rules *rules,
                         const struct content_questions *questions,
                         struct delta *delta, unsigned filesystem);

/* The tree node of an entry that compare_finish made; NULL if that side has
 * none. */
const struct tree_node *compare_node (const struct delta_entry *entry,
                                      enum side side);

#endif
