/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What holds for every device, and two devices side by side: see device.h.
 */
#include <config.h>

#include "device.h"

static bool
has (const struct device *device, size_t length, uint64_t offset)
{
  return offset <= device->size && length <= device->size - offset;
}

errint_t
device_read (struct device *device, void *buffer, size_t length,
             uint64_t offset)
{
  errint_t err;

  if (!has (device, length, offset))
    return -EIO;
  err = device->operations->read (device, buffer, length, offset);
  return err == 0 || err == -ENOMEM || err == -EREMOTEIO ? err : -EIO;
}

errint_t
device_splice (struct device *device, int pipe, size_t length,
               uint64_t offset)
{
  if (device->operations->splice == NULL || !has (device, length, offset))
    return -ENOTSUP;
  return device->operations->splice (device, pipe, length, offset);
}

void
device_close (struct device *device)
{
  device->operations->close (device);
}

/* Adds what of LENGTH bytes of the disk at POSITION was written, where these
 * lie at OFFSET of the device. */
static errint_t
add_written (const struct extents *disk, uint64_t position, uint64_t length,
             uint64_t offset, struct extents *written)
{
  const uint64_t end = position + length;
  errint_t err = 0;

  for (size_t i = extents_find (disk, position);
       i < disk->count && disk->list[i].offset < end && err == 0; ++i) {
    const struct extent *extent = &disk->list[i];
    const uint64_t from = extent->offset > position
      ? extent->offset : position;
    const uint64_t to = extent->offset + extent->length < end
      ? extent->offset + extent->length : end;

    err = extents_append (written, offset + (from - position), to - from);
  }
  return err;
}

/* One stretch from OFFSET on that neither device changes its way in;
 * *LENGTH bytes.  *SAME: both sides have it from the same place. */
static errint_t
add_stretch (const struct device *const device[SIDES], uint64_t offset,
             struct extents *written, uint64_t *length, bool *same)
{
  struct device_place place[SIDES];
  const struct device_place *base = &place[SIDE_BASE];
  const struct device_place *overlay = &place[SIDE_OVERLAY];

  for (int side = 0; side < SIDES; ++side) {
    device[side]->operations->place (device[side], offset, &place[side]);
    if (place[side].length < *length)
      *length = place[side].length;
  }
  *same = base->on_disk == overlay->on_disk
    && (!base->on_disk || (base->position == overlay->position
                           && base->transform == overlay->transform));
  if (!*same)
    return extents_append (written, offset, *length);
  return !base->on_disk ? 0
    : add_written (device[SIDE_OVERLAY]->disk_written, overlay->position,
                   *length, offset, written);
}

errint_t
device_written (const struct device *base, const struct device *overlay,
                struct extents *written, bool *known)
{
  const struct device *const device[SIDES] = { base, overlay };
  const uint64_t both = base->size < overlay->size
    ? base->size : overlay->size;
  uint64_t offset = 0;
  errint_t err = 0;

  *known = false;
  if (overlay->disk_written == NULL)
    return 0;
  *known = base->size == 0 && overlay->size == 0;
  while (offset < both && err == 0) {
    uint64_t length = both - offset;
    bool same = false;

    err = add_stretch (device, offset, written, &length, &same);
    offset += length;
    *known |= same;
  }
  if (err == 0)
    err = extents_append (written, both, overlay->size - both);
  if (err < 0 || !*known)
    extents_clear (written);
  return err;
}
