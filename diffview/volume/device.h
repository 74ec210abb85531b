/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Something that holds bytes, of one side: a disk, a partition, a logical
 * volume, a payload that is decrypted on the way.  Whoever reads a filesystem
 * gets its bytes here and does not know where they come from.
 *
 * Devices stand on one another.  Each side builds its own stack; what both
 * hold alike is found by asking where on the disk a byte comes from
 * (device_written).
 *
 * NOTES ON THE THREAD MODEL: reading, splicing and places are for any thread.
 * Opening and closing are for one, while nobody reads.
 */
#ifndef DELTAFS_VOLUME_DEVICE_H
#define DELTAFS_VOLUME_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "entry.h"
#include "errint.h"
#include "extents.h"

struct device;

/* Where bytes of a device come from. */
struct device_place {
  bool on_disk;                 /* else from nowhere: zeros, or an error */
  uint64_t position;            /* byte of that side's disk */
  uint64_t length;              /* so many bytes go on like this, 1 or more;
                                 * may be more than the device has */
  /* What is done to the disk's bytes: 0 for nothing.  Two places of one
   * position and one transform, one on each side, hold the same bytes where the
   * disks do.  A digest of key, cipher and sector number, say. */
  uint64_t transform;
};

struct device_operations {
  /* Reads exactly LENGTH bytes at OFFSET, which are on the device.  -EIO (not
   * reported), -EREMOTEIO (reported), -ENOMEM. */
  errint_t (*read) (struct device *device, void *buffer, size_t length,
                    uint64_t offset);

  /* Moves exactly LENGTH bytes at OFFSET, which are on the device, from the
   * image files into PIPE, as splice of engine.h says: -ENOTSUP where they have
   * to be read.  NULL where they always have. */
  errint_t (*splice) (struct device *device, int pipe, size_t length,
                      uint64_t offset);

  /* Tells where the byte at OFFSET, which is on the device, comes from. */
  void (*place) (const struct device *device, uint64_t offset,
                 struct device_place *place);

  /* Frees the device, not what it stands on. */
  void (*close) (struct device *device);
};

/* The first member of each kind of device. */
struct device {
  const struct device_operations *operations;
  uint64_t size;                /* bytes */
  enum side side;
  bool distant;                 /* each read is a message to another process:
                                 * reading more is cheaper than again */
  bool changing;                /* the images are written to meanwhile */
  /* What was written to the overlay's disk since the base, bytes of the disk;
   * NULL where the two have no common chain.  Borrowed. */
  const struct extents *disk_written;
};

/* Makes DEVICE one of SIZE bytes that stands on LOWER (on the first one, if on
 * several): what else there is to know of it is as of that one. */
static inline void
device_stand_on (struct device *device, const struct device *lower,
                 const struct device_operations *operations, uint64_t size)
{
  *device = *lower;
  device->operations = operations;
  device->size = size;
}

/* As the operations; -EIO, or -ENOTSUP for a splice, beyond the end. */
errint_t device_read (struct device *device, void *buffer, size_t length,
                      uint64_t offset);
errint_t device_splice (struct device *device, int pipe, size_t length,
                        uint64_t offset);
void device_close (struct device *device);
DEFINE_CLEANUP (struct device *, device_close)

/* What of OVERLAY may differ from what BASE has at the same offset: what was
 * written to the disk, what comes from elsewhere than there, and what the base
 * has not.  Into WRITTEN, which is empty.  *KNOWN becomes false, and WRITTEN is
 * empty, where the disks have no common chain or not a byte comes from the
 * same place: then everything may differ.  -ENOMEM. */
errint_t device_written (const struct device *base,
                         const struct device *overlay,
                         struct extents *written, bool *known);

#endif
