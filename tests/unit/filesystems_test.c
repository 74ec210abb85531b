/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which filesystems of the two sides belong together, and what has to be
 * done with them.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "filesystems.h"
#include "messages.h"
#include "plan.h"

static struct messages messages;

/* In place of the one that asks the images: an odd first byte is unwritten. */
bool
volume_unwritten (const struct volume *overlay, const struct volume *base)
{
  return base != NULL && base->offset == overlay->offset
    && overlay->offset % 2 == 1;
}

static struct volume
volume (unsigned partition, uint64_t offset, enum volume_use use,
        const char *type, const char *uuid)
{
  return (struct volume) {
    .partition = partition, .offset = offset, .length = 1000, .use = use,
    .type = (char *) (uintptr_t) type, .uuid = (char *) (uintptr_t) uuid,
  };
}

static struct filesystems *
pair_up (struct volume *base, size_t base_count, struct volume *overlay,
         size_t overlay_count)
{
  struct volumes base_volumes = { .list = base, .count = base_count,
                                  .sector_size = 512 };
  struct volumes overlay_volumes = { .list = overlay,
                                     .count = overlay_count,
                                     .sector_size = 4096 };
  const struct volumes *volumes[SIDES] = { &base_volumes, &overlay_volumes };
  struct filesystems *filesystems = filesystems_new ();

  assert_non_null (filesystems);
  messages_start (&messages);
  assert_int_equal (filesystems_add_volumes (filesystems, volumes,
                                             &messages.log), 0);
  return filesystems;
}

static void
expect (const struct filesystems *filesystems, const char *device,
        enum task task)
{
  const struct filesystem *filesystem =
    filesystems_find (filesystems, device);

  assert_non_null (filesystem);
  assert_int_equal (plan_task (filesystems, filesystem), task);
}

static void
partitions (void **state)
{
  struct volume base[] = {
    volume (1, 1, VOLUME_FILESYSTEM, "vfat", "A"),
    volume (2, 2000, VOLUME_FILESYSTEM, "ext4", "B"),
    volume (3, 4000, VOLUME_SWAP, "swap", "C"),
    volume (4, 6000, VOLUME_FILESYSTEM, "xfs", "D"),
    volume (6, 8000, VOLUME_BLANK, NULL, NULL),
  };
  struct volume overlay[] = {
    volume (1, 1, VOLUME_FILESYSTEM, "vfat", "A"),
    volume (2, 3000, VOLUME_FILESYSTEM, "ext4", "B"),
    volume (3, 4000, VOLUME_SWAP, "swap", "C2"),
    volume (5, 7000, VOLUME_FILESYSTEM, "ext4", "E"),
    volume (6, 8000, VOLUME_FILESYSTEM, "ext4", "F"),
    volume (11, 9000, VOLUME_BOOT, NULL, NULL),
  };
  CLEANUP (filesystems_free) struct filesystems *filesystems =
    pair_up (base, 5, overlay, 6);

  (void) state;
  assert_int_equal (filesystems->count, 7);
  assert_int_equal (filesystems->sector_size[SIDE_BASE], 512);
  assert_int_equal (filesystems->sector_size[SIDE_OVERLAY], 4096);
  assert_string_equal (filesystems->list[6].device, "sda11");
  expect (filesystems, "sda1", TASK_NONE);
  expect (filesystems, "sda2", TASK_COMPARE);
  expect (filesystems, "sda3", TASK_NONE);
  expect (filesystems, "sda4", TASK_COMPARE);
  expect (filesystems, "sda5", TASK_COMPARE);
  expect (filesystems, "sda6", TASK_COMPARE);
  expect (filesystems, "sda11", TASK_NONE);
  assert_string_equal (messages.text, "");
  assert_true (plan_anything (filesystems));
  assert_false (plan_needs_look_inside (filesystems, NULL));
}

static void
identities_disagree (void **state)
{
  struct volume base[] = {
    volume (1, 0, VOLUME_FILESYSTEM, "ext4", "A"),
    volume (2, 2000, VOLUME_FILESYSTEM, "ext4", "B"),
    volume (3, 4000, VOLUME_FILESYSTEM, "ext4", "C"),
  };
  struct volume overlay[] = {
    volume (1, 0, VOLUME_FILESYSTEM, "ext4", "other"),
    volume (2, 2000, VOLUME_FILESYSTEM, "xfs", "B"),
    volume (3, 4000, VOLUME_SWAP, "swap", NULL),
  };
  CLEANUP (filesystems_free) struct filesystems *filesystems =
    pair_up (base, 3, overlay, 3);

  (void) state;
  assert_true (messages_have (&messages, "warning: not the same filesystem: "
                              "sda1: UUID is A in the base, other"));
  assert_true (messages_have (&messages, "warning: not the same filesystem: "
                              "sda2: base has ext4, overlay has xfs"));
  assert_true (messages_have (&messages, "warning: the filesystem is gone: "
                              "sda3: base has ext4, overlay has swap"));
  expect (filesystems, "sda1", TASK_COMPARE);
  expect (filesystems, "sda2", TASK_COMPARE);
  expect (filesystems, "sda3", TASK_COMPARE);
}

static void
unreadable (void **state)
{
  struct volume base[] = {
    volume (1, 0, VOLUME_FILESYSTEM, "ext4", "A"),
    volume (2, 2000, VOLUME_UNKNOWN, NULL, NULL),
    volume (3, 4000, VOLUME_UNKNOWN, NULL, NULL),
    volume (4, 6000, VOLUME_CONTAINER, "zfs_member", NULL),
    volume (5, 8000, VOLUME_CONTAINER, "LVM2_member", NULL),
  };
  struct volume overlay[] = {
    volume (1, 0, VOLUME_UNKNOWN, NULL, NULL),
    volume (2, 2000, VOLUME_UNKNOWN, NULL, NULL),
    volume (3, 4000, VOLUME_BLANK, NULL, NULL),
    volume (4, 6000, VOLUME_CONTAINER, "zfs_member", NULL),
    volume (5, 8000, VOLUME_CONTAINER, "LVM2_member", NULL),
  };
  CLEANUP (filesystems_free) struct filesystems *filesystems =
    pair_up (base, 5, overlay, 5);
  struct filesystem *inside;

  (void) state;
  expect (filesystems, "sda1", TASK_UNKNOWN);
  expect (filesystems, "sda2", TASK_UNKNOWN);
  expect (filesystems, "sda3", TASK_NONE);
  expect (filesystems, "sda4", TASK_UNKNOWN);
  expect (filesystems, "sda5", TASK_UNKNOWN);
  assert_true (plan_any_filesystem (filesystems));

  /* Something was found inside the volume group. */
  inside = filesystems_add (filesystems, "vg/lv", -1);
  assert_non_null (inside);
  inside->side[SIDE_BASE].present = true;
  expect (filesystems, "sda5", TASK_UNKNOWN);
  inside->side[SIDE_OVERLAY].present = true;
  expect (filesystems, "sda4", TASK_UNKNOWN);
  expect (filesystems, "sda5", TASK_NONE);
}

static void
btrfs_on_several_devices (void **state)
{
  struct volume volumes[] = {
    volume (1, 1, VOLUME_FILESYSTEM, "btrfs", "A"),
    volume (2, 2000, VOLUME_FILESYSTEM, "btrfs", "A"),
    volume (3, 4000, VOLUME_FILESYSTEM, "btrfs", "B"),
  };
  CLEANUP (filesystems_free) struct filesystems *filesystems =
    pair_up (volumes, 3, volumes, 3);

  (void) state;
  expect (filesystems, "sda1", TASK_COMPARE);
  expect (filesystems, "sda2", TASK_NONE);
  expect (filesystems, "sda3", TASK_COMPARE);
}

static void
nothing (void **state)
{
  struct volume blank = volume (0, 0, VOLUME_BLANK, NULL, NULL);
  struct volume unknown = volume (0, 0, VOLUME_UNKNOWN, NULL, NULL);
  struct volume unwritten = volume (0, 1, VOLUME_FILESYSTEM, "ext4", NULL);
  struct filesystems *filesystems = pair_up (&blank, 1, &unknown, 1);

  (void) state;
  assert_false (plan_any_filesystem (filesystems));
  filesystems_free (filesystems);
  filesystems = pair_up (&unwritten, 1, &unwritten, 1);
  assert_true (plan_any_filesystem (filesystems));
  assert_false (plan_anything (filesystems));
  assert_string_equal (filesystems->list[0].device, "sda");
  filesystems_free (filesystems);
}

static struct appliance_filesystem
seen (const char *device, const char *mountable, const char *subvolume,
      const char *type, const char *uuid)
{
  return (struct appliance_filesystem) {
    .device = (char *) (uintptr_t) device,
    .mountable = (char *) (uintptr_t) (mountable != NULL ? mountable
                                                         : device),
    .subvolume = (char *) (uintptr_t) subvolume,
    .type = (char *) (uintptr_t) type,
    .uuid = (char *) (uintptr_t) uuid,
  };
}

static void
inside_containers (void **state)
{
  struct volume volumes[] = {
    volume (1, 1, VOLUME_FILESYSTEM, "btrfs", "A"),
    volume (2, 2000, VOLUME_CONTAINER, "LVM2_member", "B"),
    volume (3, 4001, VOLUME_CONTAINER, "crypto_LUKS", "C"),
  };
  struct appliance_filesystem base[] = {
    seen ("/dev/sda1", NULL, "old", "btrfs", "A"),
    seen ("/dev/vg/gone", NULL, NULL, "ext4", "X"),
    seen ("/dev/vg/root", NULL, NULL, "ext4", "R"),
    seen ("/dev/vg/swap", NULL, NULL, "swap", NULL),
  };
  struct appliance_filesystem overlay[] = {
    seen ("/dev/sda1", NULL, "a", "btrfs", "A"),
    seen ("/dev/sda1", "btrfsvol:/dev/sda1/@home",
          "@home", "btrfs", "A"),
    seen ("/dev/sda1", "btrfsvol:/dev/sda1/a/b",
          "a/b", "btrfs", "A"),
    seen ("/dev/sda3", NULL, NULL, "crypto_LUKS", "C"),
    seen ("/dev/../x", NULL, NULL, "ext4", NULL),
    seen ("/dev/vg/crypt", NULL, NULL, "crypto_LUKS", NULL),
    seen ("/dev/vg/raw", NULL, NULL, "unknown", NULL),
    seen ("/dev/vg/root", NULL, NULL, "ext4", "R2"),
    seen ("/dev/vg/swap", NULL, NULL, "swap", NULL),
  };
  struct appliance_filesystems base_seen = { .list = base, .count = 4 };
  struct appliance_filesystems overlay_seen = { .list = overlay, .count = 9 };
  const struct appliance_filesystems *both[SIDES] = { &base_seen,
                                                      &overlay_seen };
  CLEANUP (filesystems_free) struct filesystems *filesystems =
    pair_up (volumes, 3, volumes, 3);
  const struct filesystem *root;
  char **subvolumes;

  (void) state;
  assert_true (plan_needs_look_inside (filesystems, NULL));
  assert_int_equal (filesystems_add_seen (filesystems, both, &messages.log),
                    0);
  assert_int_equal (filesystems->count, 3 + 5);
  subvolumes = filesystems->list[0].subvolumes[SIDE_OVERLAY];
  assert_string_equal (subvolumes[0], "/@home");
  assert_string_equal (subvolumes[1], "/a/b");
  assert_null (subvolumes[2]);
  assert_null (filesystems->list[0].subvolumes[SIDE_BASE]);
  assert_string_equal (filesystem_default_subtree (&filesystems->list[0],
                                                   SIDE_OVERLAY), "/a");
  assert_string_equal (filesystem_default_subtree (&filesystems->list[0],
                                                   SIDE_BASE), "/old");
  expect (filesystems, "sda2", TASK_NONE);
  expect (filesystems, "sda3", TASK_NONE);      /* locked, not written to */
  expect (filesystems, "vg/gone", TASK_COMPARE);
  expect (filesystems, "vg/root", TASK_COMPARE);
  expect (filesystems, "vg/swap", TASK_NONE);
  expect (filesystems, "vg/raw", TASK_UNKNOWN);
  expect (filesystems, "vg/crypt", TASK_LOCKED);
  root = filesystems_find (filesystems, "vg/root");
  assert_int_equal (root->partition, -1);
  assert_string_equal (filesystem_identity (root)->uuid, "R2");
  assert_true (messages_have (&messages, "vg/root: UUID is R in the base"));
  assert_true (messages_have (&messages, "cannot use the device"));
}

static struct volume
logical (const char *name, const char *id, uint64_t offset,
         const char *reason)
{
  struct volume made = volume (0, offset, reason != NULL ? VOLUME_UNKNOWN
                               : VOLUME_FILESYSTEM,
                               reason != NULL ? NULL : "ext4", NULL);

  made.name = (char *) (uintptr_t) name;
  made.id = (char *) (uintptr_t) id;
  made.reason = (char *) (uintptr_t) reason;
  return made;
}

static struct filesystems *
pair_up_logical (struct volume *container, struct volume *base,
                 size_t base_count, struct volume *overlay,
                 size_t overlay_count)
{
  struct volumes sides[SIDES] = {
    { .list = container, .count = 1, .inner = base,
      .inner_count = base_count },
    { .list = container, .count = 1, .inner = overlay,
      .inner_count = overlay_count },
  };
  const struct volumes *volumes[SIDES] = { &sides[0], &sides[1] };
  struct filesystems *filesystems = filesystems_new ();

  assert_non_null (filesystems);
  messages_start (&messages);
  assert_int_equal (filesystems_add_volumes (filesystems, volumes,
                                             &messages.log), 0);
  return filesystems;
}

/* By name; by UUID where only the overlay has the name and only the base has
 * that UUID under another one; the container needs no look inside. */
static void
logical_volumes (void **state)
{
  struct volume container = volume (2, 2000, VOLUME_CONTAINER, "LVM2_member",
                                    "P");
  struct volume base[] = {
    logical ("vg/root", "LVM-1", 1, NULL),
    logical ("vg/old", "LVM-2", 1, NULL),
    logical ("vg/gone", "LVM-3", 1, NULL),
    logical ("vg/data", "LVM-4", 2, NULL),
    logical ("vg/swapped", "LVM-5", 2, NULL),
  };
  struct volume overlay[] = {
    logical ("vg/root", "LVM-1", 1, NULL),
    logical ("vg/new", "LVM-2", 1, NULL),
    logical ("vg/added", "LVM-6", 1, NULL),
    logical ("vg/data", "LVM-4", 2, NULL),
    logical ("vg/swapped", "LVM-7", 2, NULL),
  };
  struct filesystems *filesystems;

  (void) state;
  container.opened = true;
  filesystems = pair_up_logical (&container, base, 5, overlay, 5);
  expect (filesystems, "sda2", TASK_NONE);
  expect (filesystems, "vg/root", TASK_NONE);
  expect (filesystems, "vg/new", TASK_NONE);
  assert_null (filesystems_find (filesystems, "vg/old"));
  expect (filesystems, "vg/gone", TASK_COMPARE);
  expect (filesystems, "vg/added", TASK_COMPARE);
  expect (filesystems, "vg/data", TASK_COMPARE);
  expect (filesystems, "vg/swapped", TASK_COMPARE);
  assert_false (plan_needs_look_inside (filesystems, NULL));
  filesystems_free (filesystems);
}

/* What only an appliance can read, where what it consists of was written or
 * not, and what nobody can. */
static void
unreadable_volumes (void **state)
{
  struct volume container = volume (2, 2000, VOLUME_CONTAINER, "LVM2_member",
                                    "P");
  struct volume list[] = {
    logical ("vg/root", "LVM-1", 1, NULL),
    logical ("vg/thin", "LVM-2", 0, "it is of the type \"thin\""),
    logical ("vg/pool_tdata", "LVM-3", 1, NULL),
  };
  struct appliance_filesystem seen_list[] = {
    seen ("/dev/vg/root", NULL, NULL, "ext4", "R"),
    seen ("/dev/vg/thin", NULL, NULL, "xfs", "T"),
  };
  const struct appliance_filesystems all = { .list = seen_list, .count = 2 };
  const struct appliance_filesystems *both[SIDES] = { &all, &all };
  struct device device = { .size = 1 };
  const struct filesystem *closed;
  struct filesystems *filesystems;
  const char *reason;

  (void) state;
  container.opened = true;
  list[2].hidden = true;
  list[2].device = &device;
  filesystems = pair_up_logical (&container, list, 3, list, 3);
  expect (filesystems, "vg/thin", TASK_NONE);
  assert_null (filesystems_find (filesystems, "vg/pool_tdata"));
  assert_false (plan_anything (filesystems));
  assert_false (plan_needs_look_inside (filesystems, NULL));
  filesystems_free (filesystems);

  list[2].offset = 2;
  filesystems = pair_up_logical (&container, list, 3, list, 3);
  expect (filesystems, "vg/root", TASK_NONE);
  expect (filesystems, "vg/thin", TASK_UNKNOWN);
  assert_true (plan_needs_look_inside (filesystems, NULL));
  closed = filesystems_closed_container (filesystems, &reason);
  assert_string_equal (closed->device, "vg/thin");
  assert_string_equal (reason, "it is of the type \"thin\"");
  assert_int_equal (filesystems_add_seen (filesystems, both, &messages.log),
                    0);
  expect (filesystems, "vg/root", TASK_NONE);
  expect (filesystems, "vg/thin", TASK_COMPARE);
  filesystems_free (filesystems);

  list[1].partial = list[1].loose = true;
  filesystems = pair_up_logical (&container, list, 3, list, 3);
  expect (filesystems, "vg/thin", TASK_UNKNOWN);
  assert_false (plan_needs_look_inside (filesystems, NULL));
  filesystems_free (filesystems);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (partitions),
    cmocka_unit_test (identities_disagree),
    cmocka_unit_test (unreadable),
    cmocka_unit_test (btrfs_on_several_devices),
    cmocka_unit_test (nothing),
    cmocka_unit_test (inside_containers),
    cmocka_unit_test (logical_volumes),
    cmocka_unit_test (unreadable_volumes),
  };

  return cmocka_run_group_tests_name ("filesystems", tests, NULL, NULL);
}
