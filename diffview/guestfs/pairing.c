/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Answers to the questions that a comparison asks about bytes: both files are
 * read, in parallel, and held against each other.  Checksums within the
 * appliances would spare the way out of them, but are slower than that way
 * where the appliance is emulated.
 */
#include <config.h>

#include "pairing.h"

#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "holes.h"
#include "parallel.h"
#include "reason.h"

/* The largest file that is read whole, holes and all. */
#define UNMAPPED_MAX (UINT64_C (1) << 40)

/* The files of one question; each side's thread touches its own members. */
struct file_pair {
  struct guestfs_engine *engine;
  const struct content_question *question;
  char *path[SIDES];
  char *buffer[SIDES];          /* CONTENT_MAX bytes */
  uint64_t offset;
  size_t length;
  errint_t result[SIDES];
};

static errint_t
read_side (enum side side, void *opaque)
{
  struct file_pair *pair = opaque;

  pair->result[side] =
    content_read (pair->engine->appliances->side[side], pair->path[side],
                  pair->buffer[side], pair->length, pair->offset);
  return pair->result[side];
}

/* About a side that failed. */
static void
complain (struct file_pair *pair)
{
  for (enum side side = 0; side < SIDES; ++side) {
    if (pair->result[side] < 0)
      complaints_add_node (pair->engine->complaints,
                           "cannot read the content",
                           pair->question->node[side], pair->result[side]);
  }
}

/* Reads from OFFSET to END until a difference or a failure; *ANSWER stays
 * CONTENT_SAME without. */
static errint_t
compare_range (struct file_pair *pair, uint64_t offset, uint64_t end,
               enum content_answer *answer)
{
  for (pair->offset = offset; pair->offset < end;
       pair->offset += pair->length) {
    pair->length = end - pair->offset < CONTENT_MAX
      ? end - pair->offset : CONTENT_MAX;
    if (parallel_sides (read_side, pair) < 0) {
      for (enum side side = 0; side < SIDES; ++side) {
        if (pair->result[side] == -ENOTCONN)
          return -ENOTCONN;
      }
      complain (pair);
      *answer = CONTENT_UNREADABLE;
      return 0;
    }
    if (memcmp (pair->buffer[SIDE_BASE], pair->buffer[SIDE_OVERLAY],
                pair->length) != 0) {
      *answer = CONTENT_DIFFERS;
      return 0;
    }
  }
  return 0;
}

/* Where at least one of two large files has data: all of it where that is
 * not known; -EFBIG then for what would take days. */
static errint_t
find_data (struct file_pair *pair, uint64_t size, struct extents *data)
{
  errint_t r = size < HOLES_MIN_SIZE ? -ENOTSUP : 0;

  for (enum side side = 0; r == 0 && side < SIDES; ++side)
    r = holes_add_data (pair->engine->appliances->side[side],
                        pair->path[side], data);
  if (r != -ENOTSUP)
    return r;
  if (size > UNMAPPED_MAX)
    return -EFBIG;
  extents_clear (data);
  return extents_append (data, 0, size);
}

static errint_t
compare_files (struct file_pair *pair, enum content_answer *answer)
{
  uint64_t size = pair->question->node[SIDE_OVERLAY]->entry.size;
  CLEANUP_EXTENTS struct extents data = { 0 };
  errint_t r = find_data (pair, size, &data);

  if (r == -EFBIG) {
    pair->result[SIDE_BASE] = 0;
    pair->result[SIDE_OVERLAY] = r;
    complain (pair);
    *answer = CONTENT_UNREADABLE;
    return 0;
  }
  *answer = CONTENT_SAME;
  for (size_t i = 0; r == 0 && *answer == CONTENT_SAME && i < data.count;
       ++i) {
    uint64_t end = data.list[i].offset + data.list[i].length;

    r = compare_range (pair, data.list[i].offset, end < size ? end : size,
                       answer);
  }
  return r;
}

static errint_t
answer_question (struct file_pair *pair, struct content_question *question)
{
  errint_t r = 0;

  pair->question = question;
  for (enum side side = 0; side < SIDES && r == 0; ++side) {
    pair->path[side] = engine_node_path (pair->engine, side,
                                         question->node[side]);
    if (pair->path[side] == NULL)
      r = -ENOMEM;
  }
  if (r == 0)
    r = compare_files (pair, &question->answer);
  for (enum side side = 0; side < SIDES; ++side) {
    free (pair->path[side]);
    pair->path[side] = NULL;
  }
  return r;
}

static errint_t
answer_all (struct file_pair *pair, struct content_questions *questions)
{
  const struct progress *progress = pair->engine->appliances->progress;

  for (size_t i = 0; i < questions->count; ++i) {
    errint_t r = answer_question (pair, &questions->list[i]);

    if (r < 0)
      return r;
    progress_update (progress, "compare", i + 1, questions->count);
  }
  return 0;
}

errint_t
pairing_answer (struct guestfs_engine *engine,
                struct content_questions *questions)
{
  struct file_pair pair = { .engine = engine };
  errint_t r = 0;

  if (questions->count == 0)
    return 0;
  for (enum side side = 0; side < SIDES; ++side) {
    pair.buffer[side] = malloc (CONTENT_MAX);
    if (pair.buffer[side] == NULL)
      r = -ENOMEM;
  }
  if (r == 0)
    r = answer_all (&pair, questions);
  for (enum side side = 0; side < SIDES; ++side)
    free (pair.buffer[side]);
  if (r < 0)
    log_report (engine->appliances->log, LOG_LEVEL_ERROR,
                "cannot compare the files", engine->name, "%s",
                reason_text (r));
  return r;
}
