/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Probing both disks: see disks.h.
 */
#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "disks.h"
#include "fs_header.h"
#include "layers.h"
#include "pair_device.h"

/* How many of the bytes of a device were written, wherever they lie. */
static uint64_t
bytes_written (const struct device *device)
{
  CLEANUP_EXTENTS struct extents places = { 0 };
  uint64_t bytes = 0;

  if (layers_places (device, 0, device->size, &places) != 0)
    return 0;
  for (size_t i = 0; i < places.count; ++i)
    bytes += extents_overlap (device->disk_written, places.list[i].offset,
                              places.list[i].length);
  return bytes;
}

/* What -v says of each partition and logical volume. */
static void
tell_volumes (const struct disks *disks, const struct image_pair *pair,
              const struct log *log)
{
  const struct extents *written = pair_written (pair);

  for (size_t i = 0; i < disks->filesystems->count && log->verbose; ++i)
    for (int side = 0; side < SIDES; ++side) {
      const struct filesystem *filesystem = &disks->filesystems->list[i];
      const struct filesystem_side *on_side = &filesystem->side[side];
      const char *reason = on_side->volume != NULL ? on_side->volume->reason
        : on_side->reason;

      if (reason != NULL)
        log_detail (log, "%s: only an appliance sees what is inside: %s",
                    filesystem->device, reason);
    }
  for (size_t i = 0; i < disks->filesystems->count && log->verbose; ++i) {
    const struct filesystem *filesystem = &disks->filesystems->list[i];
    const struct filesystem_side *side = filesystem_identity (filesystem);
    const char *type = side->type != NULL ? side->type : "no known type";

    if (!filesystem->written)
      log_detail (log, "%s: %s, not written to: unchanged",
                  filesystem->device, type);
    else if (written != NULL && side->volume != NULL)
      log_detail (log, "%s: %s, %" PRIu64 " bytes written since the base",
                  filesystem->device, type,
                  bytes_written (side->volume->device));
    else
      log_detail (log, "%s: %s, may differ anywhere",
                  filesystem->device, type);
  }
}

/* Is the filesystem one that lies in front of what was written to its partition,
 * or behind it?  Its header is the base's then, and means the same on both
 * sides. */
static bool
is_beside_written (const struct filesystem *filesystem)
{
  const struct volume *base = filesystem->side[SIDE_BASE].volume;
  const struct volume *overlay = filesystem->side[SIDE_OVERLAY].volume;
  CLEANUP_EXTENTS struct extents written = { 0 };
  struct fs_header header;
  bool known;

  return base != NULL && overlay != NULL && base->length <= overlay->length
    && base->use == VOLUME_FILESYSTEM && overlay->use == VOLUME_FILESYSTEM
    && base->type != NULL && overlay->type != NULL
    && strcmp (base->type, overlay->type) == 0
    && fs_header_read (overlay, &header)
    && device_written (base->device, overlay->device, &written, &known) == 0
    && known && !extents_touches (&written, header.start,
                                  header.end - header.start);
}

/* A btrfs may go on on another device. */
static void
leave_unwritten (struct filesystems *filesystems)
{
  for (size_t i = 0; i < filesystems->count; ++i) {
    struct filesystem *filesystem = &filesystems->list[i];

    if (filesystem->written && !filesystem_is_btrfs (filesystem)
        && is_beside_written (filesystem))
      filesystem->written = false;
  }
}

/* Without any key, what is encrypted stays locked: no appliance is needed to
 * find that out. */
static void
lock_encrypted (struct filesystems *filesystems, char *const *keys)
{
  if (keys != NULL && *keys != NULL)
    return;
  for (size_t i = 0; i < filesystems->count; ++i)
    for (int side = 0; side < SIDES; ++side) {
      struct filesystem_side *on_side = &filesystems->list[i].side[side];

      if (on_side->type != NULL
          && strcmp (on_side->type, "crypto_LUKS") == 0)
        on_side->contents = CONTENTS_LOCKED;
    }
}

errint_t
disks_probe (struct image_pair *pair,
             const struct inspection_options *options, struct disks *disks)
{
  const struct volumes *volumes[SIDES];
  errint_t error;

  for (int side = 0; side < SIDES; ++side) {
    error = pair_device_open (pair, (enum side) side, &disks->disk[side]);
    if (error != 0)
      return log_error (options->log, error, "cannot inspect the disks",
                        options->overlay);
    error = volumes_probe (disks->disk[side],
                           side == SIDE_BASE ? NULL
                           : disks->volumes[SIDE_BASE], options->log,
                           &disks->volumes[side]);
    if (error != 0)
      return error;
    volumes[side] = disks->volumes[side];
  }
  disks->filesystems = filesystems_new ();
  if (disks->filesystems == NULL)
    return log_error (options->log, -ENOMEM, "cannot inspect the disks",
                      options->overlay);
  error = filesystems_add_volumes (disks->filesystems, volumes,
                                   options->log);
  if (error != 0)
    return error;
  leave_unwritten (disks->filesystems);
  lock_encrypted (disks->filesystems, options->keys);
  tell_volumes (disks, pair, options->log);
  return 0;
}

void
disks_clear (struct disks *disks)
{
  if (disks->filesystems != NULL)
    filesystems_free (disks->filesystems);
  for (int side = 0; side < SIDES; ++side)
    if (disks->volumes[side] != NULL)
      volumes_free (disks->volumes[side]);
  for (int side = 0; side < SIDES; ++side)
    if (disks->disk[side] != NULL)
      device_close (disks->disk[side]);
  *disks = (struct disks) { .filesystems = NULL };
}
