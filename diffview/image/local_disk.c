/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From the top layer down until one has the bytes.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "image_lock.h"
#include "local_disk.h"
#include "local_layer.h"

struct local_disk {
  struct local_layer *layers;   /* owned; the top one first */
  size_t count;
  struct table_cache *tables;   /* owned; of all layers */
  bool complete;                /* these are all layers that there are */
  bool compressed;              /* partly */
};

errint_t
local_disk_open (const struct image_chain *chain, size_t first,
                 struct local_disk **result)
{
  CLEANUP (local_disk_close) struct local_disk *disk =
    calloc (1, sizeof *disk);

  if (disk == NULL)
    return -ENOMEM;
  disk->layers = calloc (chain->count - first, sizeof *disk->layers);
  disk->tables = table_cache_new ();
  if (disk->layers == NULL || disk->tables == NULL)
    return -ENOMEM;
  for (size_t i = first; i < chain->count; ++i) {
    const struct image_layer *layer = &chain->layers[i];
    struct local_layer *local = &disk->layers[i - first];
    bool usable;
    errint_t error = local_layer_open (layer, i - first, disk->tables, local,
                                       &usable);

    if (error != 0 || !usable || image_lock_is_written (layer->file)) {
      local_layer_clear (local);
      if (error != 0)
        return error;
      break;
    }
    if (layer->header.compressed)
      disk->compressed = true;
    disk->count++;
  }
  disk->complete = disk->count == chain->count - first;
  if (disk->count > 0)
    *result = steal_pointer (&disk);
  return 0;
}

void
local_disk_close (struct local_disk *disk)
{
  if (disk == NULL)
    return;
  for (size_t i = 0; i < disk->count; ++i)
    local_layer_clear (&disk->layers[i]);
  table_cache_free (disk->tables);
  free (disk->layers);
  free (disk);
}

bool
local_disk_is_whole (const struct local_disk *disk)
{
  return disk->complete && !disk->compressed;
}

uint64_t
local_disk_size (const struct local_disk *disk)
{
  return disk->layers[0].size;
}

/* What is at OFFSET, in the first of the COUNT upper layers that has
 * something; its number, from 1 on, or 0 where none has. */
static size_t
find (const struct local_disk *disk, size_t count, uint64_t offset,
      uint64_t length, struct local_run *run)
{
  for (size_t i = 0; i < count; ++i) {
    const struct local_layer *layer = &disk->layers[i];

    /* A layer that is shorter than those above ends in zeros, which are its
     * own: nothing below it shows through. */
    if (offset >= layer->size) {
      *run = (struct local_run) { LOCAL_ZEROS, length, 0 };
      return i + 1;
    }
    local_layer_find (layer, offset, length, run);
    length = run->length;
    if (run->kind != LOCAL_NOTHING)
      return i + 1;
  }
  *run = (struct local_run) { LOCAL_ZEROS, length, 0 };
  return 0;
}

/* Reads the run that begins at OFFSET; *LENGTH becomes its length. */
static errint_t
read_run (const struct local_disk *disk, unsigned char *buffer,
          size_t *length, uint64_t offset)
{
  struct local_run run;
  const size_t depth = find (disk, disk->count, offset, *length, &run);
  size_t got;

  *length = (size_t) run.length;
  if (depth == 0 && !disk->complete)
    return -ENOTSUP;
  if (run.kind == LOCAL_ZEROS) {
    memset (buffer, 0, *length);
    return 0;
  }
  if (run.kind != LOCAL_BYTES
      || image_file_read (disk->layers[depth - 1].file, buffer, *length,
                          run.position, &got) != 0)
    return -ENOTSUP;
  return got == *length ? 0 : -ENOTSUP;
}

errint_t
local_disk_read (const struct local_disk *disk, void *buffer,
                 size_t length, uint64_t offset)
{
  unsigned char *bytes = buffer;

  while (length > 0) {
    size_t part = length;
    errint_t error = read_run (disk, bytes, &part, offset);

    if (error != 0)
      return error;
    bytes += part;
    offset += part;
    length -= part;
  }
  return 0;
}

errint_t
local_disk_splice (const struct local_disk *disk, int pipe,
                   size_t length, uint64_t offset)
{
  while (length > 0) {
    struct local_run run;
    const size_t depth = find (disk, disk->count, offset, length, &run);

    if (depth == 0 || run.kind != LOCAL_BYTES
        || image_file_splice (disk->layers[depth - 1].file, pipe,
                              (size_t) run.length, run.position) != 0)
      return -ENOTSUP;
    offset += run.length;
    length -= (size_t) run.length;
  }
  return 0;
}

errint_t
local_disk_walk_depth (const struct local_disk *disk, uint32_t layers,
                       errint_t (*take) (void *opaque, uint64_t offset,
                                         uint64_t length, uint32_t depth),
                       void *opaque)
{
  const uint64_t size = local_disk_size (disk);
  struct local_run run;

  if (layers > disk->count)
    return -ENOTSUP;
  for (uint64_t offset = 0; offset < size; offset += run.length) {
    const size_t depth = find (disk, layers, offset, size - offset, &run);
    errint_t error;

    if (run.kind == LOCAL_DAMAGED)
      return -ENOTSUP;
    error = take (opaque, offset, run.length, (uint32_t) depth);
    if (error != 0)
      return error;
  }
  return 0;
}
