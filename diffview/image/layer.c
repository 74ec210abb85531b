/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Opening one layer: header, encryption, external data file, extents.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "layer.h"
#include "policy.h"
#include "remote.h"
#include "truncation.h"
#include "vmdk_header.h"

static const char cannot_read[] = "cannot read the image";

static errint_t
open_data_file (struct image_layer *layer, bool trusted,
                const struct log *log)
{
  const char *name = layer->header.data_file, *reason;
  errint_t error;

  if (!layer->header.external_data)
    return 0;
  if (name == NULL) {
    log_report (log, LOG_LEVEL_ERROR, cannot_read, layer->file->name,
                "its header does not name its external data file");
    return -EINVAL;
  }
  error = policy_open_data_file (layer->file, name, trusted, &reason,
                                 &layer->data_file);
  if (error == 0)
    return 0;
  log_report (log, LOG_LEVEL_ERROR, "cannot open the external data file",
              name, "%s", reason);
  policy_hint (log, reason);
  return error;
}

/* QEMU opens extents itself, so this opens them only to look. */
static errint_t
check_extent (const struct image_layer *layer,
              const struct image_extent *extent, bool trusted,
              const struct log *log)
{
  CLEANUP (image_file_close) struct image_file *file = NULL;
  const char *reason;
  uint64_t size;
  errint_t error = policy_open_extent (layer->file, extent->name, trusted,
                                       &reason, &file);

  if (error == 0 && file->fd < 0)
    return 0;
  if (error == 0)
    error = vmdk_extent_check (file, &reason);
  if (error == 0)
    error = vmdk_tables_check (file, &reason);
  if (error == 0) {
    error = image_file_size (file, &size);
    reason = strerror (-error);
  }
  if (error == 0 && size < extent->least) {
    reason = "truncated: it is shorter than its image says";
    error = -EINVAL;
  }
  if (error == 0)
    return 0;
  log_report (log, LOG_LEVEL_ERROR, "cannot open the extent", extent->name,
              "%s", reason);
  policy_hint (log, reason);
  return error;
}

static errint_t
check_extents (const struct image_layer *layer, bool trusted,
               const struct log *log)
{
  for (size_t i = 0; i < layer->header.extent_count; ++i) {
    errint_t error = check_extent (layer, &layer->header.extents[i], trusted,
                                   log);

    if (error != 0)
      return error;
  }
  return 0;
}

/* Reads the header from FILE itself or, of a remote one, from a copy of its
 * start. */
static errint_t
read_header (struct image_layer *layer, const struct pair_options *options,
             const struct log *log)
{
  const struct image_file *start = layer->file;
  CLEANUP_FREE char *failure = NULL;
  const char *reason;
  errint_t error;

  if (layer->file->fd < 0 && layer->format->layered) {
    error = remote_start (layer->file, options->private_directory, &failure,
                          &start);
    if (error != 0) {
      log_report (log, LOG_LEVEL_ERROR, cannot_read, layer->file->name, "%s",
                  failure != NULL ? failure : strerror (-error));
      remote_hint (log, failure);
      return error;
    }
  }
  error = image_header_read (start, layer->format, &layer->header, &reason);
  if (error != 0)
    log_report (log, LOG_LEVEL_ERROR, cannot_read, layer->file->name, "%s",
                reason);
  return error;
}

static errint_t
load (struct image_layer *layer, const struct pair_options *options,
      const struct log *log)
{
  const bool trusted = options->allow_remote_backing;
  errint_t error = read_header (layer, options, log);

  if (error != 0)
    return error;
  if (layer->header.encrypted) {
    log_report (log, LOG_LEVEL_ERROR, cannot_read, layer->file->name,
                "encrypted images are not supported");
    log_hint (log, "qemu-img convert can write a decrypted copy");
    return -ENOTSUP;
  }
  error = open_data_file (layer, trusted, log);
  if (error == 0)
    error = check_extents (layer, trusted, log);
  if (error == 0)
    error = truncation_check (layer, log);
  return error;
}

errint_t
image_layer_open (struct image_file *file,
                  const struct image_format *format,
                  const struct pair_options *options,
                  const struct log *log, struct image_layer *layer)
{
  errint_t error;

  *layer = (struct image_layer) { .file = file, .format = format };
  error = load (layer, options, log);
  if (error != 0)
    image_layer_clear (layer);
  return error;
}

void
image_layer_clear (struct image_layer *layer)
{
  image_header_clear (&layer->header);
  image_file_close (layer->data_file);
  image_file_close (layer->file);
  memset (layer, 0, sizeof *layer);
}
