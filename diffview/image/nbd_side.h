/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One side's disk as a client of the storage daemon sees it: a few NBD
 * connections for reading by several threads.
 */
#ifndef DELTAFS_IMAGE_NBD_SIDE_H
#define DELTAFS_IMAGE_NBD_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "errint.h"

struct nbd_side;

/* Connects to EXPORT on the Unix socket at PATH; with DEPTH its allocation
 * depth can be asked for.  Whoever listens there need not answer yet.  -EIO,
 * -ENOMEM, …: not reported. */
errint_t nbd_side_open (const char *path, const char *export, bool depth,
                        struct nbd_side **side);
void nbd_side_close (struct nbd_side *side);
DEFINE_CLEANUP (struct nbd_side *, nbd_side_close)

/* Waits until the side answers; all that follows is for afterwards.  Opens no
 * file and makes no socket, and nor does what follows.  -ETIMEDOUT, -EIO, …:
 * not reported.  One thread. */
errint_t nbd_side_wait (struct nbd_side *side);

/* Bytes of the disk. */
uint64_t nbd_side_size (const struct nbd_side *side);

/* Reads LENGTH bytes.  -EINVAL beyond the end, -ENOMEM, else -EIO, also when
 * the daemon does not answer; not reported.  Any thread. */
errint_t nbd_side_read (struct nbd_side *side, void *buffer,
                        size_t length, uint64_t offset);

/* Calls TAKE for each range of the disk, in order, with the number of the
 * layer that has it: 1 for the top layer, 0 for none.  Ends when TAKE returns
 * an error: that one.  Else -EIO, -ETIMEDOUT, …; not reported. */
errint_t nbd_side_walk_depth (struct nbd_side *side,
                              errint_t (*take) (void *opaque, uint64_t offset,
                                                uint64_t length,
                                                uint32_t depth),
                              void *opaque);

#endif
