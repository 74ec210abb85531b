/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The two passes of recovery, see xfs/recovery.h: the first finds the buffers that
 * were freed, which must not be replayed, and work that was begun and not done;
 * the second replays (xlog_do_log_recovery of fs/xfs/xfs_log_recover.c).
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "bytes.h"
#include "xfs/inode.h"
#include "xfs/recovery.h"
#include "xfs/recovery_private.h"

/* Of struct xfs_attri_log_format: set, remove and replace a parent pointer are the last
 * three. */
#define FIRST_PARENT_OPERATION 4

/* Freed buffers and unfinished work that are remembered: some 80 bytes each. */
#define NOTES_MAX ((size_t) 512 * 1024)

struct cancelled_key {
  uint64_t first;
  uint64_t count;
};

struct xfs_cancelled {
  struct cancelled_key key;
  size_t times;                 /* still to come in the second pass */
  UT_hash_handle hh;
};

struct intent_key {
  uint64_t id;
  uint64_t type;
};

struct xfs_intent {
  struct intent_key key;
  bool can_finish;              /* EDIT says how */
  struct xfs_edit edit;
  UT_hash_handle hh;
};

errint_t
xfs_recover_damaged (const struct xfs_recovery *recovery)
{
  *recovery->reason = "its log is damaged";
  return -ENOTSUP;
}

static struct xfs_cancelled *
find_cancelled (const struct xfs_recovery *recovery, uint64_t first,
                uint32_t count)
{
  struct cancelled_key key = { .first = first, .count = count };
  struct xfs_cancelled *cancelled;

  HASH_FIND (hh, recovery->cancelled, &key, sizeof key, cancelled);
  return cancelled;
}

bool
xfs_recover_is_cancelled (const struct xfs_recovery *recovery,
                         uint64_t first, uint32_t count)
{
  return find_cancelled (recovery, first, count) != NULL;
}

static errint_t
draw_note (struct xfs_recovery *recovery)
{
  if (recovery->notes == NOTES_MAX)
    return -EFBIG;
  ++recovery->notes;
  return 0;
}

static errint_t
add_cancelled (struct xfs_recovery *recovery,
               const struct xfs_buffer_format *format)
{
  struct xfs_cancelled *cancelled
    = find_cancelled (recovery, format->first, format->count);

  if (cancelled == NULL) {
    errint_t err = draw_note (recovery);

    if (err < 0)
      return err;
    cancelled = calloc (1, sizeof *cancelled);
    if (cancelled == NULL)
      return -ENOMEM;
    cancelled->key.first = format->first;
    cancelled->key.count = format->count;
    HASH_ADD (hh, recovery->cancelled, key, sizeof cancelled->key,
              cancelled);
  }
  ++cancelled->times;
  return 0;
}

/* From here on the blocks may hold a new buffer. */
static void
drop_cancelled (struct xfs_recovery *recovery,
                const struct xfs_buffer_format *format)
{
  struct xfs_cancelled *cancelled
    = find_cancelled (recovery, format->first, format->count);

  if (cancelled != NULL && --cancelled->times == 0) {
    HASH_DEL (recovery->cancelled, cancelled);
    free (cancelled);
    --recovery->notes;
  }
}

/* Work that changes files: mappings, attributes, exchanged extents.  What frees
 * blocks, or keeps count of them, changes none.  DONE: the item says that it has
 * been done. */
static bool
is_intent (unsigned type, bool *done)
{
  *done = (type & 1) != 0;
  return type >= XFS_ITEM_MAP && type <= XFS_ITEM_EXCHANGE_DONE;
}

/* Of struct xfs_map_extent. */
#define MAP_SIZE 48             /* of an item with one */
#define MAP_TYPE 0xffU
#define MAP_MAPS 1U
#define MAP_UNMAPS 2U
#define MAP_UNWRITTEN (UINT32_C (1) << 30)

/* The mapping that an item of maps asks for; false for what only the kernel can
 * finish, and for what it would refuse (xfs_bui_validate). */
static bool
read_map (const struct xfs_filesystem *fs, const struct xfs_region *region,
          struct xfs_edit *edit)
{
  const uint8_t *map = region->bytes + 16;
  uint32_t flags;

  if (region->length < MAP_SIZE || bytes_le32 (region->bytes + 4) != 1)
    return false;
  flags = bytes_le32 (map + 28);
  *edit = (struct xfs_edit) {
    .inode = bytes_le64 (map), .offset = bytes_le64 (map + 16),
    .count = bytes_le32 (map + 24),
    .map = (flags & MAP_TYPE) == MAP_MAPS,
    .unwritten = (flags & MAP_UNWRITTEN) != 0,
  };
  edit->block = xfs_linear_block (fs, bytes_le64 (map + 8), edit->count);
  return (flags & ~(MAP_TYPE | MAP_UNWRITTEN)) == 0
    && (edit->map || (flags & MAP_TYPE) == MAP_UNMAPS)
    && edit->count > 0 && edit->count <= 0x1fffff
    && edit->offset < UINT64_C (1) << 54 && edit->block != UINT64_MAX
    && xfs_inode_number_valid (fs, edit->inode);
}

/* What has not been done at the end of the log. */
static errint_t
take_edits (const struct xfs_recovery *recovery, struct xfs_edits *edits)
{
  const struct xfs_intent *intent = recovery->intents;

  for (; intent != NULL; intent = intent->hh.next) {
    if (!intent->can_finish || edits->count == XFS_EDITS_MAX) {
      *recovery->reason = "its log holds work that only the kernel can finish";
      return -ENOTSUP;
    }
    edits->list[edits->count++] = intent->edit;
  }
  return 0;
}

static errint_t
note_intent (struct xfs_recovery *recovery, const struct xfs_item *item,
             bool done)
{
  const struct xfs_region *region = &item->regions[0];
  struct intent_key key = { .type = item->type & ~1U };
  struct xfs_intent *intent;
  errint_t err;

  if (region->length < 16
      || (item->type == XFS_ITEM_ATTRIBUTE && region->length < 28))
    return xfs_recover_damaged (recovery);
  /* Nobody sees parent pointers. */
  if (item->type == XFS_ITEM_ATTRIBUTE
      && (bytes_le32 (region->bytes + 24) & 0xff) >= FIRST_PARENT_OPERATION)
    return 0;
  key.id = bytes_le64 (region->bytes + 8);
  HASH_FIND (hh, recovery->intents, &key, sizeof key, intent);
  if (done && intent != NULL) {
    HASH_DEL (recovery->intents, intent);
    free (intent);
    --recovery->notes;
  }
  if (done || intent != NULL)
    return 0;
  err = draw_note (recovery);
  if (err < 0)
    return err;
  intent = calloc (1, sizeof *intent);
  if (intent == NULL)
    return -ENOMEM;
  intent->key = key;
  intent->can_finish = item->type == XFS_ITEM_MAP
    && read_map (recovery->fs, region, &intent->edit);
  HASH_ADD (hh, recovery->intents, key, sizeof intent->key, intent);
  return 0;
}

/* -EFBIG with its reason. */
static errint_t
too_much (const struct xfs_recovery *recovery, errint_t err)
{
  if (err != -EFBIG)
    return err;
  *recovery->reason = "its log changes more than memory is set apart for";
  return -ENOTSUP;
}

static errint_t
first_pass (void *opaque, const struct xfs_transaction *transaction)
{
  struct xfs_recovery *recovery = opaque;
  errint_t err = 0;

  for (size_t i = 0; i < transaction->count && err == 0; ++i) {
    const struct xfs_item *item = &transaction->items[i];
    struct xfs_buffer_format format;
    bool done;

    if (item->type == XFS_ITEM_BUFFER) {
      err = xfs_recover_buffer_format (recovery, item, &format);
      if (err == 0 && (format.flags & XFS_BUFFER_CANCEL))
        err = add_cancelled (recovery, &format);
    } else if (is_intent (item->type, &done))
      err = note_intent (recovery, item, done);
    else if (item->type < XFS_ITEM_EXTENT_FREE
             || item->type > XFS_ITEM_EXCHANGE_DONE) {
      *recovery->reason = "its log holds items that are not known here";
      err = -ENOTSUP;
    }
  }
  return too_much (recovery, err);
}

/* Buffers come before inodes, and what frees buffers comes last, whatever their order in
 * the transaction (xlog_recover_reorder_trans). */
static unsigned
turn_of (const struct xfs_item *item, const struct xfs_buffer_format *format)
{
  if (item->type == XFS_ITEM_BUFFER)
    return format->flags & XFS_BUFFER_CANCEL ? 2 : 0;
  return item->type == XFS_ITEM_INODE_CREATE ? 0 : 1;
}

static errint_t
replay_item (struct xfs_recovery *recovery, const struct xfs_item *item,
             const struct xfs_buffer_format *format, uint64_t sequence)
{
  switch (item->type) {
  case XFS_ITEM_BUFFER:
    if (format->flags & XFS_BUFFER_CANCEL)
      drop_cancelled (recovery, format);
    /* Of buffers of inodes only the list of unlinked ones is replayed, of quota
     * nothing is shown. */
    else if (!(format->flags & (XFS_BUFFER_INODES | XFS_BUFFER_QUOTA)))
      return xfs_recover_buffer (recovery, item, sequence);
    return 0;
  case XFS_ITEM_INODE:
    return xfs_recover_inode (recovery, item, sequence);
  case XFS_ITEM_INODE_CREATE:
    return xfs_recover_inode_create (recovery, item);
  default:
    return 0;
  }
}

static errint_t
second_pass (void *opaque, const struct xfs_transaction *transaction)
{
  struct xfs_recovery *recovery = opaque;
  errint_t err = 0;

  for (unsigned turn = 0; turn < 3; ++turn)
    for (size_t i = 0; i < transaction->count && err == 0; ++i) {
      const struct xfs_item *item = &transaction->items[i];
      struct xfs_buffer_format format = { .flags = 0 };

      if (item->type == XFS_ITEM_BUFFER)
        err = xfs_recover_buffer_format (recovery, item, &format);
      if (err == 0 && turn_of (item, &format) == turn)
        err = replay_item (recovery, item, &format,
                           transaction->sequence);
    }
  return err == -EIO ? xfs_recover_damaged (recovery)
    : too_much (recovery, err);
}

static void
clear (struct xfs_recovery *recovery)
{
  struct xfs_cancelled *cancelled, *next_cancelled;
  struct xfs_intent *intent, *next_intent;

  HASH_ITER (hh, recovery->cancelled, cancelled, next_cancelled) {
    HASH_DEL (recovery->cancelled, cancelled);
    free (cancelled);
  }
  HASH_ITER (hh, recovery->intents, intent, next_intent) {
    HASH_DEL (recovery->intents, intent);
    free (intent);
  }
  xfs_sectors_clear (&recovery->sectors);
}

errint_t
xfs_recover (const struct xfs_filesystem *fs, bool *replayed,
             struct xfs_edits *edits, const char **reason)
{
  struct xfs_recovery recovery = {
    .fs = fs, .reason = reason,
    .sectors = { .blocks = fs->blocks, .side = fs->side },
  };
  struct xfs_log log;
  errint_t err = xfs_log_open (fs, &log, reason);

  *replayed = false;
  edits->count = 0;
  if (err < 0 || log.clean)
    return err;
  err = xfs_transactions_visit (&log, first_pass, &recovery, reason);
  if (err == 0)
    err = take_edits (&recovery, edits);
  if (err == 0)
    err = xfs_transactions_visit (&log, second_pass, &recovery, reason);
  if (err == 0)
    err = xfs_sectors_finish (&recovery.sectors);
  *replayed = err == 0;
  clear (&recovery);
  return err;
}
