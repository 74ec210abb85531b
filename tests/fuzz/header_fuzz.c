/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An image of any bytes: a byte that chooses the format, then the file.  Its
 * header is read, the names in it are held against the policy, and its tables
 * are looked through.
 */
#include <config.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "header.h"
#include "image_file.h"
#include "remote.h"
#include "truncation.h"
#include "vmdk_header.h"

static const char *const formats[] = {
  "qcow2", "vmdk", "qcow", "qed", "vdi", "parallels", "raw", "vhdx",
};

static void
examine (struct image_layer *layer)
{
  struct image_header *header = &layer->header;
  const char *reason = NULL;
  errint_t err = image_header_read (layer->file, layer->format, header,
                                    &reason);

  FUZZ_REQUIRE (err == 0 || reason != NULL);
  if (err == 0) {
    FUZZ_REQUIRE (header->backing == NULL || *header->backing != '\0');
    FUZZ_REQUIRE (header->extent_count == 0 || header->extents != NULL);
    truncation_check (layer, &fuzz_log);
    if (header->backing != NULL)
      remote_is_uri (header->backing);
  }
  image_header_clear (header);
  vmdk_extent_check (layer->file, &reason);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  CLEANUP (image_file_close) struct image_file *file = NULL;
  struct image_layer layer = { 0 };

  if (size < 1)
    return 0;
  layer.format =
    format_find (formats[data[0] % (sizeof formats / sizeof formats[0])]);
  if (layer.format == NULL)
    return 0;
  file = layer.file = calloc (1, sizeof *file);
  FUZZ_REQUIRE (file != NULL);
  file->name = strdup ("image");
  file->fd = memfd_create ("image", MFD_CLOEXEC);
  FUZZ_REQUIRE (file->name != NULL && file->fd >= 0);
  FUZZ_REQUIRE (write (file->fd, data + 1, size - 1) ==
                (ssize_t) (size - 1));
  examine (&layer);
  return 0;
}
