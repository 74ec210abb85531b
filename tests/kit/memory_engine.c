/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The operations of the in-memory engine.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "memory_tree.h"

#define PIECE 65536

static struct memory *
memory_of (struct engine *engine)
{
  return (struct memory *) engine;
}

static void
read_sparse (const struct memory_item *item, char *buffer, size_t length,
             uint64_t offset)
{
  const char *bytes = item->content.bytes;

  memset (buffer, 0, length);
  for (size_t i = 0; i < item->content.data_length; ++i) {
    uint64_t at = item->content.data_offset + i;

    if (at >= offset && at - offset < length)
      buffer[at - offset] = bytes[i];
  }
}

/* Reads what is certain to be within the file. */
static errint_t
read_item (struct memory *memory, const struct memory_item *item,
           void *buffer, size_t length, uint64_t offset)
{
  __atomic_add_fetch (&memory->reads, 1, __ATOMIC_RELAXED);
  if ((item->entry.missing & ENTRY_NO_CONTENT) != 0)
    return -EIO;
  if (item->content.generator != NULL)
    return item->content.generator (item->content.opaque, buffer, length, offset);
  if (item->content.sparse)
    read_sparse (item, buffer, length, offset);
  else
    memcpy (buffer, (const char *) item->content.bytes + offset, length);
  return 0;
}

errint_t
memory_pattern (void *opaque, void *buffer, size_t length, uint64_t offset)
{
  const char *salt = opaque;
  unsigned char *to = buffer;
  uint64_t sum = 0;

  for (; salt != NULL && *salt != '\0'; ++salt)
    sum = sum * 31 + (unsigned char) *salt;
  for (size_t i = 0; i < length; ++i) {
    uint64_t at = (offset + i + sum) * UINT64_C (0x9e3779b97f4a7c15);

    to[i] = (unsigned char) (at >> 56);
  }
  return 0;
}

errint_t
memory_failure (void *opaque, void *buffer, size_t length, uint64_t offset)
{
  const errint_t *failure = opaque;

  (void) buffer;
  (void) length;
  (void) offset;
  return failure == NULL ? -EIO : *failure;
}

static const struct memory_item *
item_of (const struct tree_node *node)
{
  return (const struct memory_item *) (uintptr_t) node->cookie;
}

static enum content_answer
compare_bytes (struct memory *memory, const struct content_question *question)
{
  const struct memory_item *base = item_of (question->node[SIDE_BASE]);
  const struct memory_item *overlay = item_of (question->node[SIDE_OVERLAY]);
  uint64_t size = base->entry.size;
  CLEANUP_FREE char *buffers = memory_checked (malloc (2 * PIECE));

  for (uint64_t offset = 0; offset < size; offset += PIECE) {
    size_t length = size - offset < PIECE ? (size_t) (size - offset) : PIECE;

    if (read_item (memory, base, buffers, length, offset) != 0
        || read_item (memory, overlay, buffers + PIECE, length, offset) != 0)
      return CONTENT_UNREADABLE;
    if (memcmp (buffers, buffers + PIECE, length) != 0)
      return CONTENT_DIFFERS;
  }
  return CONTENT_SAME;
}

static errint_t
compute (struct engine *engine, const struct compare_rules *rules,
         struct delta *delta, unsigned filesystem)
{
  struct memory *memory = memory_of (engine);
  struct content_questions questions = { .list = NULL };
  errint_t err;

  for (int side = 0; side < SIDES; ++side)
    if (!memory->no_filesystem[side])
      memory->trees[side] = memory_build_tree (memory, side);
  err = compare_ask (memory->trees[SIDE_BASE], memory->trees[SIDE_OVERLAY],
                     rules->verify ? TRUST_NOTHING : memory->trust,
                     memory->renames, &questions);
  for (size_t i = 0; err == 0 && i < questions.count; ++i)
    questions.list[i].answer = compare_bytes (memory, &questions.list[i]);
  if (err == 0)
    err = compare_finish (memory->trees[SIDE_BASE],
                          memory->trees[SIDE_OVERLAY], rules, &questions,
                          delta, filesystem);
  content_questions_clear (&questions);
  return err;
}

static errint_t
read_content (struct engine *engine, enum side side,
              const struct delta_entry *entry, void *buffer, size_t length,
              uint64_t offset, size_t *got)
{
  const struct memory_item *item = item_of (compare_node (entry, side));
  uint64_t rest;

  if (item->entry.type != ENTRY_FILE)
    return -EINVAL;
  rest = offset < item->entry.size ? item->entry.size - offset : 0;
  *got = length < rest ? length : (size_t) rest;
  return *got == 0 ? 0
    : read_item (memory_of (engine), item, buffer, *got, offset);
}

static errint_t
next_data (struct engine *engine __attribute__ ((unused)), enum side side,
           const struct delta_entry *entry, uint64_t offset,
           uint64_t *start, uint64_t *length)
{
  const struct memory_item *item = item_of (compare_node (entry, side));
  uint64_t end = item->content.data_offset + item->content.data_length;

  if (!item->content.sparse)
    return -ENOTSUP;
  *start = offset > item->content.data_offset ? offset : item->content.data_offset;
  *length = *start < end ? end - *start : 0;
  return 0;
}

static errint_t
stat_path (struct engine *engine, enum side side, const char *path,
           struct entry *entry)
{
  const struct memory_item *item =
    memory_item_find (memory_of (engine), side, path);

  if (item == NULL)
    return -ENOENT;
  *entry = item->entry;
  return 0;
}

static errint_t
read_path (struct engine *engine, enum side side, const char *path,
           size_t limit, char **content, size_t *length)
{
  const struct memory_item *item =
    memory_item_find (memory_of (engine), side, path);
  CLEANUP_FREE char *bytes = NULL;
  errint_t err;

  if (item == NULL)
    return -ENOENT;
  if (item->entry.type != ENTRY_FILE)
    return item->entry.type == ENTRY_DIRECTORY ? -EISDIR : -EINVAL;
  if (item->entry.size > limit)
    return -EFBIG;
  *length = (size_t) item->entry.size;
  bytes = memory_checked (calloc (1, *length + 1));
  err = read_item (memory_of (engine), item, bytes, *length, 0);
  if (err == 0)
    *content = steal_pointer (&bytes);
  return err;
}

static void
close_engine (struct engine *engine)
{
  memory_free (memory_of (engine));
}

const struct engine_operations memory_operations = {
  .name = "memory",
  .compute = compute,
  .pread = read_content,
  .next_data = next_data,
  .stat = stat_path,
  .read_path = read_path,
  .close = close_engine,
};

struct delta *
memory_compute (struct memory *memory, const struct compare_rules *rules)
{
  static const struct compare_rules plain = { .verify = false };
  struct delta *delta = memory_checked (delta_new ());
  unsigned number;

  if (delta_add_filesystem (delta, &memory->engine, "sda1", "/", true,
                            &number) != 0
      || compute (&memory->engine, rules != NULL ? rules : &plain, delta,
                  number) != 0)
    memory_checked (NULL);
  return delta;
}

struct delta *
memory_delta (struct memory *memory, const struct compare_rules *rules)
{
  struct delta *delta = memory_compute (memory, rules);

  if (delta_finish (delta) != 0)
    memory_checked (NULL);
  return delta;
}

uint64_t
memory_reads (const struct memory *memory)
{
  return __atomic_load_n (&memory->reads, __ATOMIC_RELAXED);
}
