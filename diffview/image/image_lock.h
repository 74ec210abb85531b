/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Does a running QEMU write to an image?
 */
#ifndef DELTAFS_IMAGE_LOCK_H
#define DELTAFS_IMAGE_LOCK_H

#include <stdbool.h>

#include "image_file.h"

/* Looks for the write lock of QEMU, without taking one. */
bool image_lock_is_written (const struct image_file *file);

#endif
