/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where the log ends: the newest record that was written whole, and the tail
 * that it names.  Every block begins with the number of the cycle in which it
 * was written, so that a search by halves finds where an older cycle begins
 * (xlog_find_head, xlog_find_tail of fs/xfs/xfs_log_recover.c).
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xfs/log_private.h"

/* Records that can be under way at once, and the largest of each: within so many
 * blocks before the head some may not have been written yet. */
#define RECORDS_UNDER_WAY 8
#define RECORD_BLOCKS (256 * 1024 / XFS_BASIC_BLOCK)
#define WINDOW (RECORDS_UNDER_WAY * RECORD_BLOCKS)

#define UNMOUNT 0x20            /* flag of an operation */

#define NOWHERE UINT32_MAX

struct search {
  struct xfs_log *log;
  uint8_t *window;              /* owned: WINDOW basic blocks */
};

static uint32_t
cycle_of (const uint8_t *block)
{
  return bytes_be32 (block + (xfs_log_is_header (block) ? 4 : 0));
}

static errint_t
read_cycle (const struct xfs_log *log, uint32_t block, uint32_t *cycle)
{
  uint8_t bytes[XFS_BASIC_BLOCK];
  errint_t err = xfs_log_read (log, block, 1, bytes);

  *cycle = cycle_of (bytes);
  return err;
}

/* The first block behind FIRST, which has another cycle, of cycle CYCLE, which
 * LAST has. */
static errint_t
find_cycle (const struct xfs_log *log, uint32_t first, uint32_t last,
            uint32_t cycle, uint32_t *found)
{
  errint_t err = 0;

  while (last - first > 1 && err == 0) {
    uint32_t middle = first + (last - first) / 2, here = 0;

    err = read_cycle (log, middle, &here);
    if (here == cycle)
      last = middle;
    else
      first = middle;
  }
  *found = last;
  return err;
}

/* The first of COUNT blocks (at most WINDOW) from START on that is of cycle
 * CYCLE, or NOWHERE. */
static errint_t
find_in_window (const struct search *search, uint32_t start, uint32_t count,
                uint32_t cycle, uint32_t *found)
{
  errint_t err = count == 0 ? 0
    : xfs_log_read (search->log, start, count, search->window);

  *found = NOWHERE;
  for (uint32_t i = 0; i < count && err == 0 && *found == NOWHERE; ++i)
    if (cycle_of (search->window + (size_t) i * XFS_BASIC_BLOCK) == cycle)
      *found = start + i;
  return err;
}

/* A block that is said to be written but has the cycle before is a hole: what
 * comes behind it does not count. */
static errint_t
skip_holes (const struct search *search, uint32_t cycle, uint32_t *head)
{
  uint32_t length = search->log->length;
  uint32_t window = length < WINDOW ? length : WINDOW;
  uint32_t found = NOWHERE;
  errint_t err;

  if (*head >= window)
    err = find_in_window (search, *head - window, window, cycle, &found);
  else {
    err = find_in_window (search, length - (window - *head), window - *head,
                          cycle - 1, &found);
    if (err == 0 && found == NOWHERE)
      err = find_in_window (search, 0, *head, cycle, &found);
  }
  if (err == 0 && found != NOWHERE)
    *head = found;
  return err;
}

/* Looks back from END (below it, down to START) for a header.  *FOUND is its
 * block, or NOWHERE; HEADER gets its bytes. */
static errint_t
find_header (const struct search *search, uint32_t start, uint32_t end,
             uint32_t *found, uint8_t header[XFS_BASIC_BLOCK])
{
  *found = NOWHERE;
  while (end > start && *found == NOWHERE) {
    uint32_t count = end - start < RECORD_BLOCKS ? end - start
      : RECORD_BLOCKS;
    errint_t err = xfs_log_read (search->log, end - count, count,
                                 search->window);

    if (err < 0)
      return err;
    for (uint32_t i = count; i > 0 && *found == NOWHERE; --i) {
      const uint8_t *block
        = search->window + (size_t) (i - 1) * XFS_BASIC_BLOCK;

      if (xfs_log_is_header (block)) {
        *found = end - count + i - 1;
        memcpy (header, block, XFS_BASIC_BLOCK);
      }
    }
    end -= count;
  }
  return 0;
}

/* Looks back from END around the end of the log, as far as it has COUNT blocks. */
static errint_t
find_header_around (const struct search *search, uint32_t end,
                    uint32_t count, uint32_t *found,
                    uint8_t header[XFS_BASIC_BLOCK])
{
  uint32_t length = search->log->length;
  errint_t err;

  if (count > length)
    count = length;
  err = find_header (search, end < count ? 0 : end - count, end, found,
                     header);
  if (err == 0 && *found == NOWHERE && end < count)
    err = find_header (search, length - (count - end), length, found,
                       header);
  return err;
}

/* Blocks from one to another, around the end of the log. */
static uint32_t
distance (const struct xfs_log *log, uint32_t from, uint32_t to)
{
  return to >= from ? to - from : log->length - from + to;
}

/* A head in the middle of a record becomes the beginning of that one. */
static errint_t
leave_record (const struct search *search, uint32_t *head)
{
  uint8_t header[XFS_BASIC_BLOCK];
  uint32_t found;
  errint_t err = find_header_around (search, *head, RECORD_BLOCKS
                                     + 64, &found, header);

  if (err == 0 && found != NOWHERE
      && distance (search->log, found, *head % search->log->length)
         != (xfs_log_header_blocks (header) + xfs_log_data_blocks (header))
            % search->log->length)
    *head = found;
  return err;
}

/* *HEAD becomes NOWHERE for a log in which nothing was ever written. */
static errint_t
find_head (const struct search *search, uint32_t *head)
{
  const struct xfs_log *log = search->log;
  uint32_t first, last;
  errint_t err = read_cycle (log, 0, &first);

  if (err == 0)
    err = read_cycle (log, log->length - 1, &last);
  if (err < 0)
    return err;
  *head = NOWHERE;
  if (first == 0)
    return 0;
  if (first == last) {
    *head = log->length;
    --last;
  } else
    err = find_cycle (log, 0, log->length - 1, last, head);
  if (err == 0)
    err = skip_holes (search, last, head);
  if (err == 0)
    err = leave_record (search, head);
  *head %= log->length;
  return err;
}

/* The last record before *HEAD that is whole: *START, with the tail that it names in
 * log->tail, or NOWHERE.  One that cannot be read was torn: the head goes back
 * before it, and before what was under way with it. */
static errint_t
find_last (const struct search *search, struct xfs_log_buffer *buffer,
           uint32_t *start)
{
  struct xfs_log *log = search->log;
  uint32_t head = log->head, back = head, passed = 0;

  *start = NOWHERE;
  for (int i = 0; i < RECORDS_UNDER_WAY; ++i) {
    struct xfs_log_record record;
    uint8_t header[XFS_BASIC_BLOCK];
    uint32_t found;
    errint_t err = find_header_around (search, back, log->length, &found,
                                       header);

    /* All around, or beyond what has to be replayed. */
    if (err < 0 || found == NOWHERE || distance (log, found, head) <= passed
        || (*start != NOWHERE && distance (log, found, head)
                                 > distance (log, log->tail, head)))
      return err;
    passed = distance (log, found, head);
    back = found;
    err = xfs_log_read_record (log, found, buffer, &record);
    if (err == -EIO) {
      *start = NOWHERE;
      log->head = found;
    } else if (err < 0)
      return err;
    else if (*start == NOWHERE) {
      *start = found;
      log->head = record.next;
      log->tail = (uint32_t) bytes_be64 (header + 24);
      if (log->tail >= log->length
          || memcmp (header + 304, log->fs->user_uuid, XFS_UUID_SIZE) != 0)
        return -EIO;
    }
  }
  return 0;
}

/* Was the log closed by an unmount, the last record of all?  mkfs.xfs makes one, too,
 * without a checksum. */
static errint_t
look_for_unmount (const struct search *search)
{
  struct xfs_log *log = search->log;
  uint8_t header[XFS_BASIC_BLOCK], data[XFS_BASIC_BLOCK];
  uint32_t found, headers;
  errint_t err = find_header_around (search, log->head, RECORD_BLOCKS,
                                     &found, header);

  if (err < 0 || found == NOWHERE)
    return err;
  headers = xfs_log_header_blocks (header);
  if (bytes_be32 (header + 40) != 1 || headers > 64
      || (found + headers + xfs_log_data_blocks (header)) % log->length
         != log->head)
    return 0;
  err = xfs_log_read (log, (found + headers) % log->length, 1, data);
  log->clean = err == 0 && (data[9] & UNMOUNT) != 0;
  return err;
}

static errint_t
find_ends (const struct search *search, struct xfs_log_buffer *buffer,
           const char **reason)
{
  struct xfs_log *log = search->log;
  uint32_t start;
  errint_t err = find_head (search, &log->head);

  if (err < 0)
    return err;
  if (log->head == NOWHERE) {
    log->clean = true;
    log->head = log->tail = 0;
    return 0;
  }
  err = look_for_unmount (search);
  if (err < 0 || log->clean)
    return err;
  err = find_last (search, buffer, &start);
  if (err == -EIO || (err == 0 && start == NOWHERE)) {
    *reason = "no whole record of its own is at the end of its log";
    return -ENOTSUP;
  }
  return err;
}

errint_t
xfs_log_open (const struct xfs_filesystem *fs, struct xfs_log *log,
              const char **reason)
{
  struct search search = { .log = log };
  struct xfs_log_buffer buffer = { .bytes = NULL };
  uint64_t bytes = (uint64_t) fs->log_blocks << fs->block_log;
  errint_t err;

  *log = (struct xfs_log) {
    .fs = fs, .start = fs->log_block << fs->block_log,
    .length = (uint32_t) (bytes / XFS_BASIC_BLOCK),
  };
  /* XFS_MAX_LOG_BYTES; the least is far above. */
  if (bytes > UINT32_C (1) << 31 || log->length < 2 * WINDOW / 8) {
    *reason = "its log is larger or smaller than can be";
    return -ENOTSUP;
  }
  search.window = malloc ((size_t) WINDOW * XFS_BASIC_BLOCK);
  err = search.window == NULL ? -ENOMEM
    : find_ends (&search, &buffer, reason);
  free (search.window);
  free (buffer.bytes);
  return err;
}
