/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From allocation depth to a list of extents, in bounded memory.
 */
#include <config.h>

#include "written.h"

#define EXTENTS_MAX (1024 * 1024)
#define FIRST_GAP 4096

struct collection {
  struct extents *written;
  uint32_t layers;
  uint64_t gap;                 /* gaps that are shorter are closed, bytes */
};

/* Closes ever longer gaps until the list is at most half as long as it may
 * be. */
static void
coarsen (struct collection *collection)
{
  struct extents *written = collection->written;

  while (written->count > EXTENTS_MAX / 2) {
    size_t count = 1;

    collection->gap = collection->gap == 0 ? FIRST_GAP : 2 * collection->gap;
    for (size_t i = 1; i < written->count; ++i) {
      const struct extent *next = &written->list[i];
      struct extent *last = &written->list[count - 1];

      if (next->offset - (last->offset + last->length) < collection->gap)
        last->length = next->offset + next->length - last->offset;
      else
        written->list[count++] = *next;
    }
    written->count = count;
  }
}

static errint_t
take (void *opaque, uint64_t offset, uint64_t length, uint32_t depth)
{
  struct collection *collection = opaque;

  if (depth == 0 || depth > collection->layers)
    return 0;
  if (collection->written->count >= EXTENTS_MAX)
    coarsen (collection);
  return extents_append (collection->written, offset, length);
}

errint_t
written_read (struct nbd_side *side, uint32_t layers,
              struct extents *written)
{
  struct collection collection = { .written = written, .layers = layers };

  return nbd_side_walk_depth (side, take, &collection);
}

errint_t
written_read_local (struct local_disk *disk, uint32_t layers,
                    struct extents *written)
{
  struct collection collection = { .written = written, .layers = layers };
  errint_t error = local_disk_walk_depth (disk, layers, take, &collection);

  if (error != 0)
    extents_clear (written);
  return error;
}
