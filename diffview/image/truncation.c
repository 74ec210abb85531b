/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Walks the active L1 and L2 tables of a qcow2 image (QEMU,
 * docs/interop/qcow2.txt).
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "old_tables.h"
#include "truncation.h"
#include "vmdk_header.h"

/* QEMU's limit for an L1 table, bytes. */
#define L1_MAX (32 * 1024 * 1024)
/* L2 tables that are looked at: 4 GiB of them map 32 TiB in clusters of the
 * usual size. */
#define L2_BUDGET (UINT64_C (4) << 30)
#define OFFSET_MASK UINT64_C (0x00fffffffffffe00)
#define COMPRESSED (UINT64_C (1) << 62)
#define READS_AS_ZERO UINT64_C (1)

static const char too_short[] =
  "truncated: the file is shorter than its tables say";

struct check {
  const struct image_layer *layer;
  uint64_t size;                /* of the image file */
  uint64_t data_size;           /* of the file that has the data clusters */
  unsigned char *table;         /* one L2 table */
  uint64_t l2_entries;          /* in a table */
  bool compressed;              /* a cluster is */
  const char *reason;           /* strerror's when reading failed */
};

static errint_t
invalid (struct check *check, const char *reason)
{
  check->reason = reason;
  return -EINVAL;
}

/* A running guest's image grows: look again before calling it short. */
static bool
lies_beyond (const struct image_file *file, uint64_t *size,
             uint64_t offset, uint64_t length)
{
  uint64_t now;

  if (length <= *size && offset <= *size - length)
    return false;
  if (image_file_size (file, &now) == 0)
    *size = now;
  return length > *size || offset > *size - length;
}

static errint_t
read_whole (struct check *check, void *buffer, size_t length, uint64_t offset)
{
  size_t got;
  errint_t error = image_file_read (check->layer->file, buffer, length,
                                    offset, &got);

  if (error != 0) {
    check->reason = strerror (-error);
    return error;
  }
  return got == length ? 0 : invalid (check, too_short);
}

/* How many bytes of a cluster are needed that has VISIBLE bytes of the disk;
 * BITMAP is that of an extended entry. */
static uint64_t
needed_bytes (const struct image_header *header, uint64_t bitmap,
              uint64_t visible)
{
  const uint64_t cluster = UINT64_C (1) << header->cluster_bits;
  uint64_t needed = visible < cluster ? visible : cluster;

  if (header->extended_l2) {
    const uint32_t allocated = (uint32_t) bitmap & ~(uint32_t) (bitmap >> 32);
    uint64_t end = 0;

    if (allocated != 0)
      end = (UINT64_C (32) - (unsigned) __builtin_clz (allocated))
        * (cluster / 32);
    if (end < needed)
      needed = end;
  }
  return needed;
}

static errint_t
check_compressed (struct check *check, uint64_t entry)
{
  const unsigned bits = 62 - (check->layer->header.cluster_bits - 8);
  const uint64_t offset = entry & ((UINT64_C (1) << bits) - 1);
  const uint64_t sectors = (entry & (COMPRESSED - 1)) >> bits;
  /* The last sector may be an incomplete one at the end of the file. */
  const uint64_t end = (offset & ~UINT64_C (511)) + sectors * 512 + 1;

  if (lies_beyond (check->layer->file, &check->size, offset, 1)
      || lies_beyond (check->layer->file, &check->size, end - 1, 1))
    return invalid (check, too_short);
  return 0;
}

/* One entry of an L2 table, for the cluster at GUEST on the disk. */
static errint_t
check_entry (struct check *check, const unsigned char *entry, uint64_t guest)
{
  const struct image_layer *layer = check->layer;
  const struct image_header *header = &layer->header;
  const uint64_t value = bytes_be64 (entry);
  const uint64_t offset = value & OFFSET_MASK;
  const struct image_file *file;
  uint64_t needed;

  if (value == 0 || guest >= header->virtual_size)
    return 0;
  if ((value & COMPRESSED) != 0) {
    check->compressed = true;
    return check_compressed (check, value);
  }
  if (!header->extended_l2 && (value & READS_AS_ZERO) != 0)
    return 0;
  /* In an external data file offset 0 is a cluster's. */
  if (offset == 0 && layer->data_file == NULL)
    return 0;
  needed = needed_bytes (header,
                         header->extended_l2 ? bytes_be64 (entry + 8) : 0,
                         header->virtual_size - guest);
  if (needed == 0)
    return 0;
  file = layer->data_file != NULL ? layer->data_file : layer->file;
  if (file->fd >= 0 && lies_beyond (file, &check->data_size, offset, needed))
    return invalid (check, too_short);
  return 0;
}

static errint_t
check_l2 (struct check *check, uint64_t offset, uint64_t guest)
{
  const struct image_header *header = &check->layer->header;
  const size_t entry_size = header->extended_l2 ? 16 : 8;
  errint_t error = read_whole (check, check->table,
                               (size_t) check->l2_entries * entry_size,
                               offset);

  for (uint64_t i = 0; error == 0 && i < check->l2_entries; ++i)
    error = check_entry (check, check->table + i * entry_size,
                         guest + (i << header->cluster_bits));
  return error;
}

struct l2_table {
  uint64_t offset;              /* in the image file */
  uint64_t guest;               /* of what it maps, on the disk */
};

static int
by_offset (const void *a, const void *b)
{
  const struct l2_table *left = a, *right = b;

  return left->offset < right->offset ? -1 : left->offset > right->offset;
}

static errint_t
check_tables (struct check *check, struct l2_table *tables, size_t count)
{
  const uint64_t cluster = UINT64_C (1) << check->layer->header.cluster_bits;
  uint64_t budget = L2_BUDGET;
  errint_t error = 0;

  qsort (tables, count, sizeof *tables, by_offset);
  for (size_t i = 1; i < count; ++i)
    if (tables[i].offset == tables[i - 1].offset)
      return invalid (check, "its tables refer to one table twice");
  if (count > 0
      && lies_beyond (check->layer->file, &check->size,
                      tables[count - 1].offset, cluster))
    return invalid (check, too_short);
  for (size_t i = 0; error == 0 && i < count && budget >= cluster; ++i) {
    error = check_l2 (check, tables[i].offset, tables[i].guest);
    budget -= cluster;
  }
  return error;
}

/* Collects the L2 tables that L1 refers to. */
static errint_t
check_l1 (struct check *check, unsigned char *l1, size_t entries)
{
  const struct image_header *header = &check->layer->header;
  struct l2_table *tables = calloc (entries + 1, sizeof *tables);
  size_t count = 0;
  errint_t error = 0;

  if (tables == NULL) {
    check->reason = strerror (ENOMEM);
    return -ENOMEM;
  }
  for (size_t i = 0; i < entries; ++i) {
    const uint64_t offset = bytes_be64 (l1 + 8 * i) & OFFSET_MASK;
    uint64_t guest;

    if (offset == 0
        || __builtin_mul_overflow (check->l2_entries << header->cluster_bits,
                                   i, &guest)
        || guest >= header->virtual_size)
      continue;
    tables[count].offset = offset;
    tables[count++].guest = guest;
  }
  error = check_tables (check, tables, count);
  free (tables);
  return error;
}

static errint_t
check_qcow2 (struct check *check)
{
  const struct image_layer *layer = check->layer;
  const struct image_header *header = &layer->header;
  const size_t length = (size_t) header->l1_entries * 8;
  CLEANUP_FREE_BYTES unsigned char *l1 = NULL;
  errint_t error;

  if (length > L1_MAX)
    return invalid (check, "its header gives an invalid table size");
  if (length == 0)
    return 0;
  check->l2_entries = (UINT64_C (1) << header->cluster_bits)
    / (header->extended_l2 ? 16 : 8);
  check->table = malloc (UINT64_C (1) << header->cluster_bits);
  l1 = malloc (length);
  if (check->table == NULL || l1 == NULL) {
    check->reason = strerror (ENOMEM);
    error = -ENOMEM;
  }
  else
    error = read_whole (check, l1, length, header->l1_offset);
  if (error == 0)
    error = check_l1 (check, l1, header->l1_entries);
  free (check->table);
  return error;
}

typedef errint_t tables_check (const struct image_file *file,
                               const char **reason);

/* The check of a format that has one; NULL for the others. */
static tables_check *
find_check (const char *format)
{
  if (strcmp (format, "vmdk") == 0)
    return vmdk_tables_check;
  if (strcmp (format, "vdi") == 0)
    return vdi_tables_check;
  if (strcmp (format, "parallels") == 0)
    return parallels_tables_check;
  if (strcmp (format, "qcow") == 0)
    return qcow_tables_check;
  return NULL;
}

errint_t
truncation_check (struct image_layer *layer, const struct log *log)
{
  struct check check = { .layer = layer };
  tables_check *const check_tables_of = find_check (layer->format->name);
  const struct image_file *data = layer->data_file;
  errint_t error;

  if (layer->file->fd < 0)
    return 0;
  error = image_file_size (layer->file, &check.size);
  check.data_size = check.size;
  if (error == 0 && data != NULL && data->fd >= 0)
    error = image_file_size (data, &check.data_size);
  check.reason = strerror (-error);
  if (error == 0 && strcmp (layer->format->name, "qcow2") == 0) {
    error = check_qcow2 (&check);
    layer->header.compressed = check.compressed;
  }
  else if (error == 0 && check_tables_of != NULL)
    error = check_tables_of (layer->file, &check.reason);
  if (error != 0)
    log_report (log, LOG_LEVEL_ERROR, "cannot read the image",
                layer->file->name, "%s", check.reason);
  return error;
}
