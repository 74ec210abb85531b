/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an image's header says about other files, read by us and bounded, so
 * that the policy is applied before QEMU opens any of them.
 */
#ifndef DELTAFS_IMAGE_HEADER_H
#define DELTAFS_IMAGE_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cleanup.h"
#include "errint.h"
#include "format.h"
#include "image_file.h"

/* One file that a VMDK descriptor names. */
struct image_extent {
  char *name;
  uint64_t least;               /* bytes that it must have; 0: not known */
};

struct image_header {
  bool encrypted;
  char *backing;                /* the stored name, or NULL */
  char *backing_format;         /* as stored, or NULL */
  bool external_data;           /* data clusters are in another file */
  char *data_file;              /* its stored name, or NULL */
  struct image_extent *extents; /* VMDK; owned */
  size_t extent_count;
  /* qcow2: where its tables are. */
  uint64_t virtual_size;        /* bytes */
  unsigned cluster_bits;
  bool extended_l2;
  bool zero_flag;               /* an entry can say that it reads as zeros */
  bool unknown_features;        /* such that only QEMU can tell */
  bool compressed;              /* some clusters are: truncation.h finds out */
  uint32_t l1_entries;
  uint64_t l1_offset;           /* bytes */
};

/* Reads FILE's header as FORMAT's.  -EINVAL with *REASON (static) for what is
 * not a valid header, -ENOMEM, or a failure to read (*REASON is strerror's).
 * Nothing is reported.  What HEADER holds is freed with
 * image_header_clear, after a failure too. */
errint_t image_header_read (const struct image_file *file,
                            const struct image_format *format,
                            struct image_header *header,
                            const char **reason);
void image_header_clear (struct image_header *header);

/* Readers of one format each, for image_header_read. */
errint_t qcow2_header_read (const struct image_file *file,
                            struct image_header *header,
                            const char **reason);
errint_t qcow_header_read (const struct image_file *file,
                           struct image_header *header,
                           const char **reason);
errint_t qed_header_read (const struct image_file *file,
                          struct image_header *header,
                          const char **reason);
errint_t vmdk_header_read (const struct image_file *file,
                           struct image_header *header,
                           const char **reason);

/* Reads a name of LENGTH bytes at OFFSET of FILE into *NAME, up to its first
 * NUL as QEMU does; *NAME stays NULL where it is empty.  For the readers. */
errint_t header_read_name (const struct image_file *file,
                           uint64_t offset, uint32_t length,
                           char **name, const char **reason);

#endif
