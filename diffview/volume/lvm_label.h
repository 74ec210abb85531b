/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an LVM2 physical volume says of itself: its label, and the metadata
 * areas with the text of the volume group.  The format is that of LVM2's
 * lib/format_text/layout.h and lib/label/label.h.
 */
#ifndef DELTAFS_LVM_LABEL_H
#define DELTAFS_LVM_LABEL_H

#include <stdbool.h>
#include <stdint.h>

#include "cleanup.h"
#include "device.h"
#include "errint.h"

#define LVM_ID_LENGTH 32        /* letters and digits */
#define LVM_AREAS_MAX 8
/* A text is a few hundred bytes for each logical volume.  The second number is
 * for all areas of a disk. */
#define LVM_METADATA_MAX (UINT64_C (4) << 20)
#define LVM_METADATA_TOTAL_MAX (UINT64_C (64) << 20)

/* A place of a physical volume, bytes. */
struct lvm_area {
  uint64_t offset, length;
};

struct lvm_label {
  char id[LVM_ID_LENGTH + 1];   /* of the physical volume, without hyphens */
  struct lvm_area areas[LVM_AREAS_MAX];         /* of metadata */
  unsigned area_count;
};

/* Reads the label in one of the first four sectors.  -ENOENT where there is
 * none that is whole, -EINVAL for one that makes no sense, -EIO, -EREMOTEIO,
 * -ENOMEM. */
errint_t lvm_label_read (struct device *device, struct lvm_label *label);

/* Reads the committed text of a metadata area, *LENGTH bytes and a NUL, to be
 * freed; NULL where the area has none or says that it is not to be used.  *LEFT
 * is what may still be read and becomes less.  -EINVAL for a damaged area,
 * -E2BIG, -EIO, -EREMOTEIO, -ENOMEM. */
errint_t lvm_label_metadata (struct device *device,
                             const struct lvm_area *area, uint64_t *left,
                             char **text, size_t *length);

#endif
