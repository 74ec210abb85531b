/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The engine on libguestfs: both sides' trees are read whole and compared.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "guestfs_engine.h"
#include "mounts.h"
#include "pairing.h"
#include "parallel.h"
#include "parts.h"
#include "reparse.h"
#include "resolve.h"
#include "scan.h"
#include "subvolumes.h"

char *
engine_node_path (const struct guestfs_engine *engine, enum side side,
                  const struct tree_node *node)
{
  CLEANUP_FREE char *inner = tree_path (node);
  char *path;

  if (inner == NULL
      || asprintf (&path, "%s%s", engine->mount_point[side], inner) < 0)
    return NULL;
  return path;
}

/* FAT keeps none, and the kernel makes none up. */
static bool
has_xattrs (const char *type)
{
  return !mounts_invents_inodes (type);
}

static errint_t
scan_side (enum side side, void *opaque)
{
  struct guestfs_engine *engine = opaque;
  struct scan scan = {
    .appliance = engine->appliances->side[side],
    .mount_point = engine->mount_point[side],
    .name = engine->name,
    .xattrs = has_xattrs (engine->type),
    .reparse_points = reparse_concerns (engine->type),
    .complaints = engine->complaints,
    .progress = side == SIDE_OVERLAY ? engine->appliances->progress : NULL,
    .memory_max = memory_budget_left (&engine->appliances->memory) / SIDES,
  };
  errint_t r;

  if (engine->mount_point[side] == NULL)
    return 0;
  r = scan_run (&scan);
  engine->tree[side] = scan.tree;
  log_detail (engine->appliances->log, "%s: %s: %zu entries", engine->name,
              side_name (side), scan.count);
  scan_clear (&scan);
  return r;
}

/* Compares two trees, or two parts of them. */
static errint_t
compare_trees (struct guestfs_engine *engine,
               const struct tree *const trees[SIDES],
               const struct compare_rules *rules,
               struct delta *delta, unsigned filesystem)
{
  struct content_questions questions = { 0 };
  bool invented = mounts_invents_inodes (engine->type);
  enum content_trust trust = rules->verify || invented
    ? TRUST_NOTHING : TRUST_INODE;
  const struct tree *base = trees[SIDE_BASE], *overlay = trees[SIDE_OVERLAY];
  const struct log *log = engine->appliances->log;
  errint_t r = compare_ask (base, overlay, trust, !invented, &questions);

  if (r < 0)
    log_error (log, r, "cannot compare the trees", engine->name);
  else
    r = pairing_answer (engine, &questions);
  if (r == 0) {
    log_detail (log, "%s: bytes of %zu pairs of files compared",
                engine->name, questions.count);
    r = compare_finish (base, overlay, rules, &questions, delta, filesystem);
    if (r < 0)
      log_error (log, r, "cannot compare the trees", engine->name);
  }
  content_questions_clear (&questions);
  return r;
}

static errint_t
compare_part (struct guestfs_engine *engine, struct parts *parts,
              const struct part *part, const struct compare_rules *rules,
              struct delta *delta, unsigned filesystem)
{
  struct tree trees[SIDES];
  const struct tree *const pair[SIDES] = { &trees[SIDE_BASE],
                                           &trees[SIDE_OVERLAY] };
  size_t first = delta->count;
  errint_t r = parts_enter (parts, part, trees);

  log_detail (engine->appliances->log, "%s: %s is compared with %s",
              engine->name, part->path[SIDE_OVERLAY], part->path[SIDE_BASE]);
  if (r == 0)
    r = compare_trees (engine, pair, rules, delta, filesystem);
  if (r == 0)
    r = parts_leave (parts, part);
  return r == 0 ? parts_place (part, delta, first) : r;
}

static errint_t
find_parts (struct guestfs_engine *engine, const struct compare_rules *rules,
            struct parts *parts)
{
  struct snapshots snapshots[SIDES] = { { .list = NULL } };
  errint_t r = 0;

  if (strcmp (engine->type, "btrfs") != 0)
    return 0;
  for (enum side side = 0; r == 0 && side < SIDES
         && parts_want_snapshots (engine->tree); ++side)
    r = snapshots_list (engine->appliances->side[side],
                        engine->mount_point[side], &snapshots[side]);
  if (r == 0)
    r = parts_find (engine->tree, rules->pairs, snapshots, parts);
  for (enum side side = 0; side < SIDES; ++side)
    snapshots_clear (&snapshots[side]);
  if (r < 0)
    log_error (engine->appliances->log, r, "cannot compare the trees",
               engine->name);
  return r;
}

static errint_t
compare (struct guestfs_engine *engine, const struct compare_rules *rules,
         struct delta *delta, unsigned filesystem)
{
  const struct tree *const whole[SIDES] = { engine->tree[SIDE_BASE],
                                            engine->tree[SIDE_OVERLAY] };
  CLEANUP_PARTS struct parts parts = { .list = NULL };
  size_t first = delta->count;
  errint_t r = find_parts (engine, rules, &parts);

  if (r == 0)
    r = compare_trees (engine, whole, rules, delta, filesystem);
  if (r == 0)
    parts_drop (&parts, delta, first);
  for (size_t i = 0; r == 0 && i < parts.count; ++i)
    r = compare_part (engine, &parts, &parts.list[i], rules, delta,
                      filesystem);
  if (r == 0)
    complaints_add_rest (engine->complaints, delta, first);
  return r;
}

static errint_t
settle (struct guestfs_engine *engine, const struct compare_rules *rules)
{
  struct reparse_trees trees = { .complaints = engine->complaints };

  if (!reparse_concerns (engine->type))
    return 0;
  for (enum side side = 0; side < SIDES; ++side) {
    trees.appliance[side] = engine->appliances->side[side];
    trees.mount_point[side] = engine->mount_point[side];
    trees.tree[side] = engine->tree[side];
  }
  return reparse_settle (&trees, rules);
}

static errint_t
compute (struct engine *base, const struct compare_rules *rules,
         struct delta *delta, unsigned filesystem)
{
  struct guestfs_engine *engine = (struct guestfs_engine *) base;
  errint_t r = parallel_sides (scan_side, engine);

  for (int side = 0; side < SIDES; ++side)
    if (engine->tree[side] != NULL)
      memory_budget_take (&engine->appliances->memory,
                          tree_size (engine->tree[side]));
  if (r == 0) {
    r = subvolumes_number (engine->tree);
    if (r == 0)
      r = settle (engine, rules);
    if (r < 0)
      log_error (engine->appliances->log, r, "cannot compare the trees",
                 engine->name);
  }
  return r < 0 ? r : compare (engine, rules, delta, filesystem);
}

/* A file in an appliance. */
struct source {
  struct appliance *appliance;
  const char *path;
};

static errint_t
fetch (void *opaque, void *buffer, size_t length, uint64_t offset)
{
  const struct source *source = opaque;

  return content_read (source->appliance, source->path, buffer, length,
                       offset);
}

static errint_t
pread_entry (struct engine *base, enum side side,
             const struct delta_entry *entry,
             void *buffer, size_t length, uint64_t offset, size_t *got)
{
  struct guestfs_engine *engine = (struct guestfs_engine *) base;
  const struct tree_node *node = compare_node (entry, side);
  CLEANUP_FREE char *path = NULL;
  struct source source = { .appliance = engine->appliances->side[side] };
  struct pieces_file file = { .key = node, .fetch = fetch, .opaque = &source };
  errint_t r;

  *got = 0;
  if (node == NULL || node->entry.type != ENTRY_FILE)
    return -EINVAL;
  if (offset >= node->entry.size)
    return 0;
  if (length > node->entry.size - offset)
    length = node->entry.size - offset;
  source.path = path = engine_node_path (engine, side, node);
  if (path == NULL)
    return -ENOMEM;
  file.size = node->entry.size;
  r = pieces_read (engine->pieces, &file, buffer, length, offset);
  if (r < 0) {
    complaints_add_node (engine->complaints, "cannot read the content",
                         node, r);
    return -EIO;
  }
  *got = length;
  return 0;
}

static void
close_engine (struct engine *base)
{
  struct guestfs_engine *engine = (struct guestfs_engine *) base;

  for (enum side side = 0; side < SIDES; ++side) {
    /* Stays mounted: the appliance ends without looking back. */
    free (engine->mount_point[side]);
    tree_free (engine->tree[side]);
  }
  pieces_free (engine->pieces);
  if (engine->complaints != NULL)
    complaints_free (engine->complaints);
  arena_free (engine->arena);
  pthread_mutex_destroy (&engine->lock);
  free (engine->name);
  free (engine->type);
  free (engine);
}

static const struct engine_operations operations = {
  .name = "guestfs",
  .compute = compute,
  .pread = pread_entry,
  .stat = resolve_stat,
  .read_path = resolve_read,
  .close = close_engine,
};

/* What has to be mounted, and where it is then. */
struct mounting {
  struct guestfs_engine *engine;
  const char *const *mountable;
};

static errint_t
mount_side (enum side side, void *opaque)
{
  struct mounting *mounting = opaque;
  struct guestfs_engine *engine = mounting->engine;

  if (mounting->mountable[side] == NULL)
    return 0;
  return mounts_mount (engine->appliances->side[side],
                       mounting->mountable[side], engine->type, engine->name,
                       &engine->mount_point[side]);
}

static struct guestfs_engine *
new_engine (struct appliances *appliances, const char *type, const char *name)
{
  struct guestfs_engine *engine = calloc (1, sizeof *engine);

  if (engine == NULL)
    return NULL;
  engine->engine.operations = &operations;
  engine->appliances = appliances;
  pthread_mutex_init (&engine->lock, NULL);
  engine->name = strdup (name);
  engine->type = strdup (type);
  engine->complaints = complaints_new (appliances->log, name);
  engine->arena = arena_new ();
  engine->pieces = pieces_new ();
  if (engine->name == NULL || engine->type == NULL || engine->pieces == NULL
      || engine->complaints == NULL || engine->arena == NULL) {
    close_engine (&engine->engine);
    return NULL;
  }
  return engine;
}

errint_t
guestfs_engine_open (struct appliances *appliances,
                     const char *const mountable[SIDES],
                     const char *type, const char *name,
                     struct engine **result)
{
  struct guestfs_engine *engine = new_engine (appliances, type, name);
  struct mounting mounting = { engine, mountable };
  errint_t r;

  *result = NULL;
  if (engine == NULL)
    return log_error (appliances->log, -ENOMEM,
                      "cannot open the filesystem", name);
  r = parallel_sides (mount_side, &mounting);
  if (r < 0) {
    close_engine (&engine->engine);
    return r;
  }
  *result = &engine->engine;
  return 0;
}
