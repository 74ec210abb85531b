/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The account of all written bytes: partition after partition takes its own
 * out of what is left.
 */
#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "device_compare.h"
#include "direct_account.h"
#include "fs_header.h"
#include "layers.h"
#include "slice.h"
#include "survey_account.h"

/* What is outside any filesystem is compared in sectors. */
#define SECTOR 512

struct sharing {
  struct image_pair *pair;
  const struct disks *disks;
  const struct inspection_options *options;
  struct survey *survey;
  struct extents left;          /* owned: written bytes that are nobody's */
  /* What is being looked at is compared here: the disks, or a logical volume.
   * Borrowed. */
  struct device *device[SIDES];
};

/* Counting what device_compare finds. */
struct counting {
  struct account *account;
  enum account_class different; /* class of what differs */
};

static void
count (void *opaque, uint64_t offset, uint64_t length,
       enum device_verdict verdict)
{
  struct counting *counting = opaque;
  enum account_class which = verdict == DEVICE_EQUAL ? ACCOUNT_IDENTICAL
    : verdict == DEVICE_UNREADABLE ? ACCOUNT_UNREADABLE : counting->different;

  (void) offset;
  counting->account->bytes[which] += length;
}

/* Compares what of BYTES lies from FROM to TO. */
static errint_t
compare_between (struct sharing *sharing, const struct extents *bytes,
                 uint64_t from, uint64_t to, enum account_class different,
                 struct account *account)
{
  struct counting counting = { .account = account, .different = different };

  return device_compare (sharing->device, bytes, from, to, from, SECTOR,
                         count, &counting);
}

/* Compares all of BYTES. */
static errint_t
compare_sectors (struct sharing *sharing, const struct extents *bytes,
                 enum account_class different, struct account *account)
{
  return compare_between (sharing, bytes, 0,
                          sharing->device[SIDE_OVERLAY]->size, different,
                          account);
}

/* Moves what is left of LENGTH bytes at OFFSET to TAKEN, which is empty. */
static errint_t
take (struct sharing *sharing, uint64_t offset, uint64_t length,
      struct extents *taken)
{
  CLEANUP_EXTENTS struct extents rest = { 0 };
  struct extents *left = &sharing->left, swapped;
  const uint64_t end = offset + length;
  errint_t error = 0;

  if (!extents_touches (left, offset, length))
    return 0;
  for (size_t i = 0; i < left->count && error == 0; ++i) {
    const uint64_t from = left->list[i].offset;
    const uint64_t to = from + left->list[i].length;
    const uint64_t first = from > offset ? from : offset;
    const uint64_t last = to < end ? to : end;

    if (first >= last)
      error = extents_append (&rest, from, to - from);
    else if ((error = extents_append (taken, first, last - first)) == 0
             && from < first)
      error = extents_append (&rest, from, first - from);
    if (error == 0 && first < last && last < to)
      error = extents_append (&rest, last, to - last);
  }
  swapped = *left;
  *left = rest;
  rest = swapped;
  return error;
}

static void
leave_out (struct survey_place *place, const struct extents *own,
           const char *reason)
{
  place->account = (struct account) { { 0 } };
  place->account.bytes[ACCOUNT_NOT_ACCOUNTED] = extents_total (own);
  place->not_accounted = reason;
}

/* Of a filesystem of which no more is known here than where it ends. */
static errint_t
leave_out_inside (struct sharing *sharing, const struct volume *volume,
                  const struct extents *own, struct survey_place *place)
{
  struct fs_header header;
  uint64_t from, to, inside;
  errint_t error;

  fs_header_read (volume, &header);
  from = volume->offset + header.start;
  to = volume->offset + header.end;
  inside = extents_overlap (own, from, to - from);
  place->account = (struct account) { { 0 } };
  place->account.bytes[ACCOUNT_NOT_ACCOUNTED] = inside;
  if (inside > 0)
    place->not_accounted = "guestfs reads it";
  error = compare_between (sharing, own, volume->offset, from,
                           ACCOUNT_BOOT_SECTOR, &place->account);
  return error != 0 ? error
    : compare_between (sharing, own, to, volume->offset + volume->length,
                       ACCOUNT_GAP, &place->account);
}

static errint_t
account_filesystem (struct sharing *sharing,
                    const struct filesystem *filesystem,
                    const struct extents *own, struct survey_place *place)
{
  const struct inspection_options *options = sharing->options;
  const struct volume *volume[SIDES] = {
    [SIDE_BASE] = filesystem->side[SIDE_BASE].volume,
    [SIDE_OVERLAY] = filesystem->side[SIDE_OVERLAY].volume,
  };
  const char *reason = NULL;
  bool damaged = false;
  errint_t error;

  error = direct_account (sharing->device, volume, own,
                          filesystem->device, options->log,
                          options->progress, &reason, &place->account,
                          &damaged);
  if (damaged)
    sharing->survey->incomplete = true;
  if (error != -ENOTSUP)
    return error;
  if (reason == NULL)
    return leave_out_inside (sharing, volume[SIDE_OVERLAY], own, place);
  leave_out (place, own, reason);
  return 0;
}

static errint_t
account_place (struct sharing *sharing, const struct filesystem *filesystem,
               const struct extents *own, struct survey_place *place)
{
  const struct volume *volume = filesystem->side[SIDE_OVERLAY].volume;

  switch (volume->use) {
  case VOLUME_FILESYSTEM:
    return account_filesystem (sharing, filesystem, own, place);
  case VOLUME_SWAP:
    place->account.bytes[ACCOUNT_SWAP] = extents_total (own);
    return 0;
  case VOLUME_BOOT:
    return compare_sectors (sharing, own, ACCOUNT_BOOT_AREA,
                            &place->account);
  case VOLUME_BLANK:
    return compare_sectors (sharing, own, ACCOUNT_GAP, &place->account);
  case VOLUME_CONTAINER:
    leave_out (place, own, "only an appliance sees what is inside");
    return 0;
  case VOLUME_UNKNOWN:
    leave_out (place, own, "its type is not known");
  }
  return 0;
}

/* --- logical volumes --- */

/* Where what of DISK's bytes a device has lies on it, to OWN. */
static errint_t
find_on_device (const struct device *device, const struct extents *disk,
                struct extents *own)
{
  uint64_t offset = 0;
  errint_t error = 0;

  while (offset < device->size && error == 0) {
    struct device_place place;
    uint64_t end;

    device->operations->place (device, offset, &place);
    if (place.length > device->size - offset)
      place.length = device->size - offset;
    end = place.position + place.length;
    for (size_t i = extents_find (disk, place.position);
         i < disk->count && disk->list[i].offset < end && error == 0; ++i) {
      const uint64_t from = disk->list[i].offset > place.position
        ? disk->list[i].offset : place.position;
      const uint64_t to = disk->list[i].offset + disk->list[i].length;

      error = extents_append (own, offset + (from - place.position),
                              (to < end ? to : end) - from);
    }
    offset += place.length;
  }
  return error;
}

static errint_t
take_logical (struct sharing *sharing, const struct device *device,
              struct extents *taken)
{
  CLEANUP_EXTENTS struct extents places = { 0 };
  errint_t error = layers_places (device, 0, device->size, &places);

  for (size_t i = 0; i < places.count && error == 0; ++i)
    error = take (sharing, places.list[i].offset, places.list[i].length,
                  taken);
  return error;
}

/* The bytes are counted where they lie on the volume.  One that the base has not
 * is held against nothing. */
static errint_t
account_logical (struct sharing *sharing, const struct filesystem *filesystem,
                 struct survey_place *place)
{
  CLEANUP_EXTENTS struct extents taken = { 0 }, own = { 0 };
  CLEANUP (device_close) struct device *nothing = NULL;
  const struct volume *base = filesystem->side[SIDE_BASE].volume;
  struct device *device = filesystem->side[SIDE_OVERLAY].volume->device;
  errint_t error = take_logical (sharing, device, &taken);

  if (error == 0)
    error = find_on_device (device, &taken, &own);
  if (error != 0 || taken.count == 0)
    return error;
  if (extents_total (&own) != extents_total (&taken)) {
    leave_out (place, &taken, "it has the same bytes twice");
    return 0;
  }
  error = slice_open (sharing->disks->disk[SIDE_BASE], 0, 0, &nothing);
  if (error != 0)
    return error;
  sharing->device[SIDE_BASE] = base != NULL ? base->device : nothing;
  sharing->device[SIDE_OVERLAY] = device;
  error = account_place (sharing, filesystem, &own, place);
  for (int side = 0; side < SIDES; ++side)
    sharing->device[side] = sharing->disks->disk[side];
  return error;
}

/* What is left of a container when its volumes took theirs. */
static errint_t
account_container (struct sharing *sharing, const struct volume *volume,
                   const struct extents *own, struct survey_place *place)
{
  const struct extents *areas =
    &sharing->disks->volumes[SIDE_OVERLAY]->layer_areas;
  const uint64_t end = volume->offset + volume->length;
  uint64_t at = volume->offset;
  errint_t error = 0;

  for (size_t i = extents_find (areas, at);
       i < areas->count && areas->list[i].offset < end && error == 0; ++i) {
    const struct extent *area = &areas->list[i];

    error = compare_between (sharing, own, at, area->offset, ACCOUNT_GAP,
                             &place->account);
    at = area->offset + area->length;
    if (error == 0)
      error = compare_between (sharing, own, area->offset,
                               at < end ? at : end, ACCOUNT_VOLUME_METADATA,
                               &place->account);
  }
  return error != 0 ? error
    : compare_between (sharing, own, at, end, ACCOUNT_GAP, &place->account);
}

/* Boot sector and tables, then the gaps. */
static errint_t
account_outside (struct sharing *sharing, const struct volumes *volumes)
{
  struct account *account = &sharing->survey->outside;
  const struct extents *areas = &volumes->table_areas;
  CLEANUP_EXTENTS struct extents boot = { 0 };
  errint_t error = take (sharing, 0, SECTOR, &boot);

  if (error == 0)
    error = compare_sectors (sharing, &boot, ACCOUNT_BOOT_SECTOR, account);
  for (size_t i = 0; i < areas->count && error == 0; ++i) {
    CLEANUP_EXTENTS struct extents table = { 0 };

    error = take (sharing, areas->list[i].offset, areas->list[i].length,
                  &table);
    if (error == 0)
      error = compare_sectors (sharing, &table, ACCOUNT_PARTITION_TABLE,
                               account);
  }
  if (error == 0)
    error = compare_sectors (sharing, &sharing->left, ACCOUNT_GAP, account);
  return error;
}

static bool
is_opened (const struct filesystem *filesystem)
{
  const struct volume *volume = filesystem->side[SIDE_OVERLAY].volume;

  return volume != NULL && volume->opened;
}

/* A partition takes what is left of it. */
static errint_t
account_partition (struct sharing *sharing,
                   const struct filesystem *filesystem,
                   struct survey_place *place)
{
  const struct filesystem_side *side = &filesystem->side[SIDE_OVERLAY];
  CLEANUP_EXTENTS struct extents own = { 0 };
  errint_t error = take (sharing, side->volume->offset, side->volume->length,
                         &own);

  if (error != 0 || own.count == 0)
    return error;
  return side->contents == CONTENTS_OPENED
    ? account_container (sharing, side->volume, &own, place)
    : account_place (sharing, filesystem, &own, place);
}

/* Those that lie in no other one, or OPENED: the containers. */
static errint_t
account_places (struct sharing *sharing, bool opened)
{
  const struct filesystems *filesystems = sharing->disks->filesystems;
  errint_t error = 0;

  for (size_t i = 0; i < filesystems->count && error == 0; ++i) {
    const struct filesystem *filesystem = &filesystems->list[i];
    struct survey_place *place = &sharing->survey->places[i];

    if (filesystem->side[SIDE_OVERLAY].volume == NULL
        || is_opened (filesystem) != opened)
      continue;
    error = filesystem->partition < 0
      ? account_logical (sharing, filesystem, place)
      : account_partition (sharing, filesystem, place);
    account_add (&sharing->survey->total, &place->account);
  }
  return error;
}

static errint_t
account_all (struct sharing *sharing)
{
  const struct disks *disks = sharing->disks;
  struct survey *survey = sharing->survey;
  const struct extents *written = pair_written (sharing->pair);
  errint_t error = 0;

  for (size_t i = 0; i < written->count && error == 0; ++i)
    error = extents_append (&sharing->left, written->list[i].offset,
                            written->list[i].length);
  if (error == 0)
    error = account_places (sharing, false);
  if (error == 0)
    error = account_places (sharing, true);
  if (error == 0)
    error = account_outside (sharing, disks->volumes[SIDE_OVERLAY]);
  account_add (&survey->total, &survey->outside);
  if (survey->total.bytes[ACCOUNT_UNREADABLE] > 0) {
    survey->incomplete = true;
    log_report (sharing->options->log, LOG_LEVEL_WARNING,
                "the account is incomplete", sharing->options->overlay,
                "%" PRIu64 " bytes that were written cannot be read",
                survey->total.bytes[ACCOUNT_UNREADABLE]);
  }
  return error;
}

errint_t
survey_account (struct image_pair *pair,
                const struct inspection_options *options,
                const struct disks *disks, struct survey *survey)
{
  struct sharing sharing = {
    .pair = pair, .disks = disks, .options = options, .survey = survey,
    .device = { disks->disk[0], disks->disk[1] },
  };
  errint_t error;

  if (!survey->has_map)
    return 0;
  error = account_all (&sharing);
  extents_clear (&sharing.left);
  if (error == -ENOMEM)
    log_error (options->log, error, "cannot survey the disks",
               options->overlay);
  return error;
}
