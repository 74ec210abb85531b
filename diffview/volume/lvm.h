/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * LVM2: from the physical volumes of a disk to the logical volumes that lie
 * on them.  Nothing is written, and no device-mapper is asked.
 */
#ifndef DELTAFS_LVM_H
#define DELTAFS_LVM_H

#include <stddef.h>

#include "device.h"
#include "errint.h"
#include "lvm_group.h"
#include "lvm_label.h"

/* A physical volume. */
struct lvm_member {
  struct device *device;        /* borrowed */
  /* Owned: why nobody knows what lies on it; NULL: all that does is among the
   * volumes. */
  char *reason;
  /* Where its label and the metadata of its group lie, bytes of DEVICE, which
   * may not have them all. */
  struct lvm_area areas[LVM_AREAS_MAX + 1];
  unsigned area_count;
};

/* Finds the groups of MEMBERS, whose devices are set and all else is empty,
 * and appends their logical volumes, which stand on these devices.  Of each
 * group the newest text counts that is whole.  -EREMOTEIO (reported), -ENOMEM
 * (not reported). */
errint_t lvm_open (struct lvm_member *members, size_t count,
                   struct lvm_volumes *volumes);

#endif
