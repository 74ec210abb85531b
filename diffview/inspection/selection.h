/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the user wants to see where: -m DEV[:MNT].
 */
#ifndef DELTAFS_SELECTION_H
#define DELTAFS_SELECTION_H

#include <stddef.h>

#include "cleanup.h"
#include "errint.h"
#include "log.h"

struct selected {
  char *device;                 /* without "/dev/" */
  char *mount_point;            /* a guest path */
};

struct selection {
  struct selected *list;        /* owned; no mount point twice */
  size_t count;
};

/* Parses the options (NULL-terminated, or NULL for none: *SELECTION is NULL
 * then).  -EINVAL, reported; -ENOMEM, reported. */
errint_t selection_parse (char *const *mounts, const struct log *log,
                          struct selection **selection);
void selection_free (struct selection *selection);
DEFINE_CLEANUP (struct selection *, selection_free)

#endif
