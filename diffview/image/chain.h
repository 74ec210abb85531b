/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The layers of the overlay and of the base: every file opened, every name
 * inside an image checked, every format known, before QEMU sees any of them.
 */
#ifndef DELTAFS_IMAGE_CHAIN_H
#define DELTAFS_IMAGE_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "cleanup.h"
#include "errint.h"
#include "format.h"
#include "header.h"
#include "image_file.h"
#include "log.h"
#include "pair.h"

struct image_layer {
  struct image_file *file;
  const struct image_format *format;
  struct image_header header;
  struct image_file *data_file; /* external data, or NULL */
};

/* The first layer is the top one. */
struct image_chain {
  struct image_layer *layers;   /* owned */
  size_t count;
};

struct image_chains {
  struct image_chain overlay;
  /* Which layer of the overlay's chain is the base; 0: none, it has a chain
   * of its own. */
  size_t base_index;
  bool stands_in;               /* the base is there for a layer that was not
                                 * found by its stored name */
  struct image_chain base;      /* empty unless base_index is 0 */
};

/* Follows the chains as OPTIONS say.  Everything that is wrong is reported.
 * *CHAINS is to be freed with image_chains_close. */
errint_t image_chains_open (const struct pair_options *options,
                            const struct log *log,
                            struct image_chains **chains);
void image_chains_close (struct image_chains *chains);
DEFINE_CLEANUP (struct image_chains *, image_chains_close)

#endif
