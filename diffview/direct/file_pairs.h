/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Pairs of files whose bytes have to be compared.  They are collected first,
 * so that it is known how much has to be read before it is read, so that the
 * names of one file cost no more than one name, and so that the disks are read
 * in the order of the inodes.
 */
#ifndef DELTAFS_DIRECT_FILE_PAIRS_H
#define DELTAFS_DIRECT_FILE_PAIRS_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "comparer.h"
#include "errint.h"
#include "judge.h"
#include "tree.h"

struct file_pair {
  struct inode_id inode[SIDES];
  enum content_answer answer;   /* CONTENT_UNREADABLE until compared */
  uint64_t bytes;               /* to be read on both sides together; 0 in all
                                 * but the first of equal pairs */
  /* A pair that is in the trees only if its bytes differ: the directories that
   * have it, and the name.  NULL otherwise. */
  struct tree_node *directory[SIDES];
  const char *name;
};

struct file_pairs {
  struct file_pair *list;       /* owned; sorted by inodes once measured */
  size_t count, capacity;
  struct arena *names;          /* owned */
};

/* Adds regular files of the same size.  DIRECTORY and NAME (LENGTH bytes, copied)
 * as in struct file_pair, or NULL.  -ENOMEM. */
errint_t file_pairs_add (struct file_pairs *pairs,
                         const struct inode_id inode[SIDES],
                         struct tree_node *const directory[SIDES],
                         const char *name, size_t length);
void file_pairs_clear (struct file_pairs *pairs);

/* Bytes of memory that they take. */
size_t file_pairs_size (const struct file_pairs *pairs);

/* Finds how much comparing them will read: comparer->total, and *FILES, which
 * counts no pair twice.  -ENOMEM. */
errint_t file_pairs_measure (struct file_pairs *pairs,
                             struct comparer *comparer, size_t *files);

/* Compares them, after file_pairs_measure.  -ENOMEM. */
errint_t file_pairs_compare (struct file_pairs *pairs,
                             struct comparer *comparer);

/* The answer for a pair; CONTENT_UNREADABLE if it is not there. */
enum content_answer file_pairs_find (const struct file_pairs *pairs,
                                     const struct inode_id inode[SIDES]);

static inline void
cleanup_file_pairs (struct file_pairs *pairs)
{
  file_pairs_clear (pairs);
}

#define CLEANUP_FILE_PAIRS __attribute__ ((cleanup (cleanup_file_pairs)))

#endif
