/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Looking for bytes that belong to nothing: see stray.h.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "direct_account.h"
#include "fs_header.h"
#include "layers.h"
#include "stray.h"

#define SECTOR 512
#define CHUNK 65536
#define BOOT_CODE 440           /* bytes of it in an MBR */
#define LOOK_MAX (UINT64_C (256) << 20)
#define NAMED 3                 /* places that the warning tells */

/* A stretch of the disk that is in nothing. */
struct place {
  const struct filesystem *filesystem;  /* in whose volume it is, or NULL */
  uint64_t start;               /* of the stretch; which it is */
  uint64_t first;               /* of the bytes there, on the disk */
  uint64_t bytes;               /* that differ and are not zero, in sectors */
};

struct search {
  const struct disks *disks;
  const struct inspection_options *options;
  struct extents compared;      /* owned; bytes of the overlay's disk */
  struct place place;           /* the one that is being looked at */
  struct place named[NAMED];    /* the largest ones */
  size_t count;                 /* of all places */
  uint64_t bytes;               /* in all places */
  uint64_t looked, not_looked;  /* bytes */
  bool gone;                    /* a remote image, which was reported */
  unsigned char *buffer[SIDES]; /* owned, CHUNK bytes */
};

/* NULL where everything may be. */
static const struct extents *
disk_written (const struct search *search)
{
  return search->disks->disk[SIDE_OVERLAY]->disk_written;
}

/* --- what is compared --- */

/* May the filesystem be larger once its journal was replayed? */
static bool
may_have_grown (const struct search *search, const struct volume *volume,
                uint64_t end)
{
  const struct extents *written = disk_written (search);

  return end < volume->length
    && (written == NULL
        || layers_touch (volume->device, end, volume->length, written))
    && direct_journal_state (volume) == DIRECT_JOURNAL_NEEDS_RECOVERY;
}

static errint_t
add_filesystem (struct search *search, const struct volume *volume)
{
  struct fs_header header;
  uint64_t size;

  fs_header_read (volume, &header);
  if (may_have_grown (search, volume, header.end)
      && direct_size (volume, &size) == 0
      && size > header.end)
    header.end = size < volume->length ? size : volume->length;
  return layers_places (volume->device, header.start, header.end,
                        &search->compared);
}

static errint_t
add_whole (struct search *search, const struct volume *volume)
{
  return layers_places (volume->device, 0, volume->device->size,
                        &search->compared);
}

/* Is what lies in the container in the list of its own? */
static bool
is_opened (const struct search *search, const struct volume *volume)
{
  const struct filesystems *filesystems = search->disks->filesystems;

  for (size_t i = 0; i < filesystems->count; ++i) {
    const struct filesystem_side *side =
      &filesystems->list[i].side[SIDE_OVERLAY];

    if (side->volume == volume)
      return side->contents == CONTENTS_OPENED;
  }
  return false;
}

static errint_t
add_volume (struct search *search, const struct volume *volume)
{
  switch (volume->use) {
  case VOLUME_FILESYSTEM:
  case VOLUME_SWAP:
    return add_filesystem (search, volume);
  case VOLUME_CONTAINER:
    return is_opened (search, volume) ? 0 : add_whole (search, volume);
  case VOLUME_BOOT:
  case VOLUME_UNKNOWN:
    return add_whole (search, volume);
  case VOLUME_BLANK:
    break;
  }
  return 0;
}

/* What is hidden or cannot be read was not written where its container counts
 * as opened. */
static errint_t
add_logical (struct search *search, const struct volume *volume)
{
  if (volume->device == NULL)
    return 0;
  return volume->hidden || volume->reason != NULL
    ? add_whole (search, volume) : add_volume (search, volume);
}

/* All but the boot code. */
static errint_t
add_tables (struct search *search, const struct extents *areas)
{
  errint_t error = 0;

  for (size_t i = 0; i < areas->count && error == 0; ++i) {
    const struct extent *area = &areas->list[i];
    const uint64_t code = area->offset == 0 ? BOOT_CODE : 0;

    if (area->length > code)
      error = extents_add (&search->compared, area->offset + code,
                           area->length - code);
  }
  return error;
}

static errint_t
add_compared (struct search *search)
{
  const struct volumes *volumes = search->disks->volumes[SIDE_OVERLAY];
  errint_t error = 0;

  if (volumes->table != NULL)
    error = add_tables (search, &volumes->table_areas);
  for (size_t i = 0; i < volumes->count && error == 0; ++i)
    error = add_volume (search, &volumes->list[i]);
  for (size_t i = 0; i < volumes->inner_count && error == 0; ++i)
    error = add_logical (search, &volumes->inner[i]);
  for (size_t i = 0; i < volumes->layer_areas.count && error == 0; ++i)
    error = extents_add (&search->compared,
                         volumes->layer_areas.list[i].offset,
                         volumes->layer_areas.list[i].length);
  return error;
}

/* --- what is not --- */

static void
finish_place (struct search *search)
{
  struct place *named = search->named;
  size_t rank = 0;

  if (search->place.bytes > 0) {
    ++search->count;
    search->bytes += search->place.bytes;
    while (rank < NAMED && named[rank].bytes >= search->place.bytes)
      ++rank;
    if (rank < NAMED) {
      memmove (&named[rank + 1], &named[rank],
               (NAMED - 1 - rank) * sizeof named[0]);
      named[rank] = search->place;
    }
  }
  search->place = (struct place) { .bytes = 0 };
}

static bool
is_zero (const unsigned char *bytes, size_t length)
{
  return bytes[0] == 0 && memcmp (bytes, bytes + 1, length - 1) == 0;
}

/* Reads what the side has there, zeros beyond the end of its disk.  What cannot
 * be read is not zero, and differs. */
static void
read_side (struct search *search, enum side side, uint64_t offset,
           size_t length)
{
  struct device *disk = search->disks->disk[side];
  const uint64_t size = disk->size;
  const uint64_t rest = offset < size ? size - offset : 0;
  const size_t there = rest < length ? (size_t) rest : length;
  errint_t error;

  memset (search->buffer[side] + there, 0, length - there);
  error = there == 0 ? 0
    : device_read (disk, search->buffer[side], there, offset);
  if (error == -EREMOTEIO)
    search->gone = true;
  if (error != 0)
    memset (search->buffer[side], side == SIDE_BASE ? 0 : 0xff, there);
}

static void
look_at_chunk (struct search *search, uint64_t offset, size_t length)
{
  const unsigned char *overlay = search->buffer[SIDE_OVERLAY];
  const unsigned char *base = search->buffer[SIDE_BASE];
  size_t done, step;

  read_side (search, SIDE_OVERLAY, offset, length);
  if (is_zero (overlay, length))
    return;
  read_side (search, SIDE_BASE, offset, length);
  for (done = 0; done < length; done += step) {
    step = SECTOR - (offset + done) % SECTOR;
    if (step > length - done)
      step = length - done;
    if (is_zero (overlay + done, step)
        || memcmp (overlay + done, base + done, step) == 0)
      continue;
    if (search->place.bytes == 0)
      search->place.first = offset + done;
    search->place.bytes += step;
  }
}

/* Looks at a range that is in one volume, or in none. */
static void
look_at (struct search *search, uint64_t offset, uint64_t end)
{
  while (offset < end && !search->gone) {
    const uint64_t rest = CHUNK - offset % CHUNK;
    const size_t length = (size_t) (end - offset < rest ? end - offset : rest);

    if (search->looked >= LOOK_MAX) {
      search->not_looked += end - offset;
      return;
    }
    look_at_chunk (search, offset, length);
    search->looked += length;
    offset += length;
  }
}

/* The partition that has the byte at OFFSET (NULL: none has), and where that
 * begins to be so and where it ends: *START and *END, which are closer to each
 * other after the call. */
static const struct filesystem *
find_partition (const struct search *search, uint64_t offset,
                uint64_t *start, uint64_t *end)
{
  const struct filesystems *filesystems = search->disks->filesystems;

  for (size_t i = 0; i < filesystems->count; ++i) {
    const struct filesystem *filesystem = &filesystems->list[i];
    const struct volume *volume = filesystem->side[SIDE_OVERLAY].volume;
    uint64_t after;

    if (filesystem->partition < 0 || volume == NULL || volume->length == 0)
      continue;
    after = volume->offset + volume->length;
    if (volume->offset > offset) {
      if (volume->offset < *end)
        *end = volume->offset;
    }
    else if (after > offset) {
      *start = volume->offset > *start ? volume->offset : *start;
      *end = after < *end ? after : *end;
      return filesystem;
    }
    else if (after > *start)
      *start = after;
  }
  return NULL;
}

/* What of the range lies in nothing that is compared. */
static void
look_outside (struct search *search, uint64_t offset, uint64_t end)
{
  const struct extents *compared = &search->compared;

  while (offset < end) {
    const size_t next = extents_find (compared, offset);
    uint64_t start = 0, stop = end;
    const struct filesystem *filesystem;

    if (next < compared->count && compared->list[next].offset <= offset) {
      offset = compared->list[next].offset + compared->list[next].length;
      continue;
    }
    if (next > 0)
      start = compared->list[next - 1].offset
        + compared->list[next - 1].length;
    if (next < compared->count && compared->list[next].offset < stop)
      stop = compared->list[next].offset;
    filesystem = find_partition (search, offset, &start, &stop);
    if (search->place.start != start
        || search->place.filesystem != filesystem)
      finish_place (search);
    search->place.start = start;
    search->place.filesystem = filesystem;
    look_at (search, offset, stop);
    offset = stop;
  }
}

static void
look_everywhere (struct search *search)
{
  const struct extents *written = disk_written (search);
  const uint64_t size = search->disks->disk[SIDE_OVERLAY]->size;

  if (written == NULL)
    look_outside (search, 0, size);
  for (size_t i = 0; written != NULL && i < written->count; ++i) {
    const uint64_t from = written->list[i].offset;
    const uint64_t to = from + written->list[i].length;

    if (from < size)
      look_outside (search, from, to < size ? to : size);
  }
  finish_place (search);
}

/* --- the warning --- */

/* Does the byte of the disk belong to DEVICE?  Where on it, to *OFFSET. */
static bool
has_byte (const struct device *device, uint64_t position, uint64_t *offset)
{
  struct device_place place;

  for (*offset = 0; *offset < device->size; *offset += place.length) {
    device->operations->place (device, *offset, &place);
    if (place.on_disk && place.position <= position
        && position - place.position < place.length) {
      *offset += position - place.position;
      return *offset < device->size;
    }
  }
  return false;
}

/* The logical volume that the byte belongs to, or NULL. */
static const struct filesystem *
find_logical (const struct search *search, uint64_t position,
              uint64_t *offset)
{
  const struct filesystems *filesystems = search->disks->filesystems;

  for (size_t i = 0; i < filesystems->count; ++i) {
    const struct filesystem *filesystem = &filesystems->list[i];
    const struct volume *volume = filesystem->side[SIDE_OVERLAY].volume;

    if (filesystem->partition < 0 && volume != NULL
        && has_byte (volume->device, position, offset))
      return filesystem;
  }
  return NULL;
}

/* Where a place is, for people. */
static void
put_where (const struct search *search, const struct place *place, FILE *text)
{
  const struct filesystem *filesystem = place->filesystem;
  const struct volume *volume;
  uint64_t offset = place->first;

  if (filesystem != NULL
      && filesystem->side[SIDE_OVERLAY].volume->use == VOLUME_CONTAINER) {
    const struct filesystem *inner = find_logical (search, place->first,
                                                   &offset);

    if (inner == NULL) {
      fprintf (text, "on %s, in no logical volume", filesystem->device);
      return;
    }
    filesystem = inner;
  }
  else if (filesystem != NULL)
    offset -= filesystem->side[SIDE_OVERLAY].volume->offset;
  if (filesystem == NULL && place->first < BOOT_CODE)
    fputs ("the boot code of the disk", text);
  else if (filesystem == NULL)
    fputs ("in no partition", text);
  else {
    volume = filesystem->side[SIDE_OVERLAY].volume;
    if (volume->use == VOLUME_BLANK)
      fprintf (text, "%s, which looks blank", filesystem->device);
    else
      fprintf (text, "%s the %s on %s",
               offset < FS_HEADER_START_MAX ? "in front of"
               : "behind the end of", volume->type, filesystem->device);
  }
}

static errint_t
describe (const struct search *search, char **result)
{
  size_t length;
  FILE *text = open_memstream (result, &length);

  if (text == NULL)
    return -ENOMEM;
  for (size_t i = 0; i < NAMED && search->named[i].bytes > 0; ++i) {
    const struct place *place = &search->named[i];

    fprintf (text, "%s%" PRIu64 " bytes at %" PRIu64 " (",
             i == 0 ? "" : ", ", place->bytes, place->first);
    put_where (search, place, text);
    fputc (')', text);
  }
  if (search->count > NAMED)
    fprintf (text, ", and more: %" PRIu64 " bytes in %zu places in all",
             search->bytes, search->count);
  if (search->not_looked > 0)
    fprintf (text, "%s%" PRIu64 " bytes were not looked at",
             search->count > 0 ? "; " : "", search->not_looked);
  return fclose (text) == 0 ? 0 : -ENOMEM;
}

static errint_t
warn (const struct search *search)
{
  CLEANUP_FREE char *text = NULL;
  errint_t error;

  if (search->gone || (search->count == 0 && search->not_looked == 0))
    return 0;
  error = describe (search, &text);
  if (error == 0)
    log_report (search->options->log, LOG_LEVEL_WARNING,
                "bytes were written outside of all that was compared",
                search->options->overlay, "%s", text);
  return error;
}

errint_t
stray_report (const struct disks *disks,
              const struct inspection_options *options)
{
  struct search search = { .disks = disks, .options = options };
  errint_t error = add_compared (&search);

  for (int side = 0; side < SIDES; ++side) {
    search.buffer[side] = malloc (CHUNK);
    if (search.buffer[side] == NULL)
      error = -ENOMEM;
  }
  if (error == 0) {
    look_everywhere (&search);
    error = warn (&search);
  }
  for (int side = 0; side < SIDES; ++side)
    free (search.buffer[side]);
  extents_clear (&search.compared);
  return error != -ENOMEM ? 0
    : log_error (options->log, error, "cannot look for stray bytes",
                 options->overlay);
}
