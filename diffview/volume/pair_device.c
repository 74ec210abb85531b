/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A disk of the pair as a device, see pair_device.h.
 */
#include <config.h>

#include <stdlib.h>

#include "pair_device.h"

struct pair_device {
  struct device device;         /* first: the two are converted */
  struct image_pair *pair;      /* borrowed */
};

static errint_t
read_disk (struct device *device, void *buffer, size_t length,
           uint64_t offset)
{
  struct pair_device *disk = (struct pair_device *) device;

  return pair_read (disk->pair, device->side, buffer, length, offset);
}

static errint_t
splice_disk (struct device *device, int pipe, size_t length, uint64_t offset)
{
  struct pair_device *disk = (struct pair_device *) device;

  return pair_splice (disk->pair, device->side, pipe, length, offset);
}

static void
place_on_disk (const struct device *device, uint64_t offset,
               struct device_place *place)
{
  *place = (struct device_place) {
    .on_disk = true, .position = offset, .length = device->size - offset,
  };
}

static void
close_disk (struct device *device)
{
  free (device);
}

static const struct device_operations operations = {
  .read = read_disk,
  .splice = splice_disk,
  .place = place_on_disk,
  .close = close_disk,
};

errint_t
pair_device_open (struct image_pair *pair, enum side side,
                  struct device **device)
{
  struct pair_device *disk = calloc (1, sizeof *disk);

  if (disk == NULL)
    return -ENOMEM;
  disk->device = (struct device) {
    .operations = &operations,
    .size = pair_size (pair, side),
    .side = side,
    .distant = pair_is_distant (pair, side),
    .changing = pair_is_written (pair),
    .disk_written = pair_written (pair),
  };
  disk->pair = pair;
  *device = &disk->device;
  return 0;
}
