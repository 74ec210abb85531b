/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Puts transactions together, see xfs/transactions.h (struct xlog_op_header and
 * xlog_recover_process_data of Linux).
 */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "bytes.h"
#include "xfs/transactions.h"

#define OPERATION 12            /* bytes of an operation's header */
#define CLIENT_TRANSACTION 0x69
#define CLIENT_LOG 0xaa

enum {
  FLAG_START = 0x01,
  FLAG_COMMIT = 0x02,
  FLAG_CONTINUE = 0x04,         /* the region goes on in the next record */
  FLAG_WAS_CONTINUED = 0x08,
  FLAG_END = 0x10,              /* of what was continued */
  FLAG_UNMOUNT = 0x20,
};

#define TRANSACTION_MAGIC UINT32_C (0x5452414e) /* "TRAN" */
#define TRANSACTION_HEADER 16

/* Of one item: a buffer of 64 KiB with every other chunk changed. */
#define REGIONS_MAX 257

/* What all open transactions may take, bytes. */
#define MEMORY_MAX ((size_t) 128 * 1024 * 1024)

struct open_transaction {
  uint32_t id;
  struct xfs_transaction transaction;
  size_t capacity;              /* items */
  uint8_t header[TRANSACTION_HEADER];
  uint32_t header_length;       /* bytes of it that have come */
  size_t memory;
  UT_hash_handle hh;
};

struct reader {
  const struct xfs_log *log;
  xfs_transaction_visit *visit;
  void *opaque;
  const char **reason;
  struct open_transaction *open;        /* by id */
  size_t memory;
};

static errint_t
damaged (const struct reader *reader)
{
  *reader->reason = "its log is damaged";
  return -ENOTSUP;
}

static void
close_transaction (struct reader *reader, struct open_transaction *open)
{
  for (size_t i = 0; i < open->transaction.count; ++i) {
    struct xfs_item *item = &open->transaction.items[i];

    for (unsigned j = 0; j < item->count; ++j)
      free (item->regions[j].bytes);
    free (item->regions);
  }
  free (open->transaction.items);
  reader->memory -= open->memory;
  HASH_DEL (reader->open, open);
  free (open);
}

static errint_t
take_memory (struct reader *reader, struct open_transaction *open,
             size_t length)
{
  if (length > MEMORY_MAX - reader->memory) {
    *reader->reason = "its log holds more at once than memory is set apart for";
    return -ENOTSUP;
  }
  reader->memory += length;
  open->memory += length;
  return 0;
}

static errint_t
start_transaction (struct reader *reader, uint32_t id, uint64_t sequence)
{
  struct open_transaction *open;
  errint_t err;

  HASH_FIND (hh, reader->open, &id, sizeof id, open);
  if (open != NULL)             /* the one before was never committed */
    close_transaction (reader, open);
  open = calloc (1, sizeof *open);
  if (open == NULL)
    return -ENOMEM;
  open->id = id;
  open->transaction.sequence = sequence;
  HASH_ADD (hh, reader->open, id, sizeof open->id, open);
  err = take_memory (reader, open, 2 * sizeof *open);
  if (err < 0)
    close_transaction (reader, open);
  return err;
}

/* A new item, whose first region has LENGTH bytes. */
static errint_t
add_item (struct reader *reader, struct open_transaction *open,
          const uint8_t *bytes, uint32_t length)
{
  struct xfs_transaction *transaction = &open->transaction;
  struct xfs_item *item;
  errint_t err;

  if (length < 4 || bytes_le16 (bytes + 2) == 0
      || bytes_le16 (bytes + 2) > REGIONS_MAX)
    return damaged (reader);
  if (transaction->count == open->capacity) {
    size_t capacity = open->capacity == 0 ? 16 : open->capacity * 2;
    struct xfs_item *items
      = reallocarray (transaction->items, capacity, sizeof *items);

    if (items == NULL)
      return -ENOMEM;
    transaction->items = items;
    open->capacity = capacity;
  }
  item = &transaction->items[transaction->count];
  *item = (struct xfs_item) {
    .type = bytes_le16 (bytes), .expected = bytes_le16 (bytes + 2),
  };
  err = take_memory (reader, open, 2 * sizeof *item
                     + item->expected * sizeof *item->regions);
  if (err < 0)
    return err;
  item->regions = calloc (item->expected, sizeof *item->regions);
  if (item->regions == NULL)
    return -ENOMEM;
  ++transaction->count;
  return 0;
}

static errint_t
add_region (struct reader *reader, struct open_transaction *open,
            const uint8_t *bytes, uint32_t length)
{
  struct xfs_transaction *transaction = &open->transaction;
  struct xfs_item *item = transaction->count == 0 ? NULL
    : &transaction->items[transaction->count - 1];
  struct xfs_region *region;
  errint_t err = 0;

  if (item == NULL || item->count == item->expected) {
    err = add_item (reader, open, bytes, length);
    if (err < 0)
      return err;
    item = &transaction->items[transaction->count - 1];
  }
  /* What malloc needs for itself, too. */
  err = take_memory (reader, open, (size_t) length + 32);
  if (err < 0)
    return err;
  region = &item->regions[item->count];
  region->bytes = malloc (length == 0 ? 1 : length);
  if (region->bytes == NULL)
    return -ENOMEM;
  memcpy (region->bytes, bytes, length);
  region->length = length;
  ++item->count;
  return 0;
}

/* More of the region that was added last. */
static errint_t
continue_region (struct reader *reader, struct open_transaction *open,
                 const uint8_t *bytes, uint32_t length)
{
  struct xfs_transaction *transaction = &open->transaction;
  struct xfs_item *item = transaction->count == 0 ? NULL
    : &transaction->items[transaction->count - 1];
  struct xfs_region *region;
  uint8_t *longer;
  errint_t err;

  if (item == NULL || item->count == 0)
    return damaged (reader);
  region = &item->regions[item->count - 1];
  err = take_memory (reader, open, length);
  if (err < 0)
    return err;
  longer = realloc (region->bytes, (size_t) region->length + length + 1);
  if (longer == NULL)
    return -ENOMEM;
  memcpy (longer + region->length, bytes, length);
  region->bytes = longer;
  region->length += length;
  return 0;
}

/* Every transaction begins with a header, which may come in two parts. */
static errint_t
add_header (struct reader *reader, struct open_transaction *open,
            const uint8_t *bytes, uint32_t length)
{
  if (length > TRANSACTION_HEADER - open->header_length)
    return damaged (reader);
  memcpy (open->header + open->header_length, bytes, length);
  open->header_length += length;
  return open->header_length == TRANSACTION_HEADER
    && bytes_le32 (open->header) != TRANSACTION_MAGIC ? damaged (reader) : 0;
}

static errint_t
commit (struct reader *reader, struct open_transaction *open)
{
  const struct xfs_transaction *transaction = &open->transaction;
  errint_t err = 0;

  for (size_t i = 0; i < transaction->count; ++i)
    if (transaction->items[i].count != transaction->items[i].expected)
      err = damaged (reader);
  if (err == 0)
    err = reader->visit (reader->opaque, transaction);
  close_transaction (reader, open);
  return err;
}

/* One operation: LENGTH bytes behind its header. */
static errint_t
take_operation (struct reader *reader, const uint8_t *header,
                uint32_t length, uint64_t sequence)
{
  const uint8_t *bytes = header + OPERATION;
  uint32_t id = bytes_be32 (header);
  unsigned flags = header[9];
  struct open_transaction *open;

  if (header[8] != CLIENT_TRANSACTION && header[8] != CLIENT_LOG)
    return damaged (reader);
  if (flags & FLAG_START)
    return start_transaction (reader, id, sequence);
  HASH_FIND (hh, reader->open, &id, sizeof id, open);
  if (open == NULL)             /* it began before the tail */
    return 0;
  if (flags & FLAG_COMMIT)
    return commit (reader, open);
  if (flags & FLAG_UNMOUNT) {
    close_transaction (reader, open);
    return 0;
  }
  if (length == 0)
    return 0;
  if (open->header_length < TRANSACTION_HEADER)
    return add_header (reader, open, bytes, length);
  return flags & FLAG_WAS_CONTINUED
    ? continue_region (reader, open, bytes, length)
    : add_region (reader, open, bytes, length);
}

static errint_t
take_record (struct reader *reader, const struct xfs_log_record *record)
{
  uint32_t at = 0;
  errint_t err = 0;

  for (uint32_t i = 0; i < record->operations && at < record->length
                       && err == 0; ++i) {
    const uint8_t *header = record->data + at;
    uint32_t length;

    if (record->length - at < OPERATION)
      return damaged (reader);
    length = bytes_be32 (header + 4);
    if (length > record->length - at - OPERATION)
      return damaged (reader);
    err = take_operation (reader, header, length, record->sequence);
    at += OPERATION + length;
  }
  return err;
}

errint_t
xfs_transactions_visit (const struct xfs_log *log,
                        xfs_transaction_visit *visit, void *opaque,
                        const char **reason)
{
  struct reader reader = {
    .log = log, .visit = visit, .opaque = opaque, .reason = reason,
  };
  struct xfs_log_buffer buffer = { .bytes = NULL };
  struct open_transaction *open, *next;
  uint32_t block = log->tail, left = log->length;
  errint_t err = 0;

  while (block != log->head && err == 0) {
    struct xfs_log_record record;
    uint32_t length;

    err = xfs_log_read_record (log, block, &buffer, &record);
    if (err < 0)
      break;
    length = record.next > block ? record.next - block
      : log->length - block + record.next;
    if (length > left) {        /* past the head, and around for ever */
      err = damaged (&reader);
      break;
    }
    left -= length;
    err = take_record (&reader, &record);
    block = record.next;
  }
  if (err == -EIO)
    err = damaged (&reader);
  HASH_ITER (hh, reader.open, open, next)
    close_transaction (&reader, open);
  free (buffer.bytes);
  return err;
}
