/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One layer of a chain that can be read without QEMU: a raw image, or the
 * plain clusters of a qcow2 one, in a local regular file.  Where the bytes of
 * its disk lie in the file; what there is no simple answer to (compressed
 * clusters, damage) is left to QEMU.
 */
#ifndef DELTAFS_IMAGE_LOCAL_LAYER_H
#define DELTAFS_IMAGE_LOCAL_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chain.h"
#include "errint.h"
#include "table_cache.h"

struct local_layer {
  const struct image_file *file;        /* borrowed */
  uint64_t file_size;           /* bytes, when it was opened */
  uint64_t size;                /* of the disk, bytes */
  bool raw;
  /* qcow2: */
  struct table_cache *tables;   /* borrowed */
  size_t number;                /* of the layer, among those of the cache */
  unsigned cluster_bits;
  bool zero_flag;
  uint64_t *l1;                 /* owned: its entries */
  size_t l1_entries;
};

/* What is at a place of the disk. */
enum local_kind {
  LOCAL_NOTHING,                /* nothing in this layer: look below */
  LOCAL_ZEROS,
  LOCAL_BYTES,                  /* bytes of the file */
  LOCAL_COMPRESSED,             /* something that QEMU has to unpack */
  LOCAL_DAMAGED,                /* something that QEMU has to judge */
};

struct local_run {
  enum local_kind kind;
  uint64_t length;              /* bytes for which it goes on like this */
  uint64_t position;            /* of LOCAL_BYTES: byte of the file */
};

/* Opens LAYER, which stays the caller's and open, for reading by its file;
 * *USABLE tells whether that is possible.  What was read of its tables is kept
 * in TABLES, which is borrowed, and where those of other layers, with another
 * NUMBER, are kept as well.  *LOCAL is to be cleared whatever happens.
 * -ENOMEM. */
errint_t local_layer_open (const struct image_layer *layer, size_t number,
                           struct table_cache *tables,
                           struct local_layer *local, bool *usable);
void local_layer_clear (struct local_layer *local);

/* Finds out what is at OFFSET (below the layer's size) of the disk; *RUN tells
 * of at most LENGTH bytes, at least one.  Any thread. */
void local_layer_find (const struct local_layer *local, uint64_t offset,
                       uint64_t length, struct local_run *run);

#endif
