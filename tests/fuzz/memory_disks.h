/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A pair of disks in memory, instead of image/pair.c, and the short form in
 * which inputs of fuzzers hold one: what is not zero on the base, and what is
 * different on the overlay.
 *
 * The form: one byte of flags, which are the target's; two little-endian
 * numbers of 16 bits, the sizes of the base and of the overlay in units of
 * 1,024 bytes; then pieces until the end, each an offset of 32 bits (the
 * highest bit: on the overlay alone, otherwise on both), a length of 16 bits,
 * and so many bytes.  Whatever bytes there are, they stand for a pair.
 */
#ifndef DELTAFS_MEMORY_DISKS_H
#define DELTAFS_MEMORY_DISKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "extents.h"
#include "pair.h"

#define MEMORY_DISK_MAX ((size_t) 16 << 20)
#define MEMORY_DISK_OVERLAY (UINT32_C (1) << 31)

struct image_pair {
  uint8_t flags;
  uint8_t *bytes[SIDES];        /* owned */
  size_t size[SIDES];           /* bytes */
  bool known;                   /* is WRITTEN? */
  struct extents written;
  uint64_t bytes_read;          /* so far */
};

/* Makes a pair of an input; at most MEMORY_DISK_MAX bytes a side.  Its map is
 * not known yet.  To be freed with pair_close. */
struct image_pair *memory_disks_read (const uint8_t *data, size_t size);

/* The other way: at most CAPACITY bytes (what does not fit is left out) into
 * DATA; the number of bytes. */
size_t memory_disks_write (const struct image_pair *pair,
                           uint8_t *data, size_t capacity);

/* Computes the map of what was written: CLUSTERs (bytes) that differ. */
void memory_disks_find_written (struct image_pair *pair, size_t cluster);

#endif
