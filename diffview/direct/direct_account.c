/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Accounting for written blocks: both sides' owners claim them, a window of
 * blocks at a time, then each one is compared and counted.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "account_claims.h"
#include "device_compare.h"
#include "account_open.h"

/* Blocks in a window: 5 bytes of memory each, for each side. */
#define WINDOW (4u << 20)
#define PROGRESS_STEP (1u << 20)        /* bytes */

struct accounting {
  struct device *const *disk;
  const struct extents *written;        /* borrowed, bytes of the disk */
  const struct progress *progress;
  bool base_unknown;
  uint64_t offset, end;         /* of the overlay's volume, on the disk */
  uint64_t first, after;        /* of what belongs to its filesystem */
  struct blocks *blocks;        /* owned, as the filesystems are */
  struct reader *reader[SIDES];         /* NULL: a side has none */
  struct account_claims side[SIDES];
  struct written_blocks numbered;       /* owned */
  struct account *account;
  enum account_class outside;   /* class of what lies outside */
  uint64_t done, total;         /* bytes */
};

/* The class of a block that differs. */
static enum account_class
class_of_block (const struct accounting *accounting, uint64_t block)
{
  const struct account_claims *base = &accounting->side[SIDE_BASE];
  const struct account_claims *overlay = &accounting->side[SIDE_OVERLAY];
  uint8_t value = claims_of (&overlay->claims, block);

  if (value != 0)
    return (enum account_class) (value - 1);
  if (overlay->damaged)
    return ACCOUNT_UNKNOWN;
  if (accounting->reader[SIDE_BASE] != NULL && claims_of (&base->claims,
                                                          block) != 0)
    return ACCOUNT_FREED;
  return base->damaged || accounting->base_unknown ? ACCOUNT_UNKNOWN :
    ACCOUNT_NEVER_USED;
}

static void
count (struct accounting *accounting, enum account_class which,
       uint64_t length)
{
  uint64_t before = accounting->done;

  accounting->account->bytes[which] += length;
  accounting->done += length;
  if (before / PROGRESS_STEP != accounting->done / PROGRESS_STEP)
    progress_update (accounting->progress, "account", accounting->done,
                     accounting->total);
}

static void
visit_inside (void *opaque, uint64_t offset, uint64_t length,
              enum device_verdict verdict)
{
  struct accounting *accounting = opaque;
  uint64_t block = (offset - accounting->offset) /
    accounting->reader[SIDE_OVERLAY]->block_size;

  count (accounting, verdict == DEVICE_EQUAL ? ACCOUNT_IDENTICAL :
         verdict == DEVICE_UNREADABLE ? ACCOUNT_UNREADABLE :
         class_of_block (accounting, block), length);
}

static void
visit_outside (void *opaque, uint64_t offset, uint64_t length,
               enum device_verdict verdict)
{
  struct accounting *accounting = opaque;

  (void) offset;
  count (accounting, verdict == DEVICE_EQUAL ? ACCOUNT_IDENTICAL :
         verdict == DEVICE_UNREADABLE ? ACCOUNT_UNREADABLE :
         accounting->outside, length);
}

/* What lies in the volume, but before or behind its filesystem. */
static errint_t
account_outside (struct accounting *accounting, uint64_t from, uint64_t to,
                 enum account_class which)
{
  accounting->outside = which;
  return device_compare (accounting->disk, accounting->written, from, to,
                         from, 512, visit_outside, accounting);
}

static errint_t
claim_all (struct accounting *accounting, uint64_t start, uint32_t length)
{
  errint_t err = 0;

  for (int side = 0; side < SIDES && err == 0; ++side) {
    struct account_claims *s = &accounting->side[side];

    const struct reader *reader = accounting->reader[side];
    const struct reader *base = accounting->reader[SIDE_BASE];

    if (reader == NULL)
      continue;
    claims_begin (&s->claims, start, length);
    err = reader->format->claim (reader, side == SIDE_OVERLAY && base != NULL
                                 && base->format == reader->format ? base
                                 : NULL, s);
  }
  return err;
}

static errint_t
account_window (struct accounting *accounting, uint64_t start,
                uint32_t length)
{
  const struct written_blocks *numbered = &accounting->numbered;
  uint32_t size = accounting->reader[SIDE_OVERLAY]->block_size;
  uint64_t from = accounting->offset +
    written_blocks_at (numbered, start) * size;
  uint64_t to = accounting->offset +
    (written_blocks_at (numbered, start + length - 1) + 1) * size;
  errint_t err = claim_all (accounting, start, length);

  if (err < 0)
    return err;
  return device_compare (accounting->disk, accounting->written,
                         from > accounting->first ? from : accounting->first,
                         to, accounting->offset, size, visit_inside,
                         accounting);
}

/* The blocks in which something was written. */
static errint_t
number_blocks (struct accounting *accounting)
{
  const struct extents *written = accounting->written;
  uint32_t size = accounting->reader[SIDE_OVERLAY]->block_size;
  CLEANUP_EXTENTS struct extents list = { 0 };
  uint64_t done = 0;            /* blocks below this are in the list */

  for (size_t i = extents_find (written, accounting->first);
       i < written->count && written->list[i].offset < accounting->after;
       ++i) {
    const struct extent *extent = &written->list[i];
    uint64_t from = extent->offset > accounting->first ? extent->offset :
      accounting->first;
    uint64_t to = extent->offset + extent->length;
    errint_t err;

    if (to > accounting->after)
      to = accounting->after;
    from = (from - accounting->offset) / size;
    to = (to - accounting->offset + size - 1) / size;
    if (from < done)
      from = done;
    if (from >= to)
      continue;
    err = extents_append (&list, from, to - from);
    if (err < 0)
      return err;
    done = to;
  }
  return written_blocks_init (&accounting->numbered, &list);
}

static errint_t
account_inside (struct accounting *accounting)
{
  uint64_t start = 0;
  errint_t err = number_blocks (accounting);

  for (int side = 0; side < SIDES && err == 0; ++side)
    if (accounting->reader[side] != NULL)
      err = claims_init (&accounting->side[side].claims,
                         &accounting->numbered, WINDOW);
  while (err == 0 && start < accounting->numbered.count) {
    uint64_t rest = accounting->numbered.count - start;
    uint32_t length = rest < WINDOW ? (uint32_t) rest : WINDOW;

    err = account_window (accounting, start, length);
    start += length;
  }
  return err;
}

static errint_t
open_sides (struct accounting *accounting,
            const struct format *const format[SIDES],
            const struct volume *const volume[SIDES], const char **reason)
{
  struct device *const device[SIDES] = {
    volume[SIDE_BASE] != NULL ? volume[SIDE_BASE]->device : NULL,
    volume[SIDE_OVERLAY]->device,
  };
  errint_t err = blocks_new (device, &accounting->blocks);

  for (int side = SIDES - 1; side >= 0 && err == 0; --side) {
    struct account_claims *s = &accounting->side[side];

    if (volume[side] == NULL)
      continue;
    err = format[side]->open (accounting->blocks, (enum side) side, reason,
                              &accounting->reader[side]);
    /* Without the base's nobody knows what was freed. */
    if (side == SIDE_BASE && (err == -ENOTSUP || err == -EIO)) {
      accounting->base_unknown = true;
      return 0;
    }
    if (err < 0)
      return err;
    s->offset = volume[side]->offset;
    s->claims_offset = accounting->offset;
    s->claims_block_size = accounting->reader[SIDE_OVERLAY]->block_size;
  }
  return err;
}

static errint_t
account_all (struct accounting *accounting)
{
  const struct reader *reader = accounting->reader[SIDE_OVERLAY];
  uint64_t offset = accounting->offset;
  errint_t err;

  accounting->first = offset + reader->start;
  accounting->after = offset + reader->block_count * reader->block_size;
  err = account_outside (accounting, offset, accounting->first,
                         ACCOUNT_BOOT_SECTOR);
  if (err == 0)
    err = account_inside (accounting);
  if (err == 0)
    err = account_outside (accounting, accounting->after, accounting->end,
                           ACCOUNT_GAP);
  return err;
}

static void
clear (struct accounting *accounting)
{
  for (int side = 0; side < SIDES; ++side) {
    claims_clear (&accounting->side[side].claims);
    if (accounting->reader[side] != NULL)
      accounting->reader[side]->format->close (accounting->reader[side]);
  }
  written_blocks_clear (&accounting->numbered);
  if (accounting->blocks != NULL)
    blocks_free (accounting->blocks);
}

errint_t
account_filesystem (const struct format *const format[SIDES],
                    struct device *const disk[SIDES],
                    const struct volume *const volume[SIDES],
                    bool base_unknown, const struct extents *written,
                    const char *name, const struct log *log,
                    const struct progress *progress, const char **reason,
                    struct account *account, bool *damaged)
{
  struct accounting accounting = {
    .disk = disk,
    .written = written,
    .progress = progress,
    .base_unknown = base_unknown,
    .offset = volume[SIDE_OVERLAY]->offset,
    .end = volume[SIDE_OVERLAY]->offset + volume[SIDE_OVERLAY]->length,
    .account = account,
    .total = extents_total (written),
  };
  errint_t err;

  *reason = NULL;
  *account = (struct account) { { 0 } };
  err = open_sides (&accounting, format, volume, reason);
  if (err == 0)
    err = account_all (&accounting);
  *damaged = err < 0 || accounting.side[SIDE_BASE].damaged ||
    accounting.side[SIDE_OVERLAY].damaged;
  if (err == 0 && *damaged)
    *reason = accounting.side[SIDE_OVERLAY].damaged ?
      "its inodes or block lists are damaged" :
      "its inodes or block lists are damaged in the base";
  if (*damaged && err != -ENOMEM)
    log_report (log, LOG_LEVEL_WARNING, "the account is incomplete", name,
                "%s", *reason != NULL ? *reason : strerror (-err));
  clear (&accounting);
  return err == -EIO ? -ENOTSUP : err;
}
