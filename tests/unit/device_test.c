/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Devices that stand on one another, and what of two of them may differ: moved,
 * grown and cut pieces, and bytes that come from nowhere.
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

#include "device.h"
#include "device_compare.h"
#include "slice.h"

#define DISK 4096

/* A disk of bytes, or a volume in two pieces of one. */
struct test_device {
  struct device device;
  const uint8_t *bytes;
  /* Where bytes below CUT and the others come from. */
  uint64_t cut, first, second;
  uint64_t transform;
  bool nowhere;                 /* the second piece */
};

static uint8_t bytes[SIDES][DISK];
static struct extents written;

static errint_t
read_test (struct device *device, void *buffer, size_t length,
           uint64_t offset)
{
  const struct test_device *test = (const struct test_device *) device;

  if (offset == 13)
    return -ENXIO;
  memcpy (buffer, test->bytes + offset, length);
  return 0;
}

static void
place_test (const struct device *device, uint64_t offset,
            struct device_place *place)
{
  const struct test_device *test = (const struct test_device *) device;
  const bool first = offset < test->cut;

  *place = (struct device_place) {
    .on_disk = first || !test->nowhere,
    .position = first ? test->first + offset
      : test->second + (offset - test->cut),
    .length = first ? test->cut - offset : device->size - offset,
    .transform = test->transform,
  };
}

static const struct device_operations operations = {
  .read = read_test, .place = place_test,
};

/* SIZE bytes in one piece from START on. */
static struct test_device
make (enum side side, uint64_t start, uint64_t size)
{
  return (struct test_device) {
    .device = { .operations = &operations, .size = size, .side = side,
                .disk_written = &written },
    .bytes = bytes[side], .cut = size, .first = start,
  };
}

/* "0+4 100+8": what may differ, "unknown" where that is not known. */
static const char *
differs (const struct test_device *base, const struct test_device *overlay)
{
  static char text[256];
  CLEANUP_EXTENTS struct extents found = { 0 };
  bool known;
  size_t used = 0;

  assert_int_equal (device_written (&base->device, &overlay->device, &found,
                                    &known), 0);
  if (!known) {
    assert_int_equal (found.count, 0);
    return "unknown";
  }
  text[0] = '\0';
  for (size_t i = 0; i < found.count; ++i)
    used += (size_t) snprintf (text + used, sizeof text - used, "%s%d+%d",
                               i > 0 ? " " : "", (int) found.list[i].offset,
                               (int) found.list[i].length);
  return text;
}

static int
start (void **state)
{
  (void) state;
  extents_clear (&written);
  assert_int_equal (extents_append (&written, 100, 50), 0);
  assert_int_equal (extents_append (&written, 1000, 10), 0);
  return 0;
}

static void
same_place (void **state)
{
  struct test_device base = make (SIDE_BASE, 0, DISK);
  struct test_device overlay = make (SIDE_OVERLAY, 0, DISK);

  (void) state;
  assert_string_equal (differs (&base, &overlay), "100+50 1000+10");
  /* A part, whose start and end were written in part. */
  base = make (SIDE_BASE, 120, 885);
  overlay = make (SIDE_OVERLAY, 120, 885);
  assert_string_equal (differs (&base, &overlay), "0+30 880+5");
  base = make (SIDE_BASE, 200, 100);
  overlay = make (SIDE_OVERLAY, 200, 100);
  assert_string_equal (differs (&base, &overlay), "");
  overlay.device.disk_written = NULL;
  assert_string_equal (differs (&base, &overlay), "unknown");
}

static void
moved_and_grown (void **state)
{
  struct test_device base = make (SIDE_BASE, 200, 100);
  struct test_device overlay = make (SIDE_OVERLAY, 201, 100);

  (void) state;
  assert_string_equal (differs (&base, &overlay), "unknown");
  /* What the base has not may differ, written or not. */
  overlay = make (SIDE_OVERLAY, 200, 140);
  assert_string_equal (differs (&base, &overlay), "100+40");
  overlay = make (SIDE_OVERLAY, 200, 60);
  assert_string_equal (differs (&base, &overlay), "");
  base = make (SIDE_BASE, 0, 0);
  overlay = make (SIDE_OVERLAY, 0, 0);
  assert_string_equal (differs (&base, &overlay), "");
}

/* In two pieces, of which the second is elsewhere in the base. */
static void
in_pieces (void **state)
{
  struct test_device base = make (SIDE_BASE, 80, 100);
  struct test_device overlay = make (SIDE_OVERLAY, 80, 100);

  (void) state;
  overlay.cut = 40;
  overlay.second = 2000;
  assert_string_equal (differs (&base, &overlay), "20+80");
  base.cut = 40;
  base.second = 2000;
  assert_string_equal (differs (&base, &overlay), "20+20");
  /* Zeros on both sides are the same zeros. */
  base.nowhere = overlay.nowhere = true;
  assert_string_equal (differs (&base, &overlay), "20+20");
  base.nowhere = false;
  assert_string_equal (differs (&base, &overlay), "20+80");
  /* Another key. */
  overlay.transform = 7;
  assert_string_equal (differs (&base, &overlay), "unknown");
  base.transform = 7;
  assert_string_equal (differs (&base, &overlay), "20+80");
}

static void
slices (void **state)
{
  struct test_device disk = make (SIDE_OVERLAY, 0, DISK);
  CLEANUP (device_close) struct device *slice = NULL, *part = NULL;
  struct device_place place;
  char buffer[4];

  (void) state;
  memcpy (bytes[SIDE_OVERLAY] + 306, "word", 4);
  assert_int_equal (slice_open (&disk.device, 300, 100, &slice), 0);
  /* As much of it as there is. */
  assert_int_equal (slice_open (slice, 2, 1000, &part), 0);
  assert_int_equal (part->size, 98);
  assert_int_equal (device_read (part, buffer, 4, 4), 0);
  assert_memory_equal (buffer, "word", 4);
  part->operations->place (part, 4, &place);
  assert_int_equal (place.position, 306);
  /* Nothing beyond the end, and no other error than one of reading. */
  assert_int_equal (device_read (part, buffer, 4, 95), -EIO);
  assert_int_equal (device_read (part, buffer, 4, UINT64_MAX - 2), -EIO);
  assert_int_equal (device_read (&disk.device, buffer, 1, 13), -EIO);
  assert_int_equal (device_splice (part, -1, 1, 0), -ENOTSUP);
  device_close (steal_pointer (&part));
  assert_int_equal (slice_open (&disk.device, DISK + 1, 5, &part), 0);
  assert_int_equal (part->size, 0);
}

static void
note (void *opaque, uint64_t offset, uint64_t length,
      enum device_verdict verdict)
{
  char *text = opaque;

  snprintf (text + strlen (text), 256 - strlen (text), "%d+%d%c ",
            (int) offset, (int) length, "=!?"[verdict]);
}

static void
compared (void **state)
{
  struct test_device base = make (SIDE_BASE, 0, 1020);
  struct test_device overlay = make (SIDE_OVERLAY, 0, DISK);
  struct device *const device[SIDES] = { &base.device, &overlay.device };
  char text[256] = "";

  (void) state;
  memset (bytes, 0, sizeof bytes);
  assert_int_equal (extents_append (&written, 1016, 16), 0);
  bytes[SIDE_OVERLAY][130] = 1;
  bytes[SIDE_OVERLAY][1030] = 1;
  assert_int_equal (device_compare (device, &written, 110, DISK, 0, 16, note,
                                    text), 0);
  /* In units of 16; zeros where the base has ended. */
  assert_string_equal (text, "110+2= 112+16= 128+16! 144+6= 1000+8= "
                       "1008+2= 1016+8= 1024+8! ");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup (same_place, start),
    cmocka_unit_test_setup (moved_and_grown, start),
    cmocka_unit_test_setup (in_pieces, start),
    cmocka_unit_test_setup (slices, start),
    cmocka_unit_test_setup (compared, start),
  };
  int failed = cmocka_run_group_tests_name ("device", tests, NULL, NULL);

  extents_clear (&written);
  return failed;
}
