/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How an appliance is set up: the calls of libguestfs that do it are defined
 * here.
 */
#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <guestfs.h>

#include "appliance.h"
#include "messages.h"

/* What the disk was added with. */
static char disk[256];

int
guestfs_add_drive_opts (guestfs_h *g, const char *file_name, ...)
{
  va_list options;
  int option;

  (void) g;
  snprintf (disk, sizeof disk, "%s", file_name);
  va_start (options, file_name);
  while ((option = va_arg (options, int)) != -1) {
    size_t used = strlen (disk);

    if (option == GUESTFS_ADD_DRIVE_OPTS_SERVER)
      snprintf (disk + used, sizeof disk - used, " %s",
                *va_arg (options, char **));
    else if (option == GUESTFS_ADD_DRIVE_OPTS_BLOCKSIZE)
      snprintf (disk + used, sizeof disk - used, " %d",
                va_arg (options, int));
    else
      snprintf (disk + used, sizeof disk - used, " %s",
                va_arg (options, const char *));
  }
  va_end (options);
  return 0;
}

int
guestfs_launch (guestfs_h *g)
{
  (void) g;
  return 0;
}

static void
expect_disk (enum side side, unsigned sector_size, const char *expected)
{
  struct messages messages;
  struct appliances_options options = {
    .socket = { "b.sock", "o.sock" }, .export = { "b", "o" },
    .private_directory = ".",
  };
  CLEANUP (appliance_free) struct appliance *appliance = NULL;

  messages_start (&messages);
  options.log = &messages.log;
  options.sector_size[side] = sector_size;
  options.sector_size[1 - side] = 4608 - sector_size;
  appliance = appliance_new (side, &options);
  assert_non_null (appliance);
  assert_int_equal (appliance_launch (appliance, &options, true), 0);
  assert_string_equal (disk, expected);
}

/* Each side's disk has the sectors that its own table counts in. */
static void
test_sectors (void **state)
{
  (void) state;
  expect_disk (SIDE_BASE, 512, "b raw nbd unix:b.sock unsafe");
  expect_disk (SIDE_BASE, 4096, "b raw nbd unix:b.sock unsafe 4096");
  expect_disk (SIDE_OVERLAY, 512, "o raw nbd unix:o.sock unsafe");
  expect_disk (SIDE_OVERLAY, 4096, "o raw nbd unix:o.sock unsafe 4096");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_sectors),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
