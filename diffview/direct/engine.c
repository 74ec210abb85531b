/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The engine's operations: what was written, which inodes that concerns, the
 * part of both trees that can differ, and the comparison of these.
 */
#include <config.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "compare.h"
#include "comparer.h"
#include "delta.h"
#include "engine_open.h"
#include "file_pairs.h"
#include "lookup.h"
#include "open_files.h"
#include "size_text.h"
#include "walk.h"

struct differ {
  struct engine engine;         /* first: the two are converted */
  const struct log *log;
  char *name;                   /* owned */
  struct blocks *blocks;        /* owned, as all that follows */
  struct reader *reader[SIDES];         /* NULL: a side has none */
  struct tree *tree[SIDES];     /* what compute found; after it, what the
                                 * entries of the delta set point to */
  struct open_files *files;
  pthread_mutex_t lock;         /* of arena */
  struct arena *arena;          /* what stat gave out */
};

static struct differ *
of_engine (struct engine *engine)
{
  return (struct differ *) engine;
}

static void
direct_close (struct engine *engine)
{
  struct differ *differ = of_engine (engine);

  for (int side = 0; side < SIDES; ++side) {
    tree_free (differ->tree[side]);
    if (differ->reader[side] != NULL)
      differ->reader[side]->format->close (differ->reader[side]);
  }
  if (differ->files != NULL)
    open_files_free (differ->files);
  if (differ->blocks != NULL)
    blocks_free (differ->blocks);
  arena_free (differ->arena);
  pthread_mutex_destroy (&differ->lock);
  free (differ->name);
  free (differ);
}

static const char *
reason_of (const struct delta_entry *entry, unsigned missing)
{
  if (missing & ENTRY_NO_METADATA)
    return "its inode is damaged";
  if ((missing & ENTRY_TOO_MUCH) && strlen (entry->path) > WALK_PATH_MAX)
    return "its path is so long that what is in it is not looked at";
  if (missing & ENTRY_TOO_MUCH)
    return "it has more in it than memory is set apart for";
  if (missing & ENTRY_NO_MEMBERS)
    return "the directory is damaged";
  if (missing & ENTRY_NO_XATTRS)
    return "its extended attributes are damaged";
  if (missing & ENTRY_NO_TARGET)
    return "its target is damaged";
  /* Of a name that one side alone has, the other's directory is. */
  return entry->side[SIDE_BASE] == NULL || entry->side[SIDE_OVERLAY] == NULL ?
    "the directory is damaged on the other side" :
    "its content cannot be read";
}

static void
report_entry (const struct differ *differ, const struct delta_entry *entry)
{
  unsigned missing = 0;
  const char *damage = NULL;

  for (int side = 0; side < SIDES; ++side) {
    const struct entry *e = entry->side[side];

    if (e == NULL || e->missing == 0)
      continue;
    missing |= e->missing;
    if (damage == NULL && differ->reader[side]->format->damage != NULL)
      damage = differ->reader[side]->format->damage (differ->reader[side],
                                                     entry_id (e));
  }
  log_report (differ->log, LOG_LEVEL_WARNING, "cannot read", entry->path,
              "%s%s%s (%s)", reason_of (entry, missing),
              damage != NULL ? ", " : "", damage != NULL ? damage : "",
              differ->name);
}

/* Names what could not be judged. */
static void
report_unreadable (const struct differ *differ, const struct delta *delta,
                   size_t first)
{
  for (size_t i = first; i < delta->count; ++i)
    if (delta->entries[i].status == STATUS_UNREADABLE)
      report_entry (differ, &delta->entries[i]);
}

static void
inodes_of (const struct content_question *question,
           struct inode_id inode[SIDES])
{
  for (int side = 0; side < SIDES; ++side)
    inode[side] = entry_id (&question->node[side]->entry);
}

static bool
has_both (const struct differ *differ)
{
  return differ->reader[SIDE_BASE] != NULL
    && differ->reader[SIDE_OVERLAY] != NULL;
}

/* Does a file that was renamed keep its number? */
static bool
numbers_tell_renames (const struct differ *differ)
{
  return has_both (differ)
    && differ->reader[SIDE_BASE]->format
    == differ->reader[SIDE_OVERLAY]->format
    && !differ->reader[SIDE_BASE]->format->numbers_are_made_up;
}

/* Adds the files in the trees whose bytes have to be known. */
static errint_t
add_questions (const struct differ *differ, struct file_pairs *pairs)
{
  struct content_questions questions = { 0 };
  errint_t err = compare_ask (differ->tree[SIDE_BASE],
                              differ->tree[SIDE_OVERLAY],
                              TRUST_NOTHING, numbers_tell_renames (differ),
                              &questions);

  for (size_t i = 0; i < questions.count && err == 0; ++i) {
    struct inode_id inode[SIDES];

    inodes_of (&questions.list[i], inode);
    err = file_pairs_add (pairs, inode, NULL, NULL, 0);
  }
  content_questions_clear (&questions);
  return err;
}

/* It may take hours. */
static void
warn_of_reading (const struct differ *differ, uint64_t bytes, size_t files)
{
  char text[SIZE_TEXT];

  log_report (differ->log, LOG_LEVEL_WARNING, "reading all file data",
              differ->name, "%s in %zu file%s, both sides together, because %s",
              size_text (bytes, text), files, files == 1 ? "" : "s",
              blocks_why_unknown (differ->blocks));
}

/* Compares the bytes of what is in PAIRS or in the trees, and adds to the trees
 * what differs. */
static errint_t
compare_files (struct differ *differ, const struct changes *changes,
               struct comparer *comparer, struct file_pairs *pairs)
{
  size_t files;
  errint_t err = add_questions (differ, pairs);

  if (err == 0)
    err = file_pairs_measure (pairs, comparer, &files);
  if (err < 0)
    return err;
  if (comparer->written == NULL && files > 0)
    warn_of_reading (differ, comparer->total, files);
  err = file_pairs_compare (pairs, comparer);
  return err < 0 ? err : walk_add_pairs (changes, pairs, differ->tree);
}

static errint_t
compare_trees (struct differ *differ, const struct file_pairs *pairs,
               const struct compare_rules *rules,
               struct delta *delta, unsigned filesystem)
{
  struct content_questions questions = { 0 };
  errint_t err = compare_ask (differ->tree[SIDE_BASE],
                              differ->tree[SIDE_OVERLAY],
                              TRUST_NOTHING, numbers_tell_renames (differ),
                              &questions);

  for (size_t i = 0; i < questions.count; ++i) {
    struct inode_id inode[SIDES];

    inodes_of (&questions.list[i], inode);
    questions.list[i].answer = file_pairs_find (pairs, inode);
  }
  if (err == 0)
    err = compare_finish (differ->tree[SIDE_BASE], differ->tree[SIDE_OVERLAY],
                          rules, &questions, delta, filesystem);
  content_questions_clear (&questions);
  return err;
}

/* What the comparison cost, for -v. */
static void
report_cost (const struct differ *differ, const struct comparer *comparer)
{
  uint64_t base = blocks_bytes_read (differ->blocks, SIDE_BASE);
  uint64_t overlay = blocks_bytes_read (differ->blocks, SIDE_OVERLAY);

  log_detail (differ->log, "%s: bytes read: %" PRIu64 " of the base, %" PRIu64
              " of the overlay", differ->name, base, overlay);
  log_detail (differ->log, "%s: of these file data, to compare it: %" PRIu64
              " bytes of %" PRIu64 " files", differ->name, comparer->bytes,
              comparer->files);
}

/* What is to be said of the filesystem as a whole: the overlay's, for what was
 * written is its. */
static void
report_remark (const struct differ *differ)
{
  const struct reader *reader = differ->reader[SIDE_OVERLAY];
  const char *remark = reader != NULL && reader->format->remark != NULL
    ? reader->format->remark (reader) : NULL;

  if (remark != NULL)
    log_report (differ->log, LOG_LEVEL_WARNING, "the filesystem is damaged",
                differ->name, "%s", remark);
}

/* Fills the trees and compares them. */
static errint_t
compute_changes (struct differ *differ, const struct compare_rules *rules,
                 struct delta *delta, unsigned filesystem)
{
  CLEANUP_CHANGES struct changes changes = { 0 };
  CLEANUP_FILE_PAIRS struct file_pairs pairs = { 0 };
  struct comparer comparer = { 0 };
  size_t first = delta->count;
  bool both = has_both (differ);
  bool known;
  errint_t err = blocks_compute_written (differ->blocks, &known);

  if (err == 0)
    err = changes_compute (differ->reader[SIDE_BASE],
                           differ->reader[SIDE_OVERLAY],
                           differ->log, &changes);
  if (err == 0 && changes.everything)
    log_detail (differ->log, "%s: comparing both trees whole", differ->name);
  if (err == 0 && both)
    err = comparer_init (&comparer, differ->reader[SIDE_BASE],
                         differ->reader[SIDE_OVERLAY], rules->progress);
  if (err == 0)
    err = walk_fill (&changes, rules, differ->tree, &pairs);
  if (err == 0 && both)
    err = compare_files (differ, &changes, &comparer, &pairs);
  if (err == 0)
    err = compare_trees (differ, &pairs, rules, delta, filesystem);
  if (err == 0)
    err = delta_own_metadata (delta, first);
  for (int side = 0; side < SIDES; ++side)
    if (differ->tree[side] != NULL)
      tree_drop_nodes (differ->tree[side]);
  if (err == 0)
    report_cost (differ, &comparer);
  comparer_clear (&comparer);
  return err;
}

static bool
has_unreadable (const struct delta *delta, size_t first)
{
  for (size_t i = first; i < delta->count; ++i)
    if (delta->entries[i].status == STATUS_UNREADABLE)
      return true;
  return false;
}

static errint_t
direct_compute (struct engine *engine, const struct compare_rules *rules,
                struct delta *delta, unsigned filesystem)
{
  struct differ *differ = of_engine (engine);
  size_t first = delta->count;
  errint_t err;

  for (int side = 0; side < SIDES; ++side)
    if (differ->reader[side] != NULL && (differ->tree[side] = tree_new ()) == NULL)
      return log_error (differ->log, -ENOMEM, "cannot compare", differ->name);
  err = compute_changes (differ, rules, delta, filesystem);
  /* A mount may live on for days, and reads little metadata. */
  blocks_forget (differ->blocks);
  for (int side = 0; side < SIDES; ++side)
    if (differ->reader[side] != NULL)
      budget_lift (differ->reader[side]->budget);
  if (rules->retry && err != -ENOMEM &&
      (err < 0 || has_unreadable (delta, first)))
    return -EAGAIN;
  if (err < 0)
    return err == -EREMOTEIO ? err
      : log_error (differ->log, err, "cannot compare", differ->name);
  report_unreadable (differ, delta, first);
  report_remark (differ);
  return 0;
}

static errint_t
read_file (struct differ *differ, enum side side,
           struct inode_id inode, void *buffer, size_t length,
           uint64_t offset)
{
  struct open_file *file;
  const struct runs *runs;
  errint_t err = open_files_get (differ->files, side, inode, &file, &runs);

  if (err < 0)
    return err;
  err = reader_load (differ->reader[side], runs, buffer, length, offset);
  open_files_put (differ->files, file);
  return err;
}

static errint_t
direct_pread (struct engine *engine, enum side side,
              const struct delta_entry *entry,
              void *buffer, size_t length, uint64_t offset, size_t *got)
{
  struct differ *differ = of_engine (engine);
  const struct entry *file = entry->side[side];
  const struct inode_id inode = entry_id (file);
  errint_t err = -EIO;

  *got = 0;
  if (differ->reader[side] == NULL || file->type != ENTRY_FILE)
    return -EIO;
  if (offset >= file->size)
    return 0;
  if (length > file->size - offset)
    length = (size_t) (file->size - offset);
  if (!(file->missing & ENTRY_NO_METADATA))
    err = read_file (differ, side, inode, buffer, length, offset);
  if (err == 0)
    *got = length;
  else if (err != -EREMOTEIO
           && open_files_first_failure (differ->files, side, inode))
    log_report (differ->log, LOG_LEVEL_WARNING, "cannot read the content",
                entry->path, "%s (%s)", strerror (-err), differ->name);
  return err;
}

static errint_t
direct_splice (struct engine *engine, enum side side,
               const struct delta_entry *entry, int pipe, size_t length,
               uint64_t offset)
{
  struct differ *differ = of_engine (engine);
  const struct entry *file = entry->side[side];
  struct open_file *handle;
  const struct runs *runs;
  errint_t err;

  /* Whatever is wrong is found, and reported, by reading. */
  if (differ->reader[side] == NULL || (file->missing & ENTRY_NO_METADATA) != 0
      || open_files_get (differ->files, side, entry_id (file), &handle,
                         &runs) < 0)
    return -ENOTSUP;
  err = reader_splice (differ->reader[side], runs, pipe, length, offset);
  open_files_put (differ->files, handle);
  return err;
}

static errint_t
direct_next_data (struct engine *engine, enum side side,
                  const struct delta_entry *entry, uint64_t offset,
                  uint64_t *start, uint64_t *length)
{
  struct differ *differ = of_engine (engine);
  const struct entry *file = entry->side[side];
  struct open_file *handle;
  const struct runs *runs;
  errint_t err;

  if (differ->reader[side] == NULL || file->type != ENTRY_FILE
      || (file->missing & ENTRY_NO_METADATA) != 0)
    return -EIO;
  err = open_files_get (differ->files, side, entry_id (file), &handle, &runs);
  if (err < 0)
    return err;
  err = runs_next_data (runs, offset, start, length);
  open_files_put (differ->files, handle);
  return err;
}

static errint_t
direct_stat (struct engine *engine, enum side side, const char *path,
             struct entry *entry)
{
  struct differ *differ = of_engine (engine);
  const struct reader *reader = differ->reader[side];
  struct inode_id inode;
  errint_t err;

  if (reader == NULL)
    return -ENOENT;
  err = lookup_path (reader, path, false, &inode);
  if (err < 0)
    return err;
  pthread_mutex_lock (&differ->lock);
  err = reader->format->entry (reader, inode, differ->arena, entry);
  pthread_mutex_unlock (&differ->lock);
  if (err == 0 && (entry->missing & ENTRY_NO_METADATA))
    err = -EIO;
  return err;
}

/* What a file on the way to its bytes is. */
static errint_t
check_file (struct differ *differ, const struct reader *reader,
            struct inode_id inode)
{
  struct entry entry;
  errint_t err;

  pthread_mutex_lock (&differ->lock);
  err = reader->format->entry (reader, inode, differ->arena, &entry);
  pthread_mutex_unlock (&differ->lock);
  if (err < 0 || entry.type == ENTRY_FILE)
    return err;
  if (entry.missing & ENTRY_NO_METADATA)
    return -EIO;
  return entry.type == ENTRY_DIRECTORY ? -EISDIR : -EINVAL;
}

static errint_t
direct_read_path (struct engine *engine, enum side side, const char *path,
                  size_t limit, char **result, size_t *length)
{
  struct differ *differ = of_engine (engine);
  const struct reader *reader = differ->reader[side];
  CLEANUP_RUNS struct runs runs = { .list = NULL };
  CLEANUP_FREE char *text = NULL;
  struct inode_id inode;
  errint_t err;

  if (reader == NULL)
    return -ENOENT;
  err = lookup_path (reader, path, true, &inode);
  if (err == 0)
    err = check_file (differ, reader, inode);
  if (err == 0)
    err = reader->format->runs (reader, inode, &runs);
  if (err < 0)
    return err;
  if (runs.size > limit)
    return -EFBIG;
  text = malloc ((size_t) runs.size + 1);
  if (text == NULL)
    return -ENOMEM;
  err = reader_load (reader, &runs, text, (size_t) runs.size, 0);
  if (err < 0)
    return err;
  text[runs.size] = '\0';
  *length = (size_t) runs.size;
  *result = steal_pointer (&text);
  return 0;
}

static const struct engine_operations direct_operations = {
  .name = "direct",
  .compute = direct_compute,
  .pread = direct_pread,
  .splice = direct_splice,
  .next_data = direct_next_data,
  .stat = direct_stat,
  .read_path = direct_read_path,
  .close = direct_close,
};

static errint_t
open_parts (struct differ *differ,
            const struct format *const format[SIDES],
            const struct volume *const volume[SIDES], const char **reason)
{
  struct device *const device[SIDES] = {
    volume[SIDE_BASE] != NULL ? volume[SIDE_BASE]->device : NULL,
    volume[SIDE_OVERLAY] != NULL ? volume[SIDE_OVERLAY]->device : NULL,
  };
  errint_t err = blocks_new (device, &differ->blocks);

  for (int side = 0; side < SIDES && err == 0; ++side)
    if (volume[side] != NULL)
      err = format[side]->open (differ->blocks, (enum side) side, reason,
                                &differ->reader[side]);
  if (err < 0)
    return err;
  differ->files = open_files_new (differ->reader);
  differ->arena = arena_new ();
  return differ->files == NULL || differ->arena == NULL ? -ENOMEM : 0;
}

errint_t
engine_open (const struct format *const format[SIDES],
             const struct volume *const volume[SIDES],
             const char *name, const struct log *log,
                 const char **reason, struct engine **result)
{
  struct differ *differ = calloc (1, sizeof *differ);
  errint_t err;

  *reason = NULL;
  if (differ == NULL)
    return log_error (log, -ENOMEM, "cannot read the filesystem", name);
  differ->engine.operations = &direct_operations;
  differ->log = log;
  pthread_mutex_init (&differ->lock, NULL);
  differ->name = strdup (name);
  err = differ->name == NULL ? -ENOMEM
    : open_parts (differ, format, volume, reason);
  if (err == 0) {
    *result = &differ->engine;
    return 0;
  }
  if (err != -ENOTSUP && err != -EREMOTEIO)
    log_report (log, LOG_LEVEL_ERROR, "cannot read the filesystem", name,
                "%s", *reason != NULL ? *reason : strerror (-err));
  direct_close (&differ->engine);
  return err;
}
