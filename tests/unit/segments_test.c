/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Devices of pieces against a plain model: a list that says for each byte
 * where it comes from.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "segments.h"
#include "slice.h"

#define DISK 4096               /* bytes */
#define SEGMENTS 12
#define AREAS 4

/* --- a disk, each byte of which tells where it is --- */

static unsigned char disk_bytes[DISK];

static errint_t
read_disk (struct device *device, void *buffer, size_t length,
           uint64_t offset)
{
  (void) device;
  memcpy (buffer, disk_bytes + offset, length);
  return 0;
}

static errint_t
splice_disk (struct device *device, int pipe, size_t length, uint64_t offset)
{
  (void) device;
  (void) pipe;
  (void) length;
  (void) offset;
  return 0;
}

static void
place_on_disk (const struct device *device, uint64_t offset,
               struct device_place *place)
{
  *place = (struct device_place) {
    .on_disk = true, .position = offset, .length = device->size - offset,
  };
}

static void
close_nothing (struct device *device)
{
  (void) device;
}

static const struct device_operations disk_operations = {
  .read = read_disk, .splice = splice_disk, .place = place_on_disk,
  .close = close_nothing,
};

static struct device
make_disk (enum side side, const struct extents *written)
{
  for (size_t i = 0; i < DISK; ++i)
    disk_bytes[i] = (unsigned char) (i * 31 + (i >> 8));
  return (struct device) {
    .operations = &disk_operations, .size = DISK, .side = side,
    .disk_written = written,
  };
}

/* --- random segments and the model --- */

struct made {
  struct segment list[SEGMENTS];
  struct segment_area areas[SEGMENTS][AREAS];
  size_t count;
  uint64_t from[SEGMENTS * 512];        /* byte of the disk for each byte */
  size_t length;
};

static void
make_segment (struct made *made, struct device *const lower[2],
              const uint64_t begin[2])
{
  struct segment *segment = &made->list[made->count];
  struct segment_area *areas = made->areas[made->count++];
  const size_t count = 1 + (size_t) rand () % AREAS;
  const uint64_t stripe = 1 + (uint64_t) rand () % 16;
  const uint64_t each = stripe * (1 + (uint64_t) rand () % 6);

  *segment = (struct segment) {
    .length = each * count, .count = count, .stripe = stripe, .areas = areas,
  };
  for (size_t i = 0; i < count; ++i) {
    const int which = rand () % 2;

    areas[i].lower = lower[which];
    areas[i].offset = (uint64_t) rand () % (lower[which]->size - each + 1);
  }
  for (uint64_t row = 0; row < each / stripe; ++row)
    for (size_t i = 0; i < count; ++i)
      for (uint64_t byte = 0; byte < stripe; ++byte)
        made->from[made->length++] =
          begin[areas[i].lower == lower[1]] + areas[i].offset
          + row * stripe + byte;
}

static void
random_devices (void **state)
{
  const char *given = getenv ("DELTAFS_SEED");
  const unsigned seed = given != NULL ? (unsigned) atoi (given) : 20;
  struct extents written = { 0 };
  struct device base = make_disk (SIDE_BASE, NULL);
  struct device overlay;

  (void) state;
  print_message ("# DELTAFS_SEED=%u\n", seed);
  srand (seed);
  for (uint64_t at = 100; at < DISK; at += 400)
    assert_int_equal (extents_append (&written, at, 60), 0);
  overlay = make_disk (SIDE_OVERLAY, &written);
  for (int round = 0; round < 300; ++round) {
    const uint64_t begin[2] = { 10, 2000 };
    struct device *lower[2], *device, *same;
    struct made made = { .count = 0 };
    struct extents differ = { 0 };
    bool known;

    assert_int_equal (slice_open (&overlay, begin[0], 1500, &lower[0]), 0);
    assert_int_equal (slice_open (&overlay, begin[1], 2000, &lower[1]), 0);
    for (int i = 1 + rand () % SEGMENTS; i > 0; --i)
      make_segment (&made, lower, begin);
    assert_int_equal (segments_open (made.list, made.count, &device), 0);
    assert_int_equal (device->size, made.length);
    assert_int_equal (device->side, SIDE_OVERLAY);

    for (int i = 0; i < 20; ++i) {
      const size_t at = (size_t) rand () % made.length;
      const size_t length = 1 + (size_t) rand () % (made.length - at);
      unsigned char bytes[SEGMENTS * 512];
      struct device_place place;
      bool whole = true;

      assert_int_equal (device_read (device, bytes, length, at), 0);
      for (size_t j = 0; j < length; ++j) {
        assert_int_equal (bytes[j], disk_bytes[made.from[at + j]]);
        whole = whole && made.from[at + j] == made.from[at] + j;
      }
      if (!whole)
        assert_int_equal (device_splice (device, 1, length, at), -ENOTSUP);
      device->operations->place (device, at, &place);
      assert_true (place.on_disk && place.length > 0);
      for (size_t j = 0; j < place.length && at + j < made.length; ++j)
        assert_int_equal (made.from[at + j], place.position + j);
    }

    /* The base has the same segments: what was written below is written. */
    for (size_t i = 0; i < made.count; ++i)
      for (size_t j = 0; j < made.list[i].count; ++j) {
        struct segment_area *area = &made.areas[i][j];

        area->offset += begin[area->lower == lower[1]];
        area->lower = &base;
      }
    assert_int_equal (segments_open (made.list, made.count, &same), 0);
    assert_int_equal (device_written (same, device, &differ, &known), 0);
    assert_true (known);
    for (size_t i = 0; i < made.length; ++i)
      assert_int_equal (extents_touches (&differ, i, 1),
                        extents_touches (&written, made.from[i], 1));
    extents_clear (&differ);
    device_close (same);
    device_close (device);
    device_close (lower[0]);
    device_close (lower[1]);
  }
  extents_clear (&written);
}

/* What lies in one piece although it is of several segments is spliced. */
static void
joined (void **state)
{
  struct device disk = make_disk (SIDE_OVERLAY, NULL);
  struct segment_area areas[3] = {
    { &disk, 100 }, { &disk, 200 }, { &disk, 400 },
  };
  const struct segment list[3] = {
    { .length = 100, .count = 1, .areas = &areas[0] },
    { .length = 50, .count = 1, .areas = &areas[1] },
    { .length = 50, .count = 1, .areas = &areas[2] },
  };
  struct device *device;

  (void) state;
  assert_int_equal (segments_open (list, 3, &device), 0);
  assert_int_equal (device_splice (device, 1, 150, 0), 0);
  assert_int_equal (device_splice (device, 1, 151, 0), -ENOTSUP);
  assert_int_equal (device_splice (device, 1, 50, 150), 0);
  assert_int_equal (device_splice (device, 1, 51, 150), -ENOTSUP);
  device_close (device);
}

static errint_t
try (uint64_t length, size_t count, uint64_t stripe, uint64_t offset)
{
  struct device disk = make_disk (SIDE_OVERLAY, NULL);
  struct segment_area areas[2] = { { &disk, 0 }, { &disk, offset } };
  const struct segment segment = {
    .length = length, .count = count, .stripe = stripe, .areas = areas,
  };
  struct device *device = NULL;
  const errint_t err = segments_open (&segment, 1, &device);

  if (err == 0)
    device_close (device);
  return err;
}

static void
refused (void **state)
{
  struct device huge = make_disk (SIDE_OVERLAY, NULL);
  struct segment_area areas[2] = { { &huge, 0 }, { &huge, 0 } };
  struct segment segment = {
    .length = UINT64_C (2) << 40, .count = 2, .stripe = 4096, .areas = areas,
  };
  struct device *device;

  (void) state;
  assert_int_equal (try (DISK, 2, 512, DISK / 2), 0);
  assert_int_equal (try (DISK, 2, 512, DISK / 2 + 1), -EINVAL);
  assert_int_equal (try (DISK, 2, 512, UINT64_MAX - 5), -EINVAL);
  assert_int_equal (try (DISK + 1, 1, 0, 0), -EINVAL);
  assert_int_equal (try (DISK - 1, 2, 1, 0), -EINVAL);
  assert_int_equal (try (DISK, 2, 0, 0), -EINVAL);
  assert_int_equal (try (DISK, 2, 1000, 0), -EINVAL);
  assert_int_equal (try (0, 1, 1, 0), -EINVAL);
  assert_int_equal (try (DISK, 0, 1, 0), -EINVAL);
  assert_int_equal (segments_open (&segment, 0, &device), -EINVAL);
  huge.size = UINT64_MAX;
  assert_int_equal (segments_open (&segment, 1, &device), -E2BIG);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (random_devices),
    cmocka_unit_test (joined),
    cmocka_unit_test (refused),
  };

  return cmocka_run_group_tests_name ("segments", tests, NULL, NULL);
}
