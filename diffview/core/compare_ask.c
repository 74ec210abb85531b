/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which pairs of files have to be compared byte by byte.
 */
#include <config.h>

#include <stdlib.h>

#include "compare_answers.h"
#include "compare_walk.h"
#include "vector.h"

void
content_questions_clear (struct content_questions *questions)
{
  free (questions->list);
  *questions = (struct content_questions) { .list = NULL };
}

static errint_t
add_question (struct content_questions *questions,
              const struct tree_node *base, const struct tree_node *overlay,
              bool rename)
{
  if (pair_is_trusted (base, overlay, questions->trust))
    return 0;
  return VECTOR_APPEND (questions->list, questions->count,
                        questions->capacity, (struct content_question) {
                          .node = { base, overlay },
                          .answer = CONTENT_UNREADABLE,
                          .rename = rename,
                        });
}

/* The question that a pair raises, if any. */
static errint_t
ask_about (struct content_questions *questions,
           const struct removed_files *removed, const struct tree_pair *pair)
{
  const struct tree_node *base = pair->node[SIDE_BASE];
  const struct tree_node *overlay = pair->node[SIDE_OVERLAY];

  if (base != NULL && overlay != NULL)
    return judge_needs_content (&base->entry, &overlay->entry)
      ? add_question (questions, base, overlay, false) : 0;
  if (!questions->renames || !tree_pair_lacks (pair, SIDE_BASE))
    return 0;
  base = removed_files_find (removed, overlay);
  if (base == NULL || !judge_needs_content (&base->entry, &overlay->entry))
    return 0;
  return add_question (questions, base, overlay, true);
}

/* Questions with one answer: those that are no renames first. */
static int
compare_questions (const void *a, const void *b, void *opaque)
{
  const struct content_question *one = a, *other = b;
  const bool *by_inode = opaque;
  int order = question_compare (one, other, *by_inode);

  return order != 0 ? order : (int) one->rename - (int) other->rename;
}

static void
drop_repeated (struct content_questions *questions)
{
  bool by_inode = questions->renames;
  size_t kept = 0;

  if (questions->count == 0)
    return;
  qsort_r (questions->list, questions->count, sizeof *questions->list,
           compare_questions, &by_inode);
  for (size_t i = 0; i < questions->count; ++i)
    if (kept == 0 || question_compare (&questions->list[kept - 1],
                                       &questions->list[i], by_inode) != 0)
      questions->list[kept++] = questions->list[i];
  questions->count = kept;
}

errint_t
compare_ask (const struct tree *base, const struct tree *overlay,
             enum content_trust trust, bool renames,
             struct content_questions *questions)
{
  CLEANUP_REMOVED struct removed_files removed = { .list = NULL };
  CLEANUP_WALK struct tree_walk walk;
  bool more;
  errint_t err = 0;

  *questions = (struct content_questions) { .trust = trust,
                                            .renames = renames };
  tree_walk_start (&walk, base, overlay);
  if (renames)
    err = removed_files_collect (base, overlay, &removed);
  while (err == 0 && (err = tree_walk_next (&walk, &more)) == 0 && more)
    err = ask_about (questions, &removed, &walk.pair);
  if (err != 0)
    content_questions_clear (questions);
  else
    drop_repeated (questions);
  return err;
}
