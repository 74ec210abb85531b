/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Finding the question that belongs to a pair of files, and the file that an
 * added one may have been before.  Everything is a sorted array: a guest
 * decides how many names and inodes there are.
 */
#include <config.h>

#include <stdlib.h>

#include "compare_answers.h"
#include "compare_walk.h"
#include "vector.h"

static int
compare_numbers (uint64_t a, uint64_t b)
{
  return a < b ? -1 : a > b;
}

int
question_compare (const struct content_question *a,
                  const struct content_question *b, bool by_inode)
{
  int order = 0;

  for (int side = 0; order == 0 && side < SIDES; ++side)
    order = by_inode
      ? entry_compare_inodes (&a->node[side]->entry, &b->node[side]->entry)
      : compare_numbers ((uintptr_t) a->node[side],
                         (uintptr_t) b->node[side]);
  return order;
}

bool
pair_is_trusted (const struct tree_node *base,
                 const struct tree_node *overlay, enum content_trust trust)
{
  return trust == TRUST_INODE
    && entry_compare_inodes (&base->entry, &overlay->entry) == 0;
}

static int
compare_pointed (const void *a, const void *b, void *opaque)
{
  const struct content_question *const *one = a, *const *other = b;
  const bool *by_inode = opaque;

  return question_compare (*one, *other, *by_inode);
}

errint_t
answers_open (const struct content_questions *questions,
              struct answers *answers)
{
  bool by_inode = questions->renames;

  *answers = (struct answers) { .questions = questions };
  if (questions->count == 0)
    return 0;
  answers->sorted = reallocarray (NULL, questions->count,
                                  sizeof *answers->sorted);
  if (answers->sorted == NULL)
    return -ENOMEM;
  for (size_t i = 0; i < questions->count; ++i)
    answers->sorted[i] = &questions->list[i];
  qsort_r (answers->sorted, questions->count, sizeof *answers->sorted,
           compare_pointed, &by_inode);
  return 0;
}

void
answers_clear (struct answers *answers)
{
  free (answers->sorted);
}

enum content_answer
answers_find (const struct answers *answers, const struct tree_node *base,
              const struct tree_node *overlay)
{
  const struct content_question wanted = { .node = { base, overlay } };
  size_t low = 0, high = answers->questions->count;

  if (pair_is_trusted (base, overlay, answers->questions->trust))
    return CONTENT_SAME;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = question_compare (&wanted, answers->sorted[middle],
                                  answers->questions->renames);

    if (order == 0)
      return answers->sorted[middle]->answer;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return CONTENT_UNREADABLE;
}

struct removed_file {
  const struct tree_node *node;
  size_t place;                 /* in listing order */
};

static int
compare_origins (const struct entry *a, const struct entry *b)
{
  int order = compare_numbers (a->inode, b->inode);

  if (order == 0)
    order = compare_numbers (a->subvolume, b->subvolume);
  if (order == 0)
    order = compare_numbers (a->size, b->size);
  return order;
}

static int
compare_removed (const void *a, const void *b)
{
  const struct removed_file *one = a, *other = b;
  int order = compare_origins (&one->node->entry, &other->node->entry);

  return order != 0 ? order : compare_numbers (one->place, other->place);
}

static errint_t
add_removed (struct removed_files *removed, const struct tree_node *node)
{
  const size_t place = removed->count;

  return VECTOR_APPEND (removed->list, removed->count, removed->capacity,
                        (struct removed_file) { node, place });
}

errint_t
removed_files_collect (const struct tree *base, const struct tree *overlay,
                       struct removed_files *removed)
{
  CLEANUP_WALK struct tree_walk walk;
  bool more;
  errint_t err;
  size_t kept = 0;

  tree_walk_start (&walk, base, overlay);
  while ((err = tree_walk_next (&walk, &more)) == 0 && more) {
    const struct tree_node *node = walk.pair.node[SIDE_BASE];

    if (!tree_pair_lacks (&walk.pair, SIDE_OVERLAY)
        || node->entry.type != ENTRY_FILE || node->entry.size == 0)
      continue;
    err = add_removed (removed, node);
    if (err != 0)
      break;
  }
  if (err != 0 || removed->count == 0)
    return err;

  qsort (removed->list, removed->count, sizeof *removed->list,
         compare_removed);
  for (size_t i = 0; i < removed->count; ++i)
    if (kept == 0
        || compare_origins (&removed->list[kept - 1].node->entry,
                            &removed->list[i].node->entry) != 0)
      removed->list[kept++] = removed->list[i];
  removed->count = kept;
  return 0;
}

void
removed_files_clear (struct removed_files *removed)
{
  free (removed->list);
}

const struct tree_node *
removed_files_find (const struct removed_files *removed,
                    const struct tree_node *added)
{
  const struct entry *entry = &added->entry;
  size_t place =
    SORTED_PLACE (i, 0, removed->count,
                  compare_origins (&removed->list[i].node->entry, entry) < 0);

  return place < removed->count
    && compare_origins (&removed->list[place].node->entry, entry) == 0
    ? removed->list[place].node : NULL;
}
