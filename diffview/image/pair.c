/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Putting the pair together: chains, storage daemon, connections, map.
 */
#include "config.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blockgraph.h"
#include "chain.h"
#include "image_lock.h"
#include "local_disk.h"
#include "nbd_side.h"
#include "pair.h"
#include "storage_daemon.h"
#include "written.h"

/* 128 TiB: larger than any guest's disk.  A header can claim 8 EiB, and QEMU
 * needs a second for every 30 TiB or so to tell that there is nothing. */
#define SIZE_LIMIT (UINT64_C (1) << 47)

struct image_pair {
  struct image_chains *chains;
  struct storage_daemon *daemon;
  struct nbd_side *sides[SIDES];
  struct local_disk *local[SIDES];      /* NULL: only through the daemon */
  bool has_map;
  struct extents written;
};

static const char *
side_name (const struct image_pair *pair, enum side side)
{
  const struct image_chains *chains = pair->chains;

  if (side == SIDE_OVERLAY)
    return chains->overlay.layers[0].file->name;
  return chains->base_index != 0
    ? chains->overlay.layers[chains->base_index].file->name
    : chains->base.layers[0].file->name;
}

static void
warn_of_writers (const struct image_chain *chain, const struct log *log)
{
  for (size_t i = 0; i < chain->count; ++i) {
    const struct image_file *file = chain->layers[i].file;

    if (image_lock_is_written (file))
      log_report (log, LOG_LEVEL_WARNING, "the image is being written",
                  file->name, "a running QEMU has it open for writing; this "
                  "shows what had reached the file by now");
  }
}

static errint_t
start_daemon (struct image_pair *pair, const char *directory,
              const struct log *log)
{
  size_t count = 0;
  int *files = blockgraph_files (pair->chains, &count);
  errint_t error;

  if (files == NULL)
    return log_error (log, -ENOMEM, "cannot start the storage daemon", NULL);
  error = storage_daemon_start (directory, files, count, log, &pair->daemon);
  free (files);
  return error == 0 ? blockgraph_build (pair->daemon, pair->chains) : error;
}

static errint_t
connect_side (struct image_pair *pair, enum side side, const struct log *log)
{
  errint_t error = nbd_side_open (storage_daemon_socket (pair->daemon),
                                  blockgraph_export[side],
                                  side == SIDE_OVERLAY,
                                  side_name (pair, side), log,
                                  &pair->sides[side]);

  if (error == 0 && pair_size (pair, side) > SIZE_LIMIT) {
    log_report (log, LOG_LEVEL_ERROR, "cannot read the image",
                side_name (pair, side), "its header claims a disk of %" PRIu64
                " bytes, which is more than is supported",
                pair_size (pair, side));
    error = -EFBIG;
  }
  return error;
}

/* What can be read without the daemon. */
static errint_t
open_local (struct image_pair *pair, enum side side, const struct log *log)
{
  const struct image_chains *chains = pair->chains;
  const bool own = side == SIDE_BASE && chains->base_index == 0;
  errint_t error = local_disk_open (own ? &chains->base : &chains->overlay,
                                    side == SIDE_BASE ? chains->base_index : 0,
                                    &pair->local[side]);

  if (error != 0)
    return log_error (log, error, "cannot read the image",
                      side_name (pair, side));
  if (pair->local[side] != NULL
      && local_disk_size (pair->local[side]) != pair_size (pair, side)) {
    local_disk_close (pair->local[side]);
    pair->local[side] = NULL;
  }
  return 0;
}

/* The file exists by name only until QEMU has opened it. */
static errint_t
add_scratch (struct image_pair *pair, enum side side, const char *directory,
             const struct log *log)
{
  CLEANUP_FREE char *path = NULL;
  CLEANUP_CLOSE int fd = -1;
  errint_t error;

  if (asprintf (&path, "%s/scratch.XXXXXX", directory) < 0)
    return log_error (log, -ENOMEM, "cannot make a scratch file", NULL);
  fd = mkostemp (path, O_CLOEXEC);
  if (fd < 0)
    return log_error (log, -errno, "cannot make a scratch file", path);
  error = blockgraph_add_scratch (pair->daemon, pair->chains, side, path,
                                  pair_size (pair, side));
  unlink (path);
  return error;
}

static errint_t
read_map (struct image_pair *pair, const struct log *log)
{
  errint_t error;

  if (pair->chains->base_index == 0) {
    log_detail (log, "overlay and base have no common chain: everything may "
                "differ");
    return 0;
  }
  error = written_read (pair->sides[SIDE_OVERLAY],
                        (uint32_t) pair->chains->base_index, &pair->written);
  if (error != 0)
    return log_error (log, error, "cannot find out what was written",
                      side_name (pair, SIDE_OVERLAY));
  pair->has_map = true;
  log_detail (log, "written since the base: %.1f MiB of %.1f MiB in %zu "
              "extents",
              (double) extents_total (&pair->written) / 1048576,
              (double) pair_size (pair, SIDE_OVERLAY) / 1048576,
              pair->written.count);
  return 0;
}

static void
warn_of_sizes (const struct image_pair *pair, const struct log *log)
{
  const uint64_t base = pair_size (pair, SIDE_BASE);
  const uint64_t overlay = pair_size (pair, SIDE_OVERLAY);

  if (base != overlay)
    log_report (log, LOG_LEVEL_WARNING, "the disks differ in size",
                side_name (pair, SIDE_OVERLAY),
                "%" PRIu64 " bytes, its base has %" PRIu64, overlay, base);
}

static errint_t
open_pair (struct image_pair *pair, const struct pair_options *options,
           const struct log *log)
{
  errint_t error = image_chains_open (options, log, &pair->chains);

  if (error != 0)
    return error;
  warn_of_writers (&pair->chains->overlay, log);
  warn_of_writers (&pair->chains->base, log);
  error = start_daemon (pair, options->private_directory, log);
  for (int side = 0; error == 0 && side < SIDES; ++side) {
    error = connect_side (pair, side, log);
    if (error == 0)
      error = open_local (pair, side, log);
    if (error == 0)
      error = add_scratch (pair, side, options->private_directory, log);
  }
  if (error != 0)
    return error;
  warn_of_sizes (pair, log);
  return read_map (pair, log);
}

errint_t
pair_open (const struct pair_options *options, const struct log *log,
           struct image_pair **result)
{
  CLEANUP (pair_close) struct image_pair *pair = calloc (1, sizeof *pair);
  errint_t error;

  if (pair == NULL)
    return log_error (log, -ENOMEM, "cannot open the images", NULL);
  error = open_pair (pair, options, log);
  if (error == 0)
    *result = steal_pointer (&pair);
  return error;
}

void
pair_close (struct image_pair *pair)
{
  if (pair == NULL)
    return;
  for (int side = 0; side < SIDES; ++side) {
    nbd_side_close (pair->sides[side]);
    local_disk_close (pair->local[side]);
  }
  storage_daemon_stop (pair->daemon);
  image_chains_close (pair->chains);
  extents_clear (&pair->written);
  free (pair);
}

uint64_t
pair_size (const struct image_pair *pair, enum side side)
{
  return nbd_side_size (pair->sides[side]);
}

const struct extents *
pair_written (const struct image_pair *pair)
{
  return pair->has_map ? &pair->written : NULL;
}

errint_t
pair_read (struct image_pair *pair, enum side side,
           void *buffer, size_t length, uint64_t offset)
{
  const uint64_t size = pair_size (pair, side);

  if (length > size || offset > size - length)
    return -EINVAL;
  if (pair->local[side] != NULL
      && local_disk_read (pair->local[side], buffer, length, offset) == 0)
    return 0;
  return nbd_side_read (pair->sides[side], buffer, length, offset);
}

/* What is known of the virtual size without asking QEMU. */
static void
size_of_layer (const struct image_layer *layer, struct pair_layer *result)
{
  uint64_t size = layer->header.virtual_size;

  if (size == 0 && strcmp (layer->format->name, "raw") == 0
      && layer->file->fd >= 0 && image_file_size (layer->file, &size) == 0)
    size = (size + 511) / 512 * 512;
  result->size_known = size != 0;
  result->size = size;
}

bool
pair_layer (const struct image_pair *pair, size_t index,
            struct pair_layer *result)
{
  const struct image_chains *chains = pair->chains;
  const bool own = index >= chains->overlay.count;
  const struct image_chain *chain = own ? &chains->base : &chains->overlay;
  /* The base's place in this chain. */
  const size_t base = own ? 0
    : chains->base_index != 0 ? chains->base_index : SIZE_MAX;
  const struct image_layer *layer;

  if (own)
    index -= chains->overlay.count;
  if (index >= chain->count)
    return false;
  layer = &chain->layers[index];
  *result = (struct pair_layer) {
    .role = index == base ? PAIR_ROLE_BASE
      : index > base ? PAIR_ROLE_BELOW : PAIR_ROLE_OVERLAY,
    .file = layer->file->name,
    .format = layer->format->name,
    .data_file = layer->data_file != NULL ? layer->data_file->name : NULL,
  };
  size_of_layer (layer, result);
  if (index == base || (index == 0 && !own)) {
    result->size_known = true;
    result->size = pair_size (pair, index == base ? SIDE_BASE
                              : SIDE_OVERLAY);
  }
  return true;
}

const char *
pair_scratch_socket (const struct image_pair *pair, enum side side)
{
  return pair_socket (pair, side);
}

const char *
pair_scratch_export (const struct image_pair *pair, enum side side)
{
  (void) pair;
  return blockgraph_scratch_export[side];
}

void
pair_hide_sockets (struct image_pair *pair)
{
  storage_daemon_hide (pair->daemon);
}

const char *
pair_socket (const struct image_pair *pair, enum side side)
{
  (void) side;
  return storage_daemon_socket (pair->daemon);
}

const char *
pair_export (const struct image_pair *pair, enum side side)
{
  (void) pair;
  return blockgraph_export[side];
}

int
pair_daemon_pid (const struct image_pair *pair)
{
  return storage_daemon_pid (pair->daemon);
}
