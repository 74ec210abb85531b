/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * QAPI descriptions (QEMU, "QEMU Storage Daemon QMP Reference Manual":
 * BlockdevOptions, BlockExportOptions).
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blockgraph.h"
#include "remote.h"

/* QEMU allows 31 characters; none of ours has as many. */
#define NODE_NAME_SIZE 48

const char *const blockgraph_export[SIDES] = { "base", "overlay" };
const char *const blockgraph_scratch_export[SIDES] = {
  "base-scratch", "overlay-scratch"
};

static const char no_scratch[] = "cannot make a scratch layer";

static void
layer_node (const struct image_chains *chains,
            const struct image_chain *chain, size_t index, char *node)
{
  snprintf (node, NODE_NAME_SIZE, "%s-layer-%u",
            chain == &chains->overlay ? "overlay" : "base",
            (unsigned) index);
}

/* The node of a side's disk. */
static void
disk_node (const struct image_chains *chains, enum side side, char *node)
{
  if (side == SIDE_OVERLAY || chains->base_index != 0)
    layer_node (chains, &chains->overlay,
                side == SIDE_OVERLAY ? 0 : chains->base_index, node);
  else
    layer_node (chains, &chains->base, 0, node);
}

static size_t
collect (const struct image_chain *chain, int *files)
{
  size_t count = 0;

  for (size_t i = 0; i < chain->count; ++i) {
    const struct image_layer *layer = &chain->layers[i];

    if (layer->file->fd >= 0)
      files[count++] = layer->file->fd;
    if (layer->data_file != NULL && layer->data_file->fd >= 0)
      files[count++] = layer->data_file->fd;
  }
  return count;
}

int *
blockgraph_files (const struct image_chains *chains,
                  const int scratch[SIDES], size_t *count)
{
  int *files = calloc (2 * (chains->overlay.count + chains->base.count)
                       + SIDES, sizeof *files);

  if (files == NULL)
    return NULL;
  *count = collect (&chains->overlay, files);
  *count += collect (&chains->base, files + *count);
  for (int side = 0; side < SIDES; ++side)
    files[(*count)++] = scratch[side];
  return files;
}

/* What a name describes that is no local path.  A "json:" name may come down
 * to a local file all the same. */
static json_t *
describe_remote (const char *name)
{
  const char *reason, *driver;
  json_t *node = remote_describe (name, &reason);

  if (node == NULL)
    return NULL;
  json_object_set_new (node, "read-only", json_true ());
  driver = json_string_value (json_object_get (node, "driver"));
  if (driver != NULL && (strcmp (driver, "file") == 0
                         || strcmp (driver, "host_device") == 0))
    json_object_set_new (node, "locking", json_string ("off"));
  return node;
}

/* The protocol node of a file; by its descriptor, so that it is the very file
 * that was checked, or by its name where QEMU looks for files beside it. */
static json_t *
describe_file (const struct image_file *file, bool by_name)
{
  char handle[32];

  if (file->fd < 0)
    return describe_remote (file->name);
  snprintf (handle, sizeof handle, "/dev/fd/%d", file->fd);
  return json_pack ("{s:s, s:s, s:s, s:b}",
                    "driver", file->device ? "host_device" : "file",
                    "filename", by_name ? file->name : handle,
                    "locking", "off", "read-only", 1);
}

/* What only some formats have.  QEMU opens extents by itself, with locks;
 * force-share keeps these from standing in anybody's way.  0, or -1 without
 * memory. */
static int
add_particulars (json_t *description, const struct image_layer *layer,
                 const char *backing)
{
  int result = 0;

  if (layer->format->layered)
    result |= json_object_set_new (description, "backing", backing != NULL
                                   ? json_string (backing) : json_null ());
  if (layer->data_file != NULL)
    result |= json_object_set_new (description, "data-file",
                                   describe_file (layer->data_file, false));
  if (layer->header.extent_count > 0)
    result |= json_object_set_new (description, "force-share", json_true ());
  return result;
}

static json_t *
describe_layer (const struct image_chains *chains,
                const struct image_chain *chain, size_t index)
{
  const struct image_layer *layer = &chain->layers[index];
  const bool has_extents = layer->header.extent_count > 0;
  const bool has_backing = index + 1 < chain->count;
  char node[NODE_NAME_SIZE], backing[NODE_NAME_SIZE];
  json_t *description;

  layer_node (chains, chain, index, node);
  layer_node (chains, chain, index + 1, backing);
  description = json_pack ("{s:s, s:s, s:b, s:o}",
                           "driver", layer->format->name,
                           "node-name", node, "read-only", 1,
                           "file", describe_file (layer->file, has_extents));
  if (description != NULL
      && add_particulars (description, layer,
                          has_backing ? backing : NULL) != 0) {
    json_decref (description);
    return NULL;
  }
  return description;
}

/* Takes DESCRIPTION over.  False without memory. */
static bool
add_part (struct storage_daemon_part *part, const char *option,
          json_t *description, const char *what, const char *object)
{
  *part = (struct storage_daemon_part) {
    .option = option, .what = what, .object = object,
    .description = description != NULL
      ? json_dumps (description, JSON_COMPACT) : NULL,
  };
  json_decref (description);
  return part->description != NULL;
}

/* From the lowest layer upwards: each refers to the one below. */
static bool
add_chain (struct storage_daemon_part *parts, size_t *count,
           const struct image_chains *chains, const struct image_chain *chain)
{
  bool complete = true;

  for (size_t i = chain->count; i-- > 0;)
    if (!add_part (&parts[(*count)++], "--blockdev",
                   describe_layer (chains, chain, i),
                   "cannot read the image", chain->layers[i].file->name))
      complete = false;
  return complete;
}

static json_t *
describe_export (const char *node, const char *name, bool writable,
                 bool depth)
{
  return json_pack ("{s:s, s:s, s:s, s:s, s:b, s:b}",
                    "type", "nbd", "id", name, "node-name", node,
                    "name", name, "writable", writable,
                    "allocation-depth", depth);
}

struct storage_daemon_part *
blockgraph_parts (const struct image_chains *chains, size_t *count)
{
  struct storage_daemon_part *parts =
    calloc (chains->overlay.count + chains->base.count + SIDES,
            sizeof *parts);
  bool complete;

  *count = 0;
  if (parts == NULL)
    return NULL;
  complete = add_chain (parts, count, chains, &chains->overlay);
  if (!add_chain (parts, count, chains, &chains->base))
    complete = false;
  for (int side = 0; side < SIDES; ++side) {
    char node[NODE_NAME_SIZE];

    disk_node (chains, side, node);
    if (!add_part (&parts[(*count)++], "--export",
                   describe_export (node, blockgraph_export[side], false,
                                    side == SIDE_OVERLAY),
                   "cannot export the disk", blockgraph_export[side]))
      complete = false;
  }
  if (!complete) {
    blockgraph_free_parts (parts, *count);
    return NULL;
  }
  return parts;
}

void
blockgraph_free_parts (struct storage_daemon_part *parts, size_t count)
{
  if (parts == NULL)
    return;
  for (size_t i = 0; i < count; ++i)
    free (parts[i].description);
  free (parts);
}

/* QEMU writes an empty qcow2 image into the node FILE. */
static errint_t
format_scratch (struct storage_daemon *daemon, const char *id,
                const char *file, uint64_t size)
{
  json_t *arguments = json_pack ("{s:s, s:{s:s, s:s, s:I}}", "job-id", id,
                                 "options", "driver", "qcow2", "file", file,
                                 "size", (json_int_t) size);

  return storage_daemon_run_job (daemon, "blockdev-create", id, arguments,
                                 no_scratch, id);
}

/* Nothing in it has to outlive a crash: no flushing. */
errint_t
blockgraph_add_scratch (struct storage_daemon *daemon,
                        const struct image_chains *chains,
                        enum side side, int descriptor, uint64_t size)
{
  const char *name = blockgraph_scratch_export[side];
  char node[NODE_NAME_SIZE], file[NODE_NAME_SIZE], handle[32];
  json_t *arguments;
  errint_t error;

  disk_node (chains, side, node);
  snprintf (file, sizeof file, "%s-file", name);
  snprintf (handle, sizeof handle, "/dev/fd/%d", descriptor);
  arguments = json_pack ("{s:s, s:s, s:s, s:s, s:{s:b}}", "driver", "file",
                         "node-name", file, "filename", handle,
                         "locking", "off", "cache", "no-flush", 1);
  error = storage_daemon_execute (daemon, "blockdev-add", arguments,
                                  no_scratch, name);
  if (error == 0)
    error = format_scratch (daemon, name, file, size);
  if (error != 0)
    return error;
  arguments = json_pack ("{s:s, s:s, s:s, s:s, s:{s:b}}", "driver", "qcow2",
                         "node-name", name, "file", file, "backing", node,
                         "cache", "no-flush", 1);
  error = storage_daemon_execute (daemon, "blockdev-add", arguments,
                                  no_scratch, name);
  if (error != 0)
    return error;
  return storage_daemon_execute (daemon, "block-export-add",
                                 describe_export (name, name, true, false),
                                 no_scratch, name);
}
