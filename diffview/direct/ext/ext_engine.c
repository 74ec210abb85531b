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
#include "checksum.h"
#include "compare.h"
#include "comparer.h"
#include "content.h"
#include "delta.h"
#include "ext_engine.h"
#include "file_pairs.h"
#include "lookup.h"
#include "open_files.h"
#include "record.h"
#include "size_text.h"
#include "walk.h"

struct ext_engine {
  struct engine engine;         /* first: the two are converted */
  const struct log *log;
  char *name;                   /* owned */
  struct blocks *blocks;        /* owned, as all that follows */
  struct filesystem *fs[SIDES];
  struct tree *tree[SIDES];     /* what compute found; after it, what the
                                 * entries of the delta set point to */
  struct open_files *files;
  pthread_mutex_t lock;         /* of arena */
  struct arena *arena;          /* what stat gave out */
};

static struct ext_engine *
of_engine (struct engine *engine)
{
  return (struct ext_engine *) engine;
}

static void
ext_close (struct engine *engine)
{
  struct ext_engine *ext = of_engine (engine);

  for (int side = 0; side < SIDES; ++side) {
    tree_free (ext->tree[side]);
    if (ext->fs[side] != NULL)
      filesystem_free (ext->fs[side]);
  }
  if (ext->files != NULL)
    open_files_free (ext->files);
  if (ext->blocks != NULL)
    blocks_free (ext->blocks);
  arena_free (ext->arena);
  pthread_mutex_destroy (&ext->lock);
  free (ext->name);
  free (ext);
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
report_entry (const struct ext_engine *ext, const struct delta_entry *entry)
{
  unsigned missing = 0;
  bool checksum = false;

  for (int side = 0; side < SIDES; ++side) {
    const struct entry *e = entry->side[side];

    if (e == NULL || e->missing == 0)
      continue;
    missing |= e->missing;
    checksum |= checksum_has_failed (ext->fs[side], e->inode);
  }
  log_report (ext->log, LOG_LEVEL_WARNING, "cannot read", entry->path,
              "%s%s (%s)", reason_of (entry, missing),
              checksum ? ", bad checksum" : "", ext->name);
}

/* Names what could not be judged. */
static void
report_unreadable (const struct ext_engine *ext, const struct delta *delta,
                   size_t first)
{
  for (size_t i = first; i < delta->count; ++i)
    if (delta->entries[i].status == STATUS_UNREADABLE)
      report_entry (ext, &delta->entries[i]);
}

static void
inodes_of (const struct content_question *question, uint32_t inode[SIDES])
{
  for (int side = 0; side < SIDES; ++side)
    inode[side] = (uint32_t) question->node[side]->entry.inode;
}

/* Adds the files in the trees whose bytes have to be known. */
static errint_t
add_questions (const struct ext_engine *ext, bool both,
               struct file_pairs *pairs)
{
  struct content_questions questions = { 0 };
  errint_t err = compare_ask (ext->tree[SIDE_BASE], ext->tree[SIDE_OVERLAY],
                              TRUST_NOTHING, both, &questions);

  for (size_t i = 0; i < questions.count && err == 0; ++i) {
    uint32_t inode[SIDES];

    inodes_of (&questions.list[i], inode);
    err = file_pairs_add (pairs, inode, NULL, NULL, 0);
  }
  content_questions_clear (&questions);
  return err;
}

/* It may take hours. */
static void
warn_of_reading (const struct ext_engine *ext, uint64_t bytes, size_t files)
{
  char text[SIZE_TEXT];

  log_report (ext->log, LOG_LEVEL_WARNING, "reading all file data",
              ext->name, "%s in %zu file%s, both sides together, because %s",
              size_text (bytes, text), files, files == 1 ? "" : "s",
              blocks_why_unknown (ext->blocks));
}

/* Compares the bytes of what is in PAIRS or in the trees, and adds to the trees
 * what differs. */
static errint_t
compare_files (struct ext_engine *ext, const struct changes *changes,
               struct comparer *comparer, struct file_pairs *pairs)
{
  size_t files;
  errint_t err = add_questions (ext, true, pairs);

  if (err == 0)
    err = file_pairs_measure (pairs, comparer, &files);
  if (err < 0)
    return err;
  if (comparer->written == NULL && files > 0)
    warn_of_reading (ext, comparer->total, files);
  err = file_pairs_compare (pairs, comparer);
  return err < 0 ? err : walk_add_pairs (changes, pairs, ext->tree);
}

static errint_t
compare_trees (struct ext_engine *ext, const struct file_pairs *pairs,
               bool both, const struct compare_rules *rules,
               struct delta *delta, unsigned filesystem)
{
  struct content_questions questions = { 0 };
  errint_t err = compare_ask (ext->tree[SIDE_BASE], ext->tree[SIDE_OVERLAY],
                              TRUST_NOTHING, both, &questions);

  for (size_t i = 0; i < questions.count; ++i) {
    uint32_t inode[SIDES];

    inodes_of (&questions.list[i], inode);
    questions.list[i].answer = file_pairs_find (pairs, inode);
  }
  if (err == 0)
    err = compare_finish (ext->tree[SIDE_BASE], ext->tree[SIDE_OVERLAY],
                          rules, &questions, delta, filesystem);
  content_questions_clear (&questions);
  return err;
}

/* What the comparison cost, for -v. */
static void
report_cost (const struct ext_engine *ext, const struct comparer *comparer)
{
  uint64_t base = blocks_bytes_read (ext->blocks, SIDE_BASE);
  uint64_t overlay = blocks_bytes_read (ext->blocks, SIDE_OVERLAY);

  log_detail (ext->log, "%s: bytes read: %" PRIu64 " of the base, %" PRIu64
              " of the overlay", ext->name, base, overlay);
  log_detail (ext->log, "%s: of these file data, to compare it: %" PRIu64
              " bytes of %" PRIu64 " files", ext->name, comparer->bytes,
              comparer->files);
}

/* Fills the trees and compares them. */
static errint_t
compute_changes (struct ext_engine *ext, const struct compare_rules *rules,
                 struct delta *delta, unsigned filesystem)
{
  CLEANUP_CHANGES struct changes changes = { 0 };
  CLEANUP_FILE_PAIRS struct file_pairs pairs = { 0 };
  struct comparer comparer = { 0 };
  size_t first = delta->count;
  bool both = ext->fs[SIDE_BASE] != NULL && ext->fs[SIDE_OVERLAY] != NULL;
  bool known;
  errint_t err = blocks_compute_written (ext->blocks, &known);

  if (err == 0)
    err = changes_compute (ext->fs[SIDE_BASE], ext->fs[SIDE_OVERLAY],
                           ext->log, &changes);
  if (err == 0 && changes.everything)
    log_detail (ext->log, "%s: comparing both trees whole", ext->name);
  if (err == 0 && both)
    err = comparer_init (&comparer, ext->fs[SIDE_BASE],
                         ext->fs[SIDE_OVERLAY], rules->progress);
  if (err == 0)
    err = walk_fill (&changes, rules, ext->tree, &pairs);
  if (err == 0 && both)
    err = compare_files (ext, &changes, &comparer, &pairs);
  if (err == 0)
    err = compare_trees (ext, &pairs, both, rules, delta, filesystem);
  if (err == 0)
    err = delta_own_metadata (delta, first);
  for (int side = 0; side < SIDES; ++side)
    if (ext->tree[side] != NULL)
      tree_drop_nodes (ext->tree[side]);
  if (err == 0)
    report_cost (ext, &comparer);
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
ext_compute (struct engine *engine, const struct compare_rules *rules,
             struct delta *delta, unsigned filesystem)
{
  struct ext_engine *ext = of_engine (engine);
  size_t first = delta->count;
  errint_t err;

  for (int side = 0; side < SIDES; ++side)
    if (ext->fs[side] != NULL && (ext->tree[side] = tree_new ()) == NULL)
      return log_error (ext->log, -ENOMEM, "cannot compare", ext->name);
  err = compute_changes (ext, rules, delta, filesystem);
  /* A mount may live on for days, and reads little metadata. */
  blocks_forget (ext->blocks);
  for (int side = 0; side < SIDES; ++side)
    if (ext->fs[side] != NULL)
      budget_lift (ext->fs[side]->budget);
  if (rules->retry && err != -ENOMEM &&
      (err < 0 || has_unreadable (delta, first)))
    return -EAGAIN;
  if (err < 0)
    return err == -EREMOTEIO ? err
      : log_error (ext->log, err, "cannot compare", ext->name);
  report_unreadable (ext, delta, first);
  return 0;
}

static errint_t
read_file (struct ext_engine *ext, enum side side, uint32_t inode,
           void *buffer, size_t length, uint64_t offset)
{
  struct open_file *file;
  const struct content *content;
  errint_t err = open_files_get (ext->files, side, inode, &file, &content);

  if (err < 0)
    return err;
  err = content_load (content, buffer, length, offset);
  open_files_put (ext->files, file);
  return err;
}

static errint_t
ext_pread (struct engine *engine, enum side side,
           const struct delta_entry *entry,
           void *buffer, size_t length, uint64_t offset, size_t *got)
{
  struct ext_engine *ext = of_engine (engine);
  const struct entry *file = entry->side[side];
  uint32_t inode = (uint32_t) file->inode;
  errint_t err = -EIO;

  *got = 0;
  if (ext->fs[side] == NULL || file->type != ENTRY_FILE)
    return -EIO;
  if (offset >= file->size)
    return 0;
  if (length > file->size - offset)
    length = (size_t) (file->size - offset);
  if (!(file->missing & ENTRY_NO_METADATA))
    err = read_file (ext, side, inode, buffer, length, offset);
  if (err == 0)
    *got = length;
  else if (err != -EREMOTEIO
           && open_files_first_failure (ext->files, side, inode))
    log_report (ext->log, LOG_LEVEL_WARNING, "cannot read the content",
                entry->path, "%s (%s)", strerror (-err), ext->name);
  return err;
}

static errint_t
ext_splice (struct engine *engine, enum side side,
            const struct delta_entry *entry, int pipe, size_t length,
            uint64_t offset)
{
  struct ext_engine *ext = of_engine (engine);
  const struct entry *file = entry->side[side];
  struct open_file *handle;
  const struct content *content;
  errint_t err;

  /* Whatever is wrong is found, and reported, by reading. */
  if (ext->fs[side] == NULL || (file->missing & ENTRY_NO_METADATA) != 0
      || open_files_get (ext->files, side, (uint32_t) file->inode, &handle,
                         &content) < 0)
    return -ENOTSUP;
  err = content_splice (content, pipe, length, offset);
  open_files_put (ext->files, handle);
  return err;
}

static errint_t
ext_next_data (struct engine *engine, enum side side,
               const struct delta_entry *entry, uint64_t offset,
               uint64_t *start, uint64_t *length)
{
  struct ext_engine *ext = of_engine (engine);
  const struct entry *file = entry->side[side];
  struct open_file *handle;
  const struct content *content;
  errint_t err;

  if (ext->fs[side] == NULL || file->type != ENTRY_FILE
      || (file->missing & ENTRY_NO_METADATA) != 0)
    return -EIO;
  err = open_files_get (ext->files, side, (uint32_t) file->inode, &handle,
                        &content);
  if (err < 0)
    return err;
  err = content_next_data (content, offset, start, length);
  open_files_put (ext->files, handle);
  return err;
}

static errint_t
ext_stat (struct engine *engine, enum side side, const char *path,
          struct entry *entry)
{
  struct ext_engine *ext = of_engine (engine);
  uint32_t number;
  errint_t err;

  if (ext->fs[side] == NULL)
    return -ENOENT;
  err = lookup_path (ext->fs[side], path, false, &number);
  if (err < 0)
    return err;
  pthread_mutex_lock (&ext->lock);
  err = record_read (ext->fs[side], number, ext->arena, entry, NULL);
  pthread_mutex_unlock (&ext->lock);
  if (err == 0 && (entry->missing & ENTRY_NO_METADATA))
    err = -EIO;
  return err;
}

static errint_t
ext_read_path (struct engine *engine, enum side side, const char *path,
               size_t limit, char **result, size_t *length)
{
  struct ext_engine *ext = of_engine (engine);
  CLEANUP_CONTENT struct content content = { 0 };
  CLEANUP_FREE char *text = NULL;
  struct inode inode;
  uint32_t number;
  errint_t err;

  if (ext->fs[side] == NULL)
    return -ENOENT;
  err = lookup_path (ext->fs[side], path, true, &number);
  if (err == 0)
    err = inode_read (ext->fs[side], number, &inode);
  if (err < 0)
    return err;
  if (entry_type_of_mode (inode_mode (&inode)) != ENTRY_FILE)
    return entry_type_of_mode (inode_mode (&inode)) == ENTRY_DIRECTORY ?
      -EISDIR : -EINVAL;
  err = content_open (ext->fs[side], &inode, &content);
  if (err < 0)
    return err;
  if (content.size > limit)
    return -EFBIG;
  text = malloc ((size_t) content.size + 1);
  if (text == NULL)
    return -ENOMEM;
  err = content_load (&content, text, (size_t) content.size, 0);
  if (err < 0)
    return err;
  text[content.size] = '\0';
  *length = (size_t) content.size;
  *result = steal_pointer (&text);
  return 0;
}

static const struct engine_operations ext_operations = {
  .name = "direct",
  .compute = ext_compute,
  .pread = ext_pread,
  .splice = ext_splice,
  .next_data = ext_next_data,
  .stat = ext_stat,
  .read_path = ext_read_path,
  .close = ext_close,
};

static errint_t
open_parts (struct ext_engine *ext,
            const struct volume *const volume[SIDES], const char **reason)
{
  struct device *const device[SIDES] = {
    volume[SIDE_BASE] != NULL ? volume[SIDE_BASE]->device : NULL,
    volume[SIDE_OVERLAY] != NULL ? volume[SIDE_OVERLAY]->device : NULL,
  };
  errint_t err = blocks_new (device, &ext->blocks);

  for (int side = 0; side < SIDES && err == 0; ++side)
    if (volume[side] != NULL)
      err = filesystem_open (ext->blocks, side, reason, &ext->fs[side]);
  if (err < 0)
    return err;
  ext->files = open_files_new (ext->fs);
  ext->arena = arena_new ();
  return ext->files == NULL || ext->arena == NULL ? -ENOMEM : 0;
}

errint_t
ext_engine_open (const struct volume *const volume[SIDES],
                 const char *name, const struct log *log,
                 const char **reason, struct engine **result)
{
  struct ext_engine *ext = calloc (1, sizeof *ext);
  errint_t err;

  *reason = NULL;
  if (ext == NULL)
    return log_error (log, -ENOMEM, "cannot read the filesystem", name);
  ext->engine.operations = &ext_operations;
  ext->log = log;
  pthread_mutex_init (&ext->lock, NULL);
  ext->name = strdup (name);
  err = ext->name == NULL ? -ENOMEM
    : open_parts (ext, volume, reason);
  if (err == 0) {
    *result = &ext->engine;
    return 0;
  }
  if (err != -ENOTSUP && err != -EREMOTEIO)
    log_report (log, LOG_LEVEL_ERROR, "cannot read the filesystem", name,
                "%s", *reason != NULL ? *reason : strerror (-err));
  ext_close (&ext->engine);
  return err;
}
