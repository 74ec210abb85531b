/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Holding the clocks and the identities of both sides against each other: see
 * right_base.h.
 */
#include <config.h>

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "right_base.h"
#include "fs_header.h"

static const char *
base_name (const struct image_pair *pair)
{
  struct pair_layer layer;

  for (size_t i = 0; pair_layer (pair, i, &layer); ++i)
    if (layer.role == PAIR_ROLE_BASE)
      return layer.file;
  return NULL;
}

/* Reads both superblocks: false unless they are of one and the same
 * filesystem. */
static bool
read_both (const struct filesystem *filesystem,
           struct fs_header header[SIDES])
{
  for (int side = 0; side < SIDES; ++side)
    if (!fs_header_read (filesystem->side[side].volume, &header[side]))
      return false;
  return memcmp (header[SIDE_BASE].identity,
                 header[SIDE_OVERLAY].identity,
                 FS_HEADER_IDENTITY) == 0;
}

static bool
is_ahead (const struct fs_header header[SIDES])
{
  return header[SIDE_OVERLAY].clock != 0
    && header[SIDE_BASE].clock > header[SIDE_OVERLAY].clock;
}

static bool
is_later (const struct fs_header header[SIDES])
{
  return header[SIDE_OVERLAY].written != 0
    && header[SIDE_BASE].written > header[SIDE_OVERLAY].written;
}

static void
report_proof (const struct image_pair *pair,
              const struct filesystem *filesystem,
              const struct fs_header header[SIDES],
              const struct log *log)
{
  log_report (log, LOG_LEVEL_WARNING,
              "the base was written to after the overlay was made",
              base_name (pair), "%s on %s counts %" PRIu64 " %s in the base, "
              "%" PRIu64 " in the overlay above it: changes of the base are "
              "among those of the guest",
              filesystem->side[SIDE_BASE].type, filesystem->device,
              header[SIDE_BASE].clock, header[SIDE_BASE].clock_unit,
              header[SIDE_OVERLAY].clock);
}

/* What is damaged is most likely of two moments: half the overlay's, half that
 * of a base which is another one by now. */
static void
hint_at_damage (bool damaged, const struct log *log)
{
  if (damaged)
    log_hint (log, "what cannot be read may come from that: an overlay fits "
              "only the base as it was when the overlay was made; if there "
              "is a copy of that, name it with --base FILE");
}

static const char maybe[] =
  "the base may have been written to after the overlay was made";

static bool
check_clocks (struct image_pair *pair, const struct filesystems *filesystems,
              bool damaged, const struct log *log)
{
  const struct filesystem *later = NULL;
  bool written = false;

  for (size_t i = 0; i < filesystems->count; ++i) {
    const struct filesystem *filesystem = &filesystems->list[i];
    struct fs_header header[SIDES];

    written = written || filesystem->written;
    if (!filesystem->written || !read_both (filesystem, header))
      continue;
    if (is_ahead (header)) {
      report_proof (pair, filesystem, header, log);
      hint_at_damage (damaged, log);
      return true;
    }
    if (later == NULL && is_later (header))
      later = filesystem;
  }
  if (later != NULL)
    log_report (log, LOG_LEVEL_WARNING, maybe, base_name (pair),
                "by the guests' clocks, %s on %s was written to in the base "
                "later than in the overlay", later->side[SIDE_BASE].type,
                later->device);
  else if (written && pair_base_is_younger (pair))
    log_report (log, LOG_LEVEL_WARNING, maybe, base_name (pair),
                "its file was written after the overlay's file was made (a "
                "later copy looks the same)");
  else
    damaged = false;
  hint_at_damage (damaged, log);
  return false;
}

static bool
has_identity (const struct filesystem_side *side)
{
  return side->uuid != NULL && (side->contents == CONTENTS_FILESYSTEM
                                || side->contents == CONTENTS_CONTAINER
                                || side->contents == CONTENTS_OPENED
                                || side->contents == CONTENTS_LOCKED);
}

static bool
is_anywhere (const struct filesystems *filesystems, enum side side,
             const char *uuid)
{
  for (size_t i = 0; i < filesystems->count; ++i) {
    const struct filesystem_side *on_side = &filesystems->list[i].side[side];

    if (has_identity (on_side) && strcasecmp (on_side->uuid, uuid) == 0)
      return true;
  }
  return false;
}

/* Both have filesystems, and not one in common. */
static bool
are_strangers (const struct filesystems *filesystems)
{
  bool any[SIDES] = { false, false };

  for (size_t i = 0; i < filesystems->count; ++i) {
    const struct filesystem *filesystem = &filesystems->list[i];

    for (int side = 0; side < SIDES; ++side)
      any[side] = any[side] || has_identity (&filesystem->side[side]);
    if (has_identity (&filesystem->side[SIDE_OVERLAY])
        && is_anywhere (filesystems, SIDE_BASE,
                        filesystem->side[SIDE_OVERLAY].uuid))
      return false;
  }
  return any[SIDE_BASE] && any[SIDE_OVERLAY];
}

bool
right_base_was_changed (struct image_pair *pair, const struct disks *disks,
                        bool damaged, const struct log *log)
{
  const struct filesystems *filesystems = disks->filesystems;

  if (are_strangers (filesystems)) {
    log_report (log, LOG_LEVEL_WARNING, "is it the right base?",
                base_name (pair), "by UUID, it has none of the overlay's "
                "filesystems");
    hint_at_damage (damaged && pair_is_stacked (pair), log);
    return false;
  }
  return pair_is_stacked (pair) && check_clocks (pair, filesystems, damaged,
                                                log);
}
