/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What format.h asks, answered for XFS.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xfs/claim.h"
#include "xfs/directory.h"
#include "xfs/extent_list.h"
#include "xfs/log_records.h"
#include "xfs/metadata.h"
#include "xfs/owners.h"
#include "xfs/recovery.h"
#include "xfs/scan.h"
#include "xfs/xfs.h"
#include "xfs/xfs_private.h"

static const char *const types[] = { "xfs", NULL };

static enum direct_journal
xfs_journal (struct device *device)
{
  struct device *const devices[SIDES] = {
    [SIDE_BASE] = device->side == SIDE_BASE ? device : NULL,
    [SIDE_OVERLAY] = device->side == SIDE_OVERLAY ? device : NULL,
  };
  CLEANUP (blocks_free) struct blocks *blocks = NULL;
  struct xfs_filesystem fs;
  struct xfs_log log;
  const char *reason;
  errint_t err = blocks_new (devices, &blocks);

  if (err == 0)
    err = xfs_filesystem_open (blocks, device->side, &fs, &reason);
  if (err == 0)
    err = xfs_log_open (&fs, &log, &reason);
  return err < 0 ? DIRECT_JOURNAL_UNKNOWN
    : log.clean ? DIRECT_JOURNAL_CLEAN : DIRECT_JOURNAL_NEEDS_RECOVERY;
}

static void
xfs_close (struct reader *reader)
{
  struct xfs_reader *xfs = (struct xfs_reader *) reader;

  xfs_chunks_clear (&xfs->chunks);
  reader_clear (reader);
  free (xfs);
}

/* The superblock, what the log makes of it, and where the inodes are. */
static errint_t
open_parts (struct xfs_reader *xfs, struct blocks *blocks, enum side side,
            const char **reason)
{
  struct xfs_filesystem *fs = &xfs->fs;
  bool replayed = false;
  errint_t err = xfs_filesystem_open (blocks, side, fs, reason);

  if (err == 0)
    err = xfs_recover (fs, &replayed, &xfs->edits, reason);
  if (err == 0 && replayed)
    err = xfs_filesystem_open (blocks, side, fs, reason);
  if (err < 0)
    return err;
  xfs->reader.block_size = fs->block_size;
  xfs->reader.block_count = fs->block_count;
  budget_start (xfs->reader.budget, fs->block_count, fs->block_size);
  fs->budget = xfs->reader.budget;
  fs->edits = &xfs->edits;
  return xfs_chunks_read (fs, &xfs->chunks);
}

static errint_t
xfs_open (struct blocks *blocks, enum side side, const char **reason,
          struct reader **result)
{
  struct xfs_reader *xfs = calloc (1, sizeof *xfs);
  errint_t err;

  if (xfs == NULL)
    return -ENOMEM;
  err = reader_init (&xfs->reader, &xfs_format, blocks, side);
  if (err == 0)
    err = open_parts (xfs, blocks, side, reason);
  if (err == 0)
    *result = &xfs->reader;
  else
    xfs_close (&xfs->reader);
  return err;
}

/* Inodes lie at places that their numbers tell.  A filesystem may have grown. */
static bool
xfs_comparable (const struct reader *base, const struct reader *overlay)
{
  const struct xfs_filesystem *a = xfs_filesystem_of (base);
  const struct xfs_filesystem *b = xfs_filesystem_of (overlay);

  return a->block_size == b->block_size && a->inode_size == b->inode_size
    && a->group_blocks == b->group_blocks
    && a->group_block_log == b->group_block_log
    && a->directory_block_size == b->directory_block_size
    && a->incompat == b->incompat
    && memcmp (a->uuid, b->uuid, XFS_UUID_SIZE) == 0;
}

static struct inode_id
xfs_root (const struct reader *reader)
{
  return xfs_id (xfs_filesystem_of (reader)->root);
}

static errint_t
xfs_entry (const struct reader *reader, struct inode_id id,
           struct arena *arena, struct entry *entry)
{
  return xfs_stat (xfs_filesystem_of (reader), id.number, arena, entry);
}

static errint_t
add_run (const struct xfs_filesystem *fs, const struct xfs_extent *extent,
         struct runs *runs)
{
  const struct run run = {
    .logical = extent->offset << fs->block_log,
    .position = extent->block << fs->block_log,
    .length = extent->count << fs->block_log,
    .kind = extent->unwritten ? RUN_UNWRITTEN : RUN_PLAIN,
  };

  return runs_add (runs, &run);
}

static errint_t
xfs_runs (const struct reader *reader, struct inode_id id, struct runs *runs)
{
  const struct xfs_filesystem *fs = xfs_filesystem_of (reader);
  CLEANUP_XFS_EXTENTS struct xfs_extents extents = { .list = NULL };
  struct xfs_inode inode;
  errint_t err = xfs_inode_read (fs, id.number, &inode);

  if (err < 0 || xfs_inode_type (&inode) != ENTRY_FILE)
    return err < 0 ? err : -EIO;
  runs->size = xfs_inode_size (&inode);
  err = xfs_extents_read (fs, &inode, XFS_FORK_DATA, &extents);
  if (err == -EIO) {
    runs->damaged = true;
    err = 0;
  }
  for (size_t i = 0; i < extents.count && err == 0; ++i)
    err = add_run (fs, &extents.list[i], runs);
  if (err == -EIO) {
    runs->damaged = true;
    err = 0;
  }
  return err;
}

struct visiting {
  name_visit *visit;
  void *opaque;
};

static int
visit_name (void *opaque, const char *name, size_t length, uint64_t inode)
{
  const struct visiting *visiting = opaque;

  return visiting->visit (visiting->opaque, name, length, xfs_id (inode),
                          ENTRY_UNKNOWN);
}

static int
xfs_names (const struct reader *reader, struct inode_id directory,
           name_visit *visit, void *opaque, bool *incomplete)
{
  const struct xfs_filesystem *fs = xfs_filesystem_of (reader);
  struct visiting visiting = { .visit = visit, .opaque = opaque };
  struct xfs_inode inode;
  int result = xfs_inode_read (fs, directory.number, &inode);

  if (result == 0)
    result = xfs_directory_iterate (fs, &inode, visit_name, &visiting,
                                    incomplete);
  if (result != -EIO)
    return result;
  *incomplete = true;
  return 0;
}

static errint_t
add_changed (void *opaque, uint64_t number)
{
  return inode_set_add (opaque, xfs_id (number), NULL);
}

static errint_t
xfs_changed_inodes (const struct reader *base, const struct reader *overlay,
                    const struct extents *written, struct inode_set *changed)
{
  const struct xfs_reader *const xfs[SIDES] = {
    (const struct xfs_reader *) base, (const struct xfs_reader *) overlay,
  };
  errint_t err = xfs_scan_changes (&xfs[SIDE_BASE]->fs,
                                   &xfs[SIDE_OVERLAY]->fs,
                                   &xfs[SIDE_BASE]->chunks, written,
                                   add_changed, changed);

  for (int side = 0; side < SIDES; ++side)
    for (size_t i = 0; i < xfs[side]->edits.count && err == 0; ++i)
      err = add_changed (changed, xfs[side]->edits.list[i].inode);
  return err;
}

const struct format xfs_format = {
  .name = "xfs",
  .types = types,
  .journal = xfs_journal,
  .open = xfs_open,
  .close = xfs_close,
  .comparable = xfs_comparable,
  .root = xfs_root,
  .entry = xfs_entry,
  .runs = xfs_runs,
  .names = xfs_names,
  .changed_inodes = xfs_changed_inodes,
  .owners = xfs_owners,
  .claim = xfs_claim,
};
