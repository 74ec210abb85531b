/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Is there an operating system on the disk, and in which filesystem?  Reads
 * through engines that its caller opens.
 */
#ifndef DELTAFS_GUEST_H
#define DELTAFS_GUEST_H

#include <stddef.h>

#include "cleanup.h"
#include "engine.h"
#include "errint.h"
#include "filesystems.h"
#include "fstab.h"
#include "log.h"

struct guest {
  size_t root;                  /* index of the root filesystem */
  char *subtree;                /* where in it the root is: "/", "/@" */
  struct fstab *fstab;          /* NULL where it has none */
};

/* How the guest's filesystems are read. */
struct guest_access {
  /* The engine for the overlay's filesystem with that index, not the
   * caller's; NULL when it cannot be opened (reported). */
  struct engine *(*open) (void *opaque, size_t filesystem);
  void *opaque;
};

/* Looks for a root filesystem in the overlay.  Of several the one whose fstab
 * names itself as the root is taken, else the first, with a warning.
 * *GUEST is NULL when there is no operating system (as deltafs sees it: that
 * of Windows has no fstab); it is to be freed with guest_free.  -ENOMEM. */
errint_t guest_find (const struct filesystems *filesystems,
                     const struct guest_access *access,
                     const struct log *log, struct guest **guest);

/* Where the base has the root of that guest, on the same btrfs: of the
 * subvolumes that may be it the likeliest.  *GUEST is NULL when the base has
 * none, and on other filesystems, whose root does not move.  -ENOMEM. */
errint_t guest_find_base (const struct filesystems *filesystems,
                          const struct guest_access *access,
                          const struct log *log, const struct guest *overlay,
                          struct guest **guest);
void guest_free (struct guest *guest);
DEFINE_CLEANUP (struct guest *, guest_free)

#endif
