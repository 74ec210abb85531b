/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Is an image as long as its tables say?  QEMU reads zeros where the file
 * has ended, so a copy that was cut short would look like deleted data.
 */
#ifndef DELTAFS_IMAGE_TRUNCATION_H
#define DELTAFS_IMAGE_TRUNCATION_H

#include "errint.h"
#include "layer.h"
#include "log.h"

/* Looks through the tables of a local image: -EINVAL, reported, when
 * something lies beyond the end of its file.  VHDX, VPC and QED are QEMU's to
 * check; a raw image claims nothing.  Notes in the header whether a qcow2
 * image has compressed clusters. */
errint_t truncation_check (struct image_layer *layer, const struct log *log);

#endif
