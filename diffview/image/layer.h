/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One layer of a chain: its header, and the files that belong to it.
 */
#ifndef DELTAFS_IMAGE_LAYER_H
#define DELTAFS_IMAGE_LAYER_H

#include "chain.h"

/* Reads the header of FILE (taken over, whatever happens) as FORMAT's and
 * opens what belongs to it.  Encrypted (-ENOTSUP), truncated and invalid
 * images and names that the policy forbids (-EACCES) are reported. */
errint_t image_layer_open (struct image_file *file,
                           const struct image_format *format,
                           const struct pair_options *options,
                           const struct log *log, struct image_layer *layer);

/* Frees what LAYER holds. */
void image_layer_clear (struct image_layer *layer);

#endif
