/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A disk whose upper layers, or all of them, can be read without QEMU: their
 * bytes by pread from the image files.  The storage daemon gives the same bytes
 * through a socket, which takes ten times as long.
 *
 * Whether the files are still what was opened is not looked at here, but in
 * image_watch.h.
 */
#ifndef DELTAFS_IMAGE_LOCAL_DISK_H
#define DELTAFS_IMAGE_LOCAL_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chain.h"
#include "cleanup.h"
#include "errint.h"

struct local_disk;

/* Opens the disk that layers FIRST and below of CHAIN make; CHAIN is borrowed.
 * Of a layer that needs QEMU, or that a running QEMU writes to, and of those
 * below it, nothing is read here; *DISK stays NULL where that is the first
 * one.  -ENOMEM. */
errint_t local_disk_open (const struct image_chain *chain, size_t first,
                          struct local_disk **disk);
void local_disk_close (struct local_disk *disk);
DEFINE_CLEANUP (struct local_disk *, local_disk_close)

/* Is all of it in plain clusters, so that the storage daemon is never
 * asked? */
bool local_disk_is_whole (const struct local_disk *disk);

/* Bytes of the disk. */
uint64_t local_disk_size (const struct local_disk *disk);

/* Reads LENGTH bytes, which lie within the disk.  -ENOTSUP where the storage
 * daemon has to be asked: for bytes that are not there plainly, or that cannot
 * be read.  Any thread. */
errint_t local_disk_read (const struct local_disk *disk, void *buffer,
                          size_t length, uint64_t offset);

/* Moves LENGTH bytes, which lie within the disk, into PIPE, which does not
 * block, without copying them.  -ENOTSUP as above, and for zeros that no file
 * holds, or where the pipe has no room.  Any thread. */
errint_t local_disk_splice (const struct local_disk *disk, int pipe,
                            size_t length, uint64_t offset);

/* As nbd_side_walk_depth, but looks at the LAYERS upper ones alone: what lies
 * deeper has depth 0, too.  -ENOTSUP as above. */
errint_t local_disk_walk_depth (const struct local_disk *disk, uint32_t layers,
                                errint_t (*take) (void *opaque,
                                                  uint64_t offset,
                                                  uint64_t length,
                                                  uint32_t depth),
                                void *opaque);

#endif
