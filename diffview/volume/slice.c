/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A slice: an offset is added, see slice.h.
 */
#include <config.h>

#include <stdlib.h>

#include "slice.h"

struct slice {
  struct device device;         /* first: the two are converted */
  struct device *lower;         /* borrowed */
  uint64_t offset;              /* of the slice, bytes of LOWER */
};

static errint_t
read_slice (struct device *device, void *buffer, size_t length,
            uint64_t offset)
{
  struct slice *slice = (struct slice *) device;

  return device_read (slice->lower, buffer, length, slice->offset + offset);
}

static errint_t
splice_slice (struct device *device, int pipe, size_t length, uint64_t offset)
{
  struct slice *slice = (struct slice *) device;

  return device_splice (slice->lower, pipe, length, slice->offset + offset);
}

static void
place_in_slice (const struct device *device, uint64_t offset,
                struct device_place *place)
{
  const struct slice *slice = (const struct slice *) device;

  slice->lower->operations->place (slice->lower, slice->offset + offset,
                                   place);
}

static void
close_slice (struct device *device)
{
  free (device);
}

static const struct device_operations operations = {
  .read = read_slice,
  .splice = splice_slice,
  .place = place_in_slice,
  .close = close_slice,
};

errint_t
slice_open (struct device *lower, uint64_t offset, uint64_t length,
            struct device **device)
{
  struct slice *slice = calloc (1, sizeof *slice);

  if (slice == NULL)
    return -ENOMEM;
  if (offset > lower->size)
    offset = lower->size;
  if (length > lower->size - offset)
    length = lower->size - offset;
  device_stand_on (&slice->device, lower, &operations, length);
  slice->lower = lower;
  slice->offset = offset;
  *device = &slice->device;
  return 0;
}
