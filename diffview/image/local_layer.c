/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tables of qcow2 (QEMU, docs/interop/qcow2.txt: "Cluster mapping"): the
 * first level is kept, pieces of the second are read as they are needed, and
 * kept as long as there is room.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "local_layer.h"

/* QEMU's limit for an L1 table, bytes. */
#define L1_MAX (32 * 1024 * 1024)
#define OFFSET_MASK UINT64_C (0x00fffffffffffe00)
#define COMPRESSED (UINT64_C (1) << 62)
#define READS_AS_ZERO UINT64_C (1)
/* Bits of TABLE_PIECE_MAX. */
#define PIECE_BITS 12
/* Where the pieces of the next layer lie in the cache: wherever those of a
 * few layers begin they are far from one another. */
#define LAYER_DISTANCE 1265

static bool
is_plain_qcow2 (const struct image_layer *layer)
{
  const struct image_header *header = &layer->header;

  return strcmp (layer->format->name, "qcow2") == 0 && !header->encrypted
    && !header->external_data && !header->extended_l2
    && !header->unknown_features;
}

/* Bytes that one entry of the first level maps, as a power of two. */
static unsigned
l2_bits (const struct local_layer *local)
{
  return 2 * local->cluster_bits - 3;
}

static errint_t
read_l1 (const struct image_header *header, struct local_layer *local,
         bool *usable)
{
  const uint64_t mapped = UINT64_C (1) << l2_bits (local);
  const uint64_t needed = local->size / mapped + (local->size % mapped != 0);
  const size_t length = (size_t) needed * sizeof *local->l1;
  size_t got;

  /* QEMU refuses a table that is too small; it does not look at the rest of
   * one that is too large. */
  if (needed > L1_MAX / sizeof *local->l1 || needed > header->l1_entries)
    return 0;
  if (needed == 0) {
    *usable = true;
    return 0;
  }
  local->l1 = malloc (length);
  if (local->l1 == NULL)
    return -ENOMEM;
  local->l1_entries = (size_t) needed;
  if (image_file_read (local->file, local->l1, length, header->l1_offset,
                       &got) != 0 || got != length)
    return 0;
  for (size_t i = 0; i < local->l1_entries; ++i)
    local->l1[i] = be64toh (local->l1[i]);
  *usable = true;
  return 0;
}

errint_t
local_layer_open (const struct image_layer *layer, size_t number,
                  struct table_cache *tables, struct local_layer *local,
                  bool *usable)
{
  *local = (struct local_layer) {
    .file = layer->file, .tables = tables, .number = number,
  };
  *usable = false;
  if (layer->file->fd < 0 || layer->file->device
      || image_file_size (layer->file, &local->file_size) != 0)
    return 0;
  if (strcmp (layer->format->name, "raw") == 0) {
    local->raw = true;
    /* A disk consists of sectors. */
    local->size = (local->file_size + 511) / 512 * 512;
    *usable = true;
    return 0;
  }
  if (!is_plain_qcow2 (layer))
    return 0;
  local->size = layer->header.virtual_size / 512 * 512;
  local->cluster_bits = layer->header.cluster_bits;
  local->zero_flag = layer->header.zero_flag;
  return local->size == layer->header.virtual_size
    ? read_l1 (&layer->header, local, usable) : 0;
}

void
local_layer_clear (struct local_layer *local)
{
  free (local->l1);
  *local = (struct local_layer) { 0 };
}

static void
find_raw (const struct local_layer *local, uint64_t offset, uint64_t length,
          struct local_run *run)
{
  const uint64_t end = local->file_size;

  *run = (struct local_run) { LOCAL_ZEROS, length, 0 };
  if (offset >= end)
    return;
  run->kind = LOCAL_BYTES;
  run->position = offset;
  if (length > end - offset)
    run->length = end - offset;
}

/* What one entry of the second level says of its cluster. */
static struct local_run
judge_entry (const struct local_layer *local, uint64_t entry)
{
  const uint64_t cluster = UINT64_C (1) << local->cluster_bits;
  struct local_run run = { LOCAL_DAMAGED, cluster, entry & OFFSET_MASK };

  if ((entry & COMPRESSED) != 0)
    run.kind = LOCAL_COMPRESSED;
  else if ((entry & READS_AS_ZERO) != 0)
    run.kind = local->zero_flag ? LOCAL_ZEROS : LOCAL_DAMAGED;
  else if (run.position == 0)
    run.kind = LOCAL_NOTHING;
  else if ((run.position & (cluster - 1)) == 0)
    run.kind = LOCAL_BYTES;
  return run;
}

static bool
continues (const struct local_run *run, const struct local_run *next)
{
  return next->kind == run->kind
    && (run->kind != LOCAL_BYTES
        || next->position == run->position + run->length);
}

/* The run that COUNT entries begin with. */
static struct local_run
join_entries (const struct local_layer *local, const unsigned char *entries,
              size_t count)
{
  struct local_run run = judge_entry (local, bytes_be64 (entries));

  for (size_t i = 1; i < count; ++i) {
    const struct local_run next =
      judge_entry (local, bytes_be64 (entries + 8 * i));

    if (!continues (&run, &next))
      break;
    run.length += next.length;
  }
  return run;
}

/* Bytes of the piece of a table that is read at once, as a power of two. */
static unsigned
piece_bits (const struct local_layer *local)
{
  return local->cluster_bits < PIECE_BITS ? local->cluster_bits : PIECE_BITS;
}

/* Reads LENGTH bytes at OFFSET of the table at TABLE, which lie within one
 * piece of it; BEGIN is the byte of the disk that it begins with. */
static bool
read_entries (const struct local_layer *local, uint64_t table,
              uint64_t begin, uint64_t offset, void *buffer, size_t length)
{
  const unsigned bits = piece_bits (local);
  const uint64_t within = offset & ((UINT64_C (1) << bits) - 1);
  const struct table_piece piece = {
    .file = local->file, .position = table + offset - within,
    .length = (size_t) 1 << bits,
    .place = (begin >> (local->cluster_bits + bits - 3)) + (offset >> bits)
      + local->number * LAYER_DISTANCE,
  };
  size_t got;

  return table_cache_read (local->tables, &piece, (size_t) within, buffer,
                           length)
    || (image_file_read (local->file, buffer, length, table + offset,
                         &got) == 0
        && got == length);
}

static void
find_qcow2 (const struct local_layer *local, uint64_t offset,
            uint64_t length, struct local_run *run)
{
  const unsigned bits = l2_bits (local);
  const uint64_t cluster = UINT64_C (1) << local->cluster_bits;
  const uint64_t within = offset & ((UINT64_C (1) << bits) - 1);
  const uint64_t rest = (UINT64_C (1) << bits) - within;
  const uint64_t table = local->l1[offset >> bits] & OFFSET_MASK;
  const uint64_t inside = offset & (cluster - 1);
  const uint64_t first = within >> local->cluster_bits;
  const size_t most = (size_t) 1 << (piece_bits (local) - 3);
  unsigned char entries[TABLE_PIECE_MAX];
  size_t count = most - (size_t) (first & (most - 1));

  if (length > rest)
    length = rest;
  *run = (struct local_run) { LOCAL_NOTHING, length, 0 };
  if (table == 0)
    return;
  if (length <= count * cluster - inside)
    count = (size_t) ((inside + length + cluster - 1) >> local->cluster_bits);
  if ((table & (cluster - 1)) != 0
      || !read_entries (local, table, offset - within, first * 8, entries,
                        count * 8)) {
    run->kind = LOCAL_DAMAGED;
    return;
  }
  *run = join_entries (local, entries, count);
  run->position += inside;
  run->length -= inside;
  if (run->length > length)
    run->length = length;
}

void
local_layer_find (const struct local_layer *local, uint64_t offset,
                  uint64_t length, struct local_run *run)
{
  if (length > local->size - offset)
    length = local->size - offset;
  if (local->raw)
    find_raw (local, offset, length, run);
  else
    find_qcow2 (local, offset, length, run);
}
