/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The image formats that are read, by QEMU's names, and which of them show
 * themselves by a magic number.  Nothing else is ever guessed: a raw image's
 * first bytes are its guest's, who can write any header there.
 */
#ifndef DELTAFS_IMAGE_FORMAT_H
#define DELTAFS_IMAGE_FORMAT_H

#include <stdbool.h>

#include "errint.h"
#include "image_file.h"

struct image_format {
  const char *name;             /* QEMU's driver */
  bool layered;                 /* can have a backing file */
};

/* The format of that name, or NULL when it is not one of ours. */
const struct image_format *format_find (const char *name);

/* All names, separated by spaces, for hints. */
const char *format_names (void);

/* The format that FILE's magic number tells: qcow2, vmdk, vdi, vhdx; *FORMAT
 * is NULL when it is none of them.  -EIO, … when it cannot be read. */
errint_t format_detect (const struct image_file *file,
                        const struct image_format **format);

#endif
