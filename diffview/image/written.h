/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which bytes of the overlay's disk were written since the base, from the
 * layers that hold them.
 */
#ifndef DELTAFS_IMAGE_WRITTEN_H
#define DELTAFS_IMAGE_WRITTEN_H

#include "errint.h"
#include "extents.h"
#include "local_disk.h"
#include "nbd_side.h"

/* Adds to WRITTEN (empty) what the LAYERS upper ones of the side's layers
 * hold, as the storage daemon tells it.  An overlay in more than a million
 * pieces is told more coarsely, a little more than was written.  As
 * nbd_side_walk_depth. */
errint_t written_read (struct nbd_side *side, uint32_t layers,
                       struct extents *written);

/* The same as the images' own tables tell it; as local_disk_walk_depth. */
errint_t written_read_local (struct local_disk *disk, uint32_t layers,
                             struct extents *written);

#endif
