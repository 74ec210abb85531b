/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What was found on a disk, once it was found: see volumes.h.
 */
#include <config.h>

#include <stdlib.h>

#include "volumes.h"

void
volume_clear (struct volume *volume)
{
  if (volume->device != NULL)
    device_close (volume->device);
  free (volume->type);
  free (volume->uuid);
  free (volume->label);
  free (volume->partition_uuid);
  free (volume->partition_label);
  free (volume->reason);
  free (volume->name);
  free (volume->id);
}

void
volumes_free (struct volumes *volumes)
{
  if (volumes == NULL)
    return;
  for (size_t i = 0; i < volumes->inner_count; ++i)
    volume_clear (&volumes->inner[i]);
  for (size_t i = 0; i < volumes->count; ++i)
    volume_clear (&volumes->list[i]);
  extents_clear (&volumes->table_areas);
  extents_clear (&volumes->layer_areas);
  free (volumes->inner);
  free (volumes->list);
  free (volumes->table);
  free (volumes);
}

bool
volume_unwritten (const struct volume *overlay, const struct volume *base)
{
  CLEANUP_EXTENTS struct extents written = { 0 };
  bool known;

  return base != NULL && overlay->device->size == base->device->size
    && device_written (base->device, overlay->device, &written, &known) == 0
    && known && written.count == 0;
}
