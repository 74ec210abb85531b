/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the host can see of both disks, without an engine: partitions, and
 * which of them belong together.
 */
#ifndef DELTAFS_DISKS_H
#define DELTAFS_DISKS_H

#include "errint.h"
#include "filesystems.h"
#include "inspection.h"
#include "pair.h"
#include "volumes.h"

struct disks {
  struct device *disk[SIDES];   /* owned; the volumes stand on them */
  struct volumes *volumes[SIDES];       /* owned */
  struct filesystems *filesystems;      /* owned; refer to the volumes */
};

/* Probes both disks and matches what they have; what is encrypted is locked
 * where OPTIONS have no key.  -v tells.  *DISKS is empty before, and to be
 * cleared with disks_clear whatever happens.  Failures are reported. */
errint_t disks_probe (struct image_pair *pair,
                      const struct inspection_options *options,
                      struct disks *disks);
void disks_clear (struct disks *disks);

#endif
