/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where filesystems are seen, and which one a name means.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "layout.h"
#include "messages.h"
#include "devices.h"
#include "key_check.h"
#include "selection.h"
#include "subtree_pairs.h"

static struct messages messages;

/* A filesystem that both sides have. */
static void
add (struct filesystems *filesystems, const char *device, int partition,
     const char *type, const char *uuid, const char *label)
{
  struct filesystem *filesystem =
    filesystems_add (filesystems, device, partition);

  assert_non_null (filesystem);
  filesystem->written = true;
  for (int side = 0; side < SIDES; ++side) {
    filesystem->side[side].present = true;
    filesystem->side[side].contents = CONTENTS_FILESYSTEM;
    filesystem->side[side].type = strdup (type);
    filesystem->side[side].uuid = uuid != NULL ? strdup (uuid) : NULL;
    filesystem->side[side].label = label != NULL ? strdup (label) : NULL;
  }
}

static struct filesystems *
some (void)
{
  struct filesystems *filesystems = filesystems_new ();

  assert_non_null (filesystems);
  add (filesystems, "sda1", 1, "vfat", "ABCD-1234", NULL);
  add (filesystems, "sda2", 2, "ext4", "root-uuid", "root");
  add (filesystems, "sda3", 3, "ext4", "home-uuid", "my home");
  add (filesystems, "sda4", 4, "ext4", "other-uuid", NULL);
  add (filesystems, "vg-a/lv-b", -1, "xfs", "lv-uuid", NULL);
  return filesystems;
}

static struct guest *
guest_with (size_t root, const char *subtree, const char *fstab)
{
  struct guest *guest = calloc (1, sizeof *guest);

  assert_non_null (guest);
  guest->root = root;
  guest->subtree = strdup (subtree);
  messages_start (&messages);
  assert_int_equal (fstab_parse (fstab, strlen (fstab), &messages.log,
                                 &guest->fstab), 0);
  return guest;
}

static struct layout *
layout_with (const struct filesystems *filesystems, size_t root,
             const char *subtree, const char *fstab)
{
  CLEANUP (guest_free) struct guest *guest =
    guest_with (root, subtree, fstab);
  struct layout *layout = NULL;

  assert_int_equal (layout_of_guest (filesystems, guest, &messages.log,
                                     &layout), 0);
  return layout;
}

static void
expect_device (const struct filesystems *filesystems, const char *name,
               const char *device)
{
  size_t index;

  if (!devices_find (filesystems, name, &index)) {
    assert_null (device);
    return;
  }
  assert_non_null (device);
  assert_string_equal (filesystems->list[index].device, device);
}

static void
devices (void **state)
{
  CLEANUP (filesystems_free) struct filesystems *filesystems = some ();

  (void) state;
  expect_device (filesystems, "sda1", "sda1");
  expect_device (filesystems, "/dev/sda2", "sda2");
  expect_device (filesystems, "/dev/vda2", "sda2");
  expect_device (filesystems, "/dev/hda3", "sda3");
  expect_device (filesystems, "/dev/xvda4", "sda4");
  expect_device (filesystems, "/dev/nvme0n1p2", "sda2");
  expect_device (filesystems, "/dev/mmcblk0p1", "sda1");
  expect_device (filesystems, "/dev/disk/by-id/ata-a-part1-part3", "sda3");
  expect_device (filesystems, "/dev/disk/by-path/pci-0-part4", "sda4");
  expect_device (filesystems, "vg-a/lv-b", "vg-a/lv-b");
  expect_device (filesystems, "/dev/vg-a/lv-b", "vg-a/lv-b");
  expect_device (filesystems, "/dev/mapper/vg--a-lv--b", "vg-a/lv-b");
  expect_device (filesystems, "/dev/mapper/vg-a-lv-b", NULL);
  expect_device (filesystems, "/dev/sda", NULL);
  expect_device (filesystems, "/dev/sda5", NULL);
  expect_device (filesystems, "/dev/sda02", NULL);
  expect_device (filesystems, "/dev/sdb1", NULL);
  expect_device (filesystems, "/dev/sda2x", NULL);
  expect_device (filesystems, "/dev/nvme0n1p", NULL);
  expect_device (filesystems, "/dev/nvme0n2p1", NULL);
  expect_device (filesystems, "/dev/sda99999999999999999999", NULL);
  expect_device (filesystems, "", NULL);
}

static void
expect_mount (const struct layout *layout, size_t mount, size_t filesystem,
              const char *mount_point)
{
  assert_true (mount < layout->main_count);
  assert_int_equal (layout->list[mount].filesystem, filesystem);
  assert_string_equal (layout->list[mount].mount_point, mount_point);
}

static void
by_fstab (void **state)
{
  CLEANUP (filesystems_free) struct filesystems *filesystems = some ();
  CLEANUP (layout_free) struct layout *layout =
    layout_with (filesystems, 1, "/",
                 "UUID=root-uuid / ext4 defaults 0 1\n"
                 "UUID=abcd-1234 /boot/efi vfat umask=0077 0 1\n"
                 "LABEL=my\\040home /home ext4 defaults 0 2\n"
                 "/dev/mapper/vg--a-lv--b /srv xfs defaults 0 2\n"
                 "/dev/sdb1 /backup ext4 defaults 0 2\n"
                 "/dev/sdc1 /usb ext4 noauto 0 2\n"
                 "/dev/sr0 /media/cdrom0 udf,iso9660 user 0 0\n"
                 "/dev/sda4 /home ext4 defaults 0 2\n");

  (void) state;
  assert_int_equal (layout->main_count, 4);
  expect_mount (layout, 0, 1, "/");
  expect_mount (layout, 1, 0, "/boot/efi");
  expect_mount (layout, 2, 2, "/home");
  expect_mount (layout, 3, 4, "/srv");
  assert_int_equal (layout->count, 4 + 5);
  assert_string_equal (layout_place_of (layout, 3)->mount_point,
                       "/.filesystems/sda4");
  assert_false (layout_uses (layout, 3));
  assert_string_equal (layout->list[8].mount_point,
                       "/.filesystems/vg-a/lv-b");
  assert_true (messages_have (&messages, "warning"));
  assert_true (messages_have (&messages, "/dev/sdb1"));
  assert_false (messages_have (&messages, "/dev/sdc1"));
  assert_false (messages_have (&messages, "/dev/sr0"));
}

static size_t
count_warnings (void)
{
  size_t count = 0;

  for (const char *at = messages.text; (at = strstr (at, "warning: ")) != NULL;
       ++at)
    ++count;
  return count;
}

static void
expect_one_warning (const char *fstab, const char *warning)
{
  CLEANUP (filesystems_free) struct filesystems *filesystems = some ();
  CLEANUP (layout_free) struct layout *layout =
    layout_with (filesystems, 1, "/", fstab);

  expect_mount (layout, 0, 1, "/");
  assert_int_equal (count_warnings (), 1);
  assert_true (messages_have (&messages, warning));
}

static void
missing_devices (void **state)
{
  (void) state;
  expect_one_warning ("UUID=gone / ext4 defaults 0 1\n"
                      "UUID=abcd-1234 /boot/efi vfat umask=0077 0 1\n",
                      "not on the disk: UUID=gone: sda2, which has this "
                      "fstab, is taken for its root\n");
  expect_one_warning ("UUID=gone /home btrfs subvol=@home 0 0\n"
                      "UUID=gone / btrfs subvol=@ 0 0\n"
                      "UUID=gone /x btrfs noauto 0 0\n"
                      "UUID=gone /var btrfs subvol=@var 0 0\n",
                      "UUID=gone: sda2, which has this fstab, is taken for "
                      "its root; nothing is shown for it at /home, /var\n");
  expect_one_warning ("UUID=root-uuid / ext4 defaults 0 1\n"
                      "LABEL=gone /srv ext4 defaults 0 1\n"
                      "LABEL=gone /opt ext4 defaults 0 1\n",
                      "LABEL=gone: nothing is shown for it at /srv, /opt\n");
  expect_one_warning ("/dev/root / ext4 defaults 0 1\n"
                      "/dev/sdb1 /x ext4 noauto 0 1\n"
                      "/dev/sdb1 /y ext4 defaults 0 1\n",
                      "/dev/sdb1: nothing is shown for it at /y\n");
}

/* A snapshot, or another copy, has the name of its source, and it may come
 * first. */
static void
copies (void **state)
{
  CLEANUP (filesystems_free) struct filesystems *filesystems =
    filesystems_new ();
  CLEANUP (layout_free) struct layout *layout = NULL;

  (void) state;
  add (filesystems, "sda2", 2, "ext4", "root-uuid", NULL);
  add (filesystems, "vg/a-copy", -1, "ext4", "home-uuid", "home");
  filesystems->list[1].side[SIDE_BASE].contents = CONTENTS_NONE;
  free (steal_pointer (&filesystems->list[1].side[SIDE_BASE].uuid));
  free (steal_pointer (&filesystems->list[1].side[SIDE_BASE].label));
  add (filesystems, "vg/home", -1, "ext4", "home-uuid", "home");
  layout = layout_with (filesystems, 0, "/",
                        "UUID=root-uuid / ext4\n"
                        "UUID=home-uuid /home ext4\n"
                        "LABEL=home /again ext4\n");
  expect_mount (layout, 1, 2, "/home");
  expect_mount (layout, 2, 2, "/again");
}

/* PATH of a filesystem is seen at PLACE. */
static void
expect_place (const struct layout *layout, size_t filesystem,
              const char *path, const char *place)
{
  CLEANUP (arena_free) struct arena *arena = arena_new ();
  const char *found = NULL;
  size_t mount;

  assert_int_equal (layout_place (layout, filesystem, path, arena, &found,
                                  &mount), 0);
  assert_string_equal (found, place);
  assert_true (mount < layout->count);
  assert_int_equal (layout->list[mount].filesystem, filesystem);
}

/* At PLACE one sees PATH of the filesystem. */
static void
expect_located (const struct layout *layout, const char *place,
                size_t filesystem, const char *path)
{
  size_t mount;
  errint_t error;
  CLEANUP_FREE char *found = layout_locate (layout, place, &mount, &error);

  assert_int_equal (error, 0);
  assert_non_null (found);
  assert_string_equal (found, path);
  assert_int_equal (layout->list[mount].filesystem, filesystem);
}

static void
hidden_by_mounts (void **state)
{
  CLEANUP (filesystems_free) struct filesystems *filesystems = some ();
  CLEANUP (layout_free) struct layout *layout =
    layout_with (filesystems, 1, "/",
                 "/dev/sda3 /home ext4\n"
                 "/dev/sda4 /home/a/b ext4\n");

  (void) state;
  expect_place (layout, 1, "/", "/");
  expect_place (layout, 1, "/etc/x", "/etc/x");
  expect_place (layout, 1, "/home", "/.filesystems/sda2/home");
  expect_place (layout, 1, "/home/x", "/.filesystems/sda2/home/x");
  expect_place (layout, 1, "/homes", "/homes");
  expect_place (layout, 2, "/", "/home");
  expect_place (layout, 2, "/x", "/home/x");
  expect_place (layout, 2, "/a", "/home/a");
  expect_place (layout, 2, "/a/b/c", "/.filesystems/sda3/a/b/c");
  expect_place (layout, 3, "/", "/home/a/b");
  expect_place (layout, 3, "/c", "/home/a/b/c");
  expect_place (layout, 0, "/", "/.filesystems/sda1");
  expect_place (layout, 0, "/EFI", "/.filesystems/sda1/EFI");
  expect_located (layout, "/", 1, "/");
  expect_located (layout, "/etc", 1, "/etc");
  expect_located (layout, "/home", 2, "/");
  expect_located (layout, "/home/a", 2, "/a");
  expect_located (layout, "/home/a/b/c", 3, "/c");
}

static void
subvolumes (void **state)
{
  CLEANUP (filesystems_free) struct filesystems *filesystems =
    filesystems_new ();
  struct layout *layout;

  (void) state;
  add (filesystems, "sda2", 2, "btrfs", "b", NULL);
  layout = layout_with (filesystems, 0, "/@",
                        "UUID=b / btrfs subvol=@\n"
                        "UUID=b /home btrfs subvol=@home\n"
                        "UUID=b /number btrfs subvolid=300\n");
  assert_int_equal (layout->main_count, 2);
  assert_true (messages_have (&messages, "/number"));
  expect_place (layout, 0, "/@", "/");
  expect_place (layout, 0, "/@/etc", "/etc");
  expect_place (layout, 0, "/@/home/x", "/.filesystems/sda2/@/home/x");
  expect_place (layout, 0, "/@home", "/home");
  expect_place (layout, 0, "/@home/x", "/home/x");
  expect_place (layout, 0, "/@snapshots/1", "/.filesystems/sda2/@snapshots/1");
  expect_place (layout, 0, "/", "/.filesystems/sda2");
  expect_located (layout, "/", 0, "/@");
  expect_located (layout, "/etc", 0, "/@/etc");
  expect_located (layout, "/home/x", 0, "/@home/x");
  layout_free (layout);

  /* The default subvolume is what a line without subvol= means. */
  filesystems->list[0].default_subtree[SIDE_OVERLAY] = strdup ("/@/snap/1");
  layout = layout_with (filesystems, 0, "/@/snap/1",
                        "UUID=b /again btrfs defaults\n"
                        "UUID=b /top btrfs subvolid=5\n");
  expect_place (layout, 0, "/@/snap/1/etc", "/etc");
  expect_place (layout, 0, "/@/x", "/top/@/x");
  layout_free (layout);
}

/* What each side mounts at the same place belongs together. */
static void
pairs_of_subvolumes (void **state)
{
  CLEANUP (filesystems_free) struct filesystems *filesystems =
    filesystems_new ();
  CLEANUP (layout_free) struct layout *layout = NULL;
  CLEANUP (guest_free) struct guest *base = NULL;
  CLEANUP_FREE_STRINGS char **pairs = NULL;

  (void) state;
  add (filesystems, "sda2", 2, "btrfs", "b", NULL);
  filesystems->list[0].default_subtree[SIDE_BASE] = strdup ("/s/1");
  filesystems->list[0].default_subtree[SIDE_OVERLAY] = strdup ("/s/2");
  layout = layout_with (filesystems, 0, "/s/2",
                        "UUID=b /home btrfs subvol=@home2\n"
                        "UUID=b /var btrfs subvol=@var\n"
                        "UUID=b /new btrfs subvol=@new\n");
  base = guest_with (0, "/s/1", "UUID=b /var btrfs subvol=@var\n"
                     "UUID=b /home btrfs subvol=@home\n");
  assert_int_equal (subtree_pairs (filesystems, layout, base, 0, &pairs), 0);
  assert_string_equal (pairs[0], "/s/2");
  assert_string_equal (pairs[1], "/s/1");
  assert_string_equal (pairs[2], "/@home2");
  assert_string_equal (pairs[3], "/@home");
  assert_null (pairs[4]);
  cleanup_free_strings (&pairs);

  /* No operating system. */
  assert_int_equal (subtree_pairs (filesystems, layout, NULL, 0, &pairs), 0);
  assert_string_equal (pairs[0], "/s/2");
  assert_string_equal (pairs[1], "/s/1");
  assert_null (pairs[2]);
}

static void
no_guest (void **state)
{
  CLEANUP (filesystems_free) struct filesystems *filesystems =
    filesystems_new ();
  struct layout *layout = NULL;

  (void) state;
  add (filesystems, "sda1", 1, "ext4", NULL, NULL);
  assert_non_null (filesystems_add (filesystems, "sda2", 2));
  filesystems->list[1].side[SIDE_OVERLAY].contents = CONTENTS_UNKNOWN;
  assert_int_equal (layout_without_guest (filesystems, &layout), 0);
  expect_place (layout, 0, "/x", "/x");
  expect_place (layout, 1, "/", "/.filesystems/sda2");
  layout_free (layout);

  add (filesystems, "sda3", 3, "ext4", NULL, NULL);
  assert_int_equal (layout_without_guest (filesystems, &layout), 0);
  assert_int_equal (layout->main_count, 0);
  expect_place (layout, 0, "/x", "/.filesystems/sda1/x");
  expect_place (layout, 2, "/", "/.filesystems/sda3");
  layout_free (layout);
}

static errint_t
parse_selection (struct selection **selection, const char *first,
                 const char *second)
{
  char *copies[] = { strdup (first),
                     second != NULL ? strdup (second) : NULL, NULL };
  errint_t error;

  messages_start (&messages);
  error = selection_parse (copies, &messages.log, selection);
  free (copies[0]);
  free (copies[1]);
  return error;
}

static void
by_hand (void **state)
{
  CLEANUP (filesystems_free) struct filesystems *filesystems = some ();
  CLEANUP (selection_free) struct selection *selection = NULL;
  CLEANUP (selection_free) struct selection *wrong = NULL;
  struct layout *layout = NULL;

  (void) state;
  assert_int_equal (parse_selection (&selection, "/dev/sda2",
                                     "vg-a/lv-b:/srv/"), 0);
  assert_string_equal (selection->list[0].device, "sda2");
  assert_string_equal (selection->list[0].mount_point, "/");
  assert_string_equal (selection->list[1].mount_point, "/srv");
  assert_int_equal (layout_of_selection (filesystems, selection,
                                         &messages.log, &layout), 0);
  expect_place (layout, 1, "/srv/x", "/.filesystems/sda2/srv/x");
  expect_place (layout, 4, "/x", "/srv/x");
  assert_true (layout_uses (layout, 4));
  assert_false (layout_uses (layout, 0));
  layout_free (layout);

  assert_int_equal (parse_selection (&wrong, "sda9", NULL), 0);
  assert_int_equal (layout_of_selection (filesystems, wrong, &messages.log,
                                         &layout), -ENOENT);
  assert_true (messages_have (&messages, "error: cannot use -m: sda9: "
                              "no such device\n"));
  assert_true (messages_have (&messages, "sda1, sda2, sda3, sda4, vg-a/lv-b"));
  selection_free (steal_pointer (&wrong));

  assert_int_equal (parse_selection (&wrong, "sda1", "vda1:/x"), 0);
  assert_int_equal (layout_of_selection (filesystems, wrong, &messages.log,
                                         &layout), -EINVAL);
  assert_true (messages_have (&messages, "error: cannot use -m: vda1: "
                              "another -m names it too\n"));
}

/* The partition stands for what is in its opened container. */
static void
by_hand_encrypted (void **state)
{
  CLEANUP (filesystems_free) struct filesystems *filesystems =
    filesystems_new ();
  CLEANUP (selection_free) struct selection *selection = NULL;
  struct layout *layout = NULL;

  (void) state;
  add (filesystems, "sda1", 1, "crypto_LUKS", "ab-cd", NULL);
  filesystems->list[0].side[SIDE_BASE].contents = CONTENTS_CONTAINER;
  filesystems->list[0].side[SIDE_OVERLAY].contents = CONTENTS_CONTAINER;
  add (filesystems, "mapper/luks-ab-ce", -1, "ext4", "x", NULL);
  assert_int_equal (parse_selection (&selection, "sda1:/x", NULL), 0);
  assert_int_equal (layout_of_selection (filesystems, selection,
                                         &messages.log, &layout), -ENOENT);
  add (filesystems, "mapper/luks-AB-CD", -1, "ext4", "y", NULL);
  assert_int_equal (layout_of_selection (filesystems, selection,
                                         &messages.log, &layout), 0);
  expect_place (layout, 2, "/etc", "/x/etc");
  layout_free (layout);
}

static void
by_hand_wrong (void **state)
{
  static const char *const lines[] = {
    "", "/dev/", ":/x", "sda1:", "sda1:x", "sda1:/x/../y", "sda1/", "//sda1",
  };
  struct selection *selection = NULL;

  (void) state;
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; ++i) {
    assert_int_equal (parse_selection (&selection, lines[i], NULL), -EINVAL);
    assert_true (messages_have (&messages, "error: cannot use -m: "));
    assert_true (messages_have (&messages, "hint: "));
  }
  assert_int_equal (parse_selection (&selection, "sda1", "sda2"), -EINVAL);
  assert_true (messages_have (&messages, "taken"));
  assert_int_equal (parse_selection (&selection, "sda1:/a", "sda2:/a/"),
                    -EINVAL);
  assert_int_equal (selection_parse (NULL, &messages.log, &selection), 0);
  assert_null (selection);
}

/* What is said of one key; "" for nothing. */
static const char *
said_of_key (const struct filesystems *filesystems, const char *key,
             bool all_known)
{
  CLEANUP_FREE char *copy = strdup (key);
  char *const keys[] = { copy, NULL };

  messages_start (&messages);
  key_check (keys, filesystems, all_known, &messages.log);
  return messages.text;
}

static void
assert_key_unused (const struct filesystems *filesystems, const char *key,
                   const char *why)
{
  said_of_key (filesystems, key, true);
  assert_true (messages_have (&messages, "warning: --key opens nothing: "));
  assert_true (messages_have (&messages, why));
  assert_false (messages_have (&messages, "secret"));
}

static void
test_keys (void **state)
{
  CLEANUP (filesystems_free) struct filesystems *filesystems = some ();
  static const char *const right[] = {
    "all:key:secret", "/dev/sda5:key:secret", "sda5:key:secret",
    "luks-uuid:key:secret", "opened-uuid:key:secret",
  };

  (void) state;
  add (filesystems, "sda5", 5, "crypto_LUKS", "luks-uuid", NULL);
  add (filesystems, "mapper/luks-opened-uuid", -1, "ext4", "inner", NULL);
  for (size_t i = 0; i < sizeof right / sizeof right[0]; ++i)
    assert_string_equal (said_of_key (filesystems, right[i], true), "");
  assert_key_unused (filesystems, "/dev/sda55:key:secret",
                     "/dev/sda55: the disk has no ");
  assert_key_unused (filesystems, "/dev/vg/lv:key:secret",
                     "/dev/vg/lv: the disk has no ");
  assert_key_unused (filesystems, "uuid:key:secret", "no volume with this UUID");
  assert_key_unused (filesystems, "/dev/sda2:key:secret", "not encrypted");
  assert_key_unused (filesystems, "root-uuid:key:secret", "not encrypted");
  assert_string_equal (said_of_key (filesystems, "uuid:key:x", false), "");

  add (filesystems, "sda6", 6, "LVM2_member", "pv", NULL);
  filesystems->list[filesystems->count - 1].side[SIDE_BASE].contents
    = CONTENTS_CONTAINER;
  assert_string_equal (said_of_key (filesystems, "/dev/vg/lv:key:x", true),
                       "");
  assert_key_unused (filesystems, "/dev/sda55:key:secret",
                     "/dev/sda55: the disk has no ");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (devices),
    cmocka_unit_test (by_fstab),
    cmocka_unit_test (copies),
    cmocka_unit_test (hidden_by_mounts),
    cmocka_unit_test (subvolumes),
    cmocka_unit_test (pairs_of_subvolumes),
    cmocka_unit_test (no_guest),
    cmocka_unit_test (by_hand),
    cmocka_unit_test (by_hand_encrypted),
    cmocka_unit_test (by_hand_wrong),
    cmocka_unit_test (missing_devices),
    cmocka_unit_test (test_keys),
  };

  return cmocka_run_group_tests_name ("layout", tests, NULL, NULL);
}
