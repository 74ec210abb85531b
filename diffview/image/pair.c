/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Putting the pair together: chains, storage daemon, connections, map.
 */
#include <config.h>

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blockgraph.h"
#include "chain.h"
#include "chain_times.h"
#include "image_watch.h"
#include "local_disk.h"
#include "nbd_side.h"
#include "pair.h"
#include "storage_daemon.h"
#include "written.h"

/* 128 TiB: larger than any guest's disk.  A header can claim 8 EiB, and QEMU
 * needs a second for every 30 TiB or so to tell that there is nothing. */
#define SIZE_LIMIT (UINT64_C (1) << 47)

struct image_pair {
  const struct log *log;
  atomic_bool remote_failed;    /* and that was reported */
  struct image_chains *chains;
  struct image_watch *watch;
  int scratch[SIDES];           /* empty files for the scratch layers */
  bool has_scratch;
  struct storage_daemon_part *parts;    /* what the daemon started with */
  size_t part_count;
  struct storage_daemon *daemon;
  pthread_mutex_t lock;         /* for answer */
  errint_t answer[SIDES];       /* 1: the daemon was not waited for yet;
                                 * else what came of it */
  struct nbd_side *sides[SIDES];
  struct local_disk *local[SIDES];      /* NULL: only through the daemon */
  uint64_t size[SIDES];         /* bytes */
  bool has_map;
  struct extents written;
  bool base_is_younger;
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

static errint_t
start_daemon (struct image_pair *pair, const char *directory,
              const struct log *log)
{
  size_t count = 0;
  int *files = blockgraph_files (pair->chains, pair->scratch, &count);
  errint_t error = -ENOMEM;

  pair->parts = blockgraph_parts (pair->chains, &pair->part_count);
  if (files == NULL || pair->parts == NULL)
    log_error (log, error, "cannot start the storage daemon", NULL);
  else
    error = storage_daemon_start (directory, pair->parts, pair->part_count,
                                  files, count, log, &pair->daemon);
  free (files);
  return error;
}

/* The first image that a side's disk consists of and that is not a local file;
 * NULL where all are. */
static const char *
remote_name (const struct image_pair *pair, enum side side)
{
  const struct image_chains *chains = pair->chains;
  const bool own = side == SIDE_BASE && chains->base_index == 0;
  const struct image_chain *chain = own ? &chains->base : &chains->overlay;

  for (size_t i = side == SIDE_BASE && !own ? chains->base_index : 0;
       i < chain->count; ++i) {
    const struct image_layer *layer = &chain->layers[i];

    if (layer->file->fd < 0)
      return layer->file->name;
    if (layer->data_file != NULL && layer->data_file->fd < 0)
      return layer->data_file->name;
  }
  return NULL;
}

/* The daemon did not get as far as the images. */
static void
report_opening (const struct image_pair *pair, errint_t error)
{
  /* The start of an overlay was read before; that of a raw base was not. */
  const char *remote = remote_name (pair, SIDE_BASE);

  if (remote == NULL)
    remote = remote_name (pair, SIDE_OVERLAY);
  if (error == -ETIMEDOUT && remote != NULL)
    log_error (pair->log, error, "cannot read the image", remote);
  else
    storage_daemon_blame (pair->daemon, pair->parts, pair->part_count, error);
}

/* Waits until the daemon has opened the images. */
static errint_t
wait_for_daemon (struct image_pair *pair, enum side side)
{
  errint_t error;

  pthread_mutex_lock (&pair->lock);
  if (pair->answer[side] > 0) {
    error = pair->sides[side] != NULL
      ? nbd_side_wait (pair->sides[side]) : -ECONNREFUSED;
    if (error != 0)
      report_opening (pair, error);
    pair->answer[side] = error;
  }
  error = pair->answer[side];
  pthread_mutex_unlock (&pair->lock);
  return error;
}

static errint_t
connect_side (struct image_pair *pair, enum side side, const struct log *log)
{
  errint_t error = nbd_side_open (storage_daemon_socket (pair->daemon),
                                  blockgraph_export[side],
                                  side == SIDE_OVERLAY, &pair->sides[side]);

  /* A daemon that is dead already is so as well when it is waited for. */
  if (error == -ENOMEM)
    return log_error (log, error, "cannot connect to the storage daemon",
                      NULL);
  error = 0;
  pair->answer[side] = 1;
  if (pair->local[side] != NULL)
    pair->size[side] = local_disk_size (pair->local[side]);
  else {
    error = wait_for_daemon (pair, side);
    if (error == 0)
      pair->size[side] = nbd_side_size (pair->sides[side]);
  }
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
  return 0;
}

/* A file without a name. */
static errint_t
make_scratch_file (struct image_pair *pair, enum side side,
                   const char *directory, const struct log *log)
{
  CLEANUP_FREE char *path = NULL;

  if (asprintf (&path, "%s/scratch.XXXXXX", directory) < 0)
    return log_error (log, -ENOMEM, "cannot make a scratch file", NULL);
  pair->scratch[side] = mkostemp (path, O_CLOEXEC);
  if (pair->scratch[side] < 0)
    return log_error (log, -errno, "cannot make a scratch file", path);
  unlink (path);
  return 0;
}

static errint_t
read_map (struct image_pair *pair, const struct log *log)
{
  const uint32_t layers = (uint32_t) pair->chains->base_index;
  errint_t error = -ENOTSUP;

  if (layers == 0) {
    log_detail (log, "overlay and base have no common chain: everything may "
                "differ");
    return 0;
  }
  if (pair->local[SIDE_OVERLAY] != NULL)
    error = written_read_local (pair->local[SIDE_OVERLAY], layers,
                                &pair->written);
  if (error == -ENOTSUP) {
    error = wait_for_daemon (pair, SIDE_OVERLAY);
    if (error != 0)
      return error;
    error = written_read (pair->sides[SIDE_OVERLAY], layers, &pair->written);
  }
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
  pair->base_is_younger = chain_base_is_younger (pair->chains);
  error = image_watch_new (pair->chains, log, &pair->watch);
  if (error != 0)
    return log_error (log, error, "cannot open the images", NULL);
  if (!options->again)
    image_watch_warn (pair->watch);
  for (int side = 0; error == 0 && side < SIDES; ++side)
    error = make_scratch_file (pair, side, options->private_directory, log);
  if (error == 0)
    error = start_daemon (pair, options->private_directory, log);
  for (int side = 0; error == 0 && side < SIDES; ++side) {
    error = open_local (pair, side, log);
    if (error == 0)
      error = connect_side (pair, side, log);
  }
  if (error != 0)
    return error;
  if (!options->again)
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
  pair->log = log;
  pair->scratch[SIDE_BASE] = pair->scratch[SIDE_OVERLAY] = -1;
  pthread_mutex_init (&pair->lock, NULL);
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
    if (pair->scratch[side] >= 0)
      close (pair->scratch[side]);
  }
  storage_daemon_stop (pair->daemon);
  blockgraph_free_parts (pair->parts, pair->part_count);
  pthread_mutex_destroy (&pair->lock);
  if (pair->watch != NULL)
    image_watch_free (pair->watch);
  image_chains_close (pair->chains);
  extents_clear (&pair->written);
  free (pair);
}

bool
pair_is_written (const struct image_pair *pair)
{
  return image_watch_is_written (pair->watch);
}

errint_t
pair_check (struct image_pair *pair)
{
  return image_watch_check (pair->watch);
}

bool
pair_remote_failed (const struct image_pair *pair)
{
  return atomic_load (&pair->remote_failed);
}

uint64_t
pair_size (const struct image_pair *pair, enum side side)
{
  return pair->size[side];
}

bool
pair_is_distant (const struct image_pair *pair, enum side side)
{
  return pair->local[side] == NULL
    || !local_disk_is_whole (pair->local[side]);
}

bool
pair_is_stacked (const struct image_pair *pair)
{
  return pair->chains->base_index != 0;
}

bool
pair_base_is_younger (const struct image_pair *pair)
{
  return pair->base_is_younger;
}

const struct extents *
pair_written (const struct image_pair *pair)
{
  return pair->has_map ? &pair->written : NULL;
}

/* What a read comes to that the daemon has failed at. */
static errint_t
failed_read (struct image_pair *pair, enum side side)
{
  const char *remote = remote_name (pair, side);

  if (remote == NULL)
    return -EIO;
  if (!atomic_exchange (&pair->remote_failed, true))
    log_report (pair->log, LOG_LEVEL_ERROR, "cannot read the image", remote,
                "its server is gone, does not answer or reports an error");
  return -EREMOTEIO;
}

errint_t
pair_read (struct image_pair *pair, enum side side,
           void *buffer, size_t length, uint64_t offset)
{
  const uint64_t size = pair_size (pair, side);
  errint_t error;

  if (length > size || offset > size - length)
    return -EINVAL;
  if (pair->local[side] != NULL
      && local_disk_read (pair->local[side], buffer, length, offset) == 0)
    return 0;
  if (wait_for_daemon (pair, side) != 0)
    return remote_name (pair, side) != NULL ? -EREMOTEIO : -EIO;
  error = nbd_side_read (pair->sides[side], buffer, length, offset);
  return error == -EIO ? failed_read (pair, side) : error;
}

errint_t
pair_splice (struct image_pair *pair, enum side side, int pipe,
             size_t length, uint64_t offset)
{
  const uint64_t size = pair_size (pair, side);

  if (pair->local[side] == NULL || length > size || offset > size - length)
    return -ENOTSUP;
  return local_disk_splice (pair->local[side], pipe, length, offset);
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

errint_t
pair_add_scratch (struct image_pair *pair)
{
  errint_t error;

  if (pair->has_scratch)
    return 0;
  error = storage_daemon_open_monitor (pair->daemon);
  if (error != 0)
    return storage_daemon_blame (pair->daemon, pair->parts, pair->part_count,
                                 error);
  for (int side = 0; error == 0 && side < SIDES; ++side)
    error = blockgraph_add_scratch (pair->daemon, pair->chains, side,
                                    pair->scratch[side],
                                    pair_size (pair, side));
  if (error == 0)
    pair->has_scratch = true;
  return error;
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

void
pair_remove_sockets (const char *private_directory)
{
  storage_daemon_remove_socket (private_directory);
}

void
pair_control_descriptors (const struct image_pair *pair,
                          int descriptors[PAIR_CONTROL_DESCRIPTORS])
{
  storage_daemon_control_descriptors (pair->daemon, descriptors);
}

void
pair_seal (struct image_pair *pair)
{
  storage_daemon_seal (pair->daemon);
}

int
pair_daemon_process (const struct image_pair *pair)
{
  return storage_daemon_process (pair->daemon);
}

int
pair_daemon_pid (const struct image_pair *pair)
{
  return storage_daemon_pid (pair->daemon);
}
