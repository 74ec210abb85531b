/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What of an appliance's devices is taken for a filesystem: the calls of
 * libguestfs that find them are defined here.
 */
#include <config.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <guestfs.h>

#include "appliances_private.h"
#include "messages.h"

#define GROUP "LVM-abcdefghijabcdefghijabcdefghij01"

/* Lists are strings with a space after each name. */
static struct fake {
  const char *partitions, *arrays, *volumes, *mapped;
  const char *containers;       /* of MD, among the arrays */
  const char *dm;               /* UUID and name of each dm device, a line */
  const char *skipped;          /* what "lvs" says of volumes to be skipped */
  bool lvs_fails, debug_fails;
  bool activated;               /* they were */
  const char *members;          /* what "pvs" says; or NULL */
  unsigned completed;           /* how often what is there was activated */
} fake;

static char **
split (const char *list)
{
  char **strings = calloc (64, sizeof *strings);
  size_t count = 0;

  for (; list != NULL && *list != '\0'; list += strcspn (list, " ") + 1)
    strings[count++] = strndup (list, strcspn (list, " "));
  return strings;
}

static bool
has (const char *list, const char *name)
{
  CLEANUP_FREE_STRINGS char **strings = split (list);

  for (size_t i = 0; strings[i] != NULL; ++i)
    if (strcmp (strings[i], name) == 0)
      return true;
  return false;
}

char **
guestfs_list_devices (guestfs_h *g)
{
  (void) g;
  return split ("/dev/sda ");
}

char **
guestfs_list_partitions (guestfs_h *g)
{
  (void) g;
  return split (fake.partitions);
}

char **
guestfs_list_md_devices (guestfs_h *g)
{
  (void) g;
  return split (fake.arrays);
}

char **
guestfs_lvs (guestfs_h *g)
{
  (void) g;
  return split (fake.volumes);
}

char **
guestfs_list_dm_devices (guestfs_h *g)
{
  (void) g;
  return split (fake.mapped);
}

char **
guestfs_md_detail (guestfs_h *g, const char *array)
{
  (void) g;
  return split (has (fake.containers, array) ? "level container "
                : "level raid1 ");
}

/* Partitions are members of what is inside them, all else holds XFS. */
char **
guestfs_blkid (guestfs_h *g, const char *device)
{
  (void) g;
  if (strncmp (device, "/dev/sda", 8) != 0)
    return split ("TYPE xfs UUID u ");
  return split (fake.volumes != NULL && *fake.volumes != '\0'
                ? "TYPE LVM2_member UUID p "
                : "TYPE linux_raid_member UUID p ");
}

char *
guestfs_debug (guestfs_h *g, const char *command, char *const *arguments)
{
  (void) g; (void) command;
  if (fake.debug_fails)
    return NULL;
  if (strncmp (arguments[0], "lvm pvs ", 8) == 0)
    return strdup (fake.members != NULL ? fake.members : "");
  if (strncmp (arguments[0], "lvm vgchange -ay ", 17) == 0) {
    ++fake.completed;
    return strdup ("");
  }
  if (strncmp (arguments[0], "lvm vgchange ", 13) == 0) {
    fake.activated = true;
    return strdup ("");
  }
  if (strncmp (arguments[0], "lvm lvs ", 8) == 0)
    return fake.lvs_fails ? NULL
      : strdup (fake.skipped != NULL ? fake.skipped : "");
  return strdup (fake.dm != NULL ? fake.dm : "");
}

int
guestfs_is_ready (guestfs_h *g)
{
  (void) g;
  return 1;
}

int
guestfs_last_errno (guestfs_h *g)
{
  (void) g;
  return EIO;
}

static struct messages messages;

/* The devices that are found, each with a space before it. */
static void
expect (const char *devices)
{
  struct appliances_options options = { .private_directory = "." };
  struct appliances appliances = { .side = { NULL, NULL } };
  char found[512] = "";

  messages_start (&messages);
  options.log = appliances.log = &messages.log;
  for (enum side side = 0; side < SIDES; ++side)
    appliances.side[side] = appliance_new (side, &options);
  for (enum side side = 0; side < SIDES; ++side) {
    CLEANUP (appliance_filesystems_free)
      struct appliance_filesystems *list = NULL;

    assert_int_equal (appliances_filesystems (&appliances, side, &list), 0);
    *found = '\0';
    for (size_t i = 0; i < list->count; ++i) {
      strcat (found, " ");
      strcat (found, list->list[i].device);
    }
    assert_string_equal (found, devices);
  }
  for (enum side side = 0; side < SIDES; ++side)
    appliance_free (appliances.side[side]);
}

/* Everything that LVM makes beneath volumes: layers have a name in their UUID,
 * images of a RAID have none. */
static void
test_internal_volumes (void **state)
{
  (void) state;
  fake = (struct fake) {
    .partitions = "/dev/sda1 ",
    .volumes = "/dev/vg/raid /dev/vg/root /dev/vg/snap /dev/vg/thin ",
    .mapped = "/dev/mapper/vg-pool /dev/mapper/vg-pool-tpool "
      "/dev/mapper/vg-pool_tdata /dev/mapper/vg-pool_tmeta "
      "/dev/mapper/vg-raid_rimage_0 /dev/mapper/vg-raid_rmeta_0 "
      "/dev/mapper/vg-root-real /dev/mapper/vg-snap-cow ",
    .dm =
      GROUP "22222222222222222222222222222221-pool vg-pool\n"
      GROUP "22222222222222222222222222222221-tpool vg-pool-tpool\n"
      GROUP "22222222222222222222222222222222-tdata vg-pool_tdata\n"
      GROUP "22222222222222222222222222222223-tmeta vg-pool_tmeta\n"
      GROUP "22222222222222222222222222222224 vg-raid\n"
      GROUP "22222222222222222222222222222225 vg-raid_rimage_0\n"
      GROUP "22222222222222222222222222222226 vg-raid_rmeta_0\n"
      GROUP "22222222222222222222222222222227-real vg-root-real\n"
      GROUP "22222222222222222222222222222228-cow vg-snap-cow\n",
  };
  expect (" /dev/vg/raid /dev/vg/root /dev/vg/snap /dev/vg/thin");
  assert_false (fake.activated);
}

/* LVM does not activate a thin snapshot by itself; it is a filesystem no
 * less. */
static void
test_skipped_volumes (void **state)
{
  (void) state;
  fake = (struct fake) {
    .partitions = "/dev/sda1 ", .volumes = "/dev/vg/thin ",
    .mapped = "/dev/mapper/vg-snap ",
    .dm = GROUP "22222222222222222222222222222221 vg-snap\n",
    .skipped = "  vg/snap\n  other/snap_tdata\n",
  };
  expect (" /dev/other/snap_tdata /dev/vg/snap /dev/vg/thin");
  assert_true (fake.activated);
  fake.volumes = fake.skipped = NULL;
  expect (" /dev/sda1");
}

/* A name alone is no reason: not for a volume, not for what is no volume of LVM
 * at all, and not for what nobody tells anything about. */
static void
test_names_prove_nothing (void **state)
{
  static const char *const all =
    " /dev/mapper/LVM-x_tdata /dev/mapper/luks-vg_tdata"
    " /dev/mapper/vg-a_rimage_0 /dev/mapper/vg-b_tmeta"
    " /dev/vg/data_tdata /dev/vg/x-cow";

  (void) state;
  fake = (struct fake) {
    .partitions = "/dev/sda1 ",
    .volumes = "/dev/vg/data_tdata /dev/vg/x-cow ",
    .mapped = "/dev/mapper/LVM-x_tdata /dev/mapper/luks-vg_tdata "
      "/dev/mapper/vg-a_rimage_0 /dev/mapper/vg-b_tmeta ",
    .dm =
      " LVM-x_tdata\n"
      "CRYPT-LUKS2-00-luks-vg_tdata luks-vg_tdata\n"
      "LVM-short vg-a_rimage_0\n"
      GROUP "22222222222222222222222222222221 vg-b_tmeta2\n",
  };
  expect (all);
  fake.dm = GROUP "22222222222222222222222222222221 vg-b_tmeta\n";
  fake.lvs_fails = true;
  expect (all);
  fake.debug_fails = true;
  expect (all);
}

/* A container of MD holds arrays; alone, it hides nothing. */
static void
test_containers (void **state)
{
  (void) state;
  fake = (struct fake) {
    .partitions = "/dev/sda1 ",
    .arrays = "/dev/md126 /dev/md127 ", .containers = "/dev/md127 ",
  };
  expect (" /dev/md126");
  fake.arrays = "/dev/md127 ";
  expect (" /dev/sda1");
}

/* A group that has a part on another disk. */
static void
test_missing_members (void **state)
{
  (void) state;
  fake = (struct fake) {
    .partitions = "/dev/sda1 ", .volumes = "/dev/vg/root ",
    .members = "  vg/AAAAAA-bbbb/\n  vg/CCCCCC-dddd/missing\n  nonsense\n"
      "  other/EEEEEE-ffff/missing\n",
  };
  expect (" /dev/vg/root");
  assert_non_null (strstr (messages.text, "warning: the volume group is "
                           "incomplete: vg: its physical volume CCCCCC-dddd "
                           "is on another disk\n"));
  assert_int_equal (fake.completed, 2);
  assert_null (strstr (strstr (messages.text, "CCCCCC") + 1, "CCCCCC"));
  assert_non_null (strstr (messages.text, "incomplete: other: "));
  assert_null (strstr (messages.text, "AAAAAA"));
  assert_non_null (strstr (messages.text, "hint: deltafs looks at one disk"));

  fake.members = "  vg/AAAAAA-bbbb/\n";
  expect (" /dev/vg/root");
  assert_string_equal (messages.text, "");
  assert_int_equal (fake.completed, 2);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_internal_volumes),
    cmocka_unit_test (test_skipped_volumes),
    cmocka_unit_test (test_names_prove_nothing),
    cmocka_unit_test (test_containers),
    cmocka_unit_test (test_missing_members),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
