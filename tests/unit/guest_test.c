/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Finding the root filesystem among several.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "guest.h"
#include "memory_engine.h"
#include "messages.h"

#define COUNT 3

struct disk {
  struct filesystems *filesystems;
  struct memory *memory[COUNT];
  unsigned opened;              /* bits */
};

static struct messages messages;

static void
disk_open (struct disk *disk, const char *const types[COUNT])
{
  *disk = (struct disk) { .filesystems = filesystems_new () };
  assert_non_null (disk->filesystems);
  for (int i = 0; i < COUNT; ++i) {
    char device[16], uuid[16];
    struct filesystem *filesystem;

    snprintf (device, sizeof device, "sda%d", i + 1);
    snprintf (uuid, sizeof uuid, "uuid-%d", i + 1);
    filesystem = filesystems_add (disk->filesystems, device, i + 1);
    assert_non_null (filesystem);
    filesystem->written = true;
    for (int side = 0; side < SIDES; ++side) {
      filesystem->side[side].contents = CONTENTS_FILESYSTEM;
      filesystem->side[side].type = strdup (types[i]);
      filesystem->side[side].uuid = strdup (uuid);
    }
    disk->memory[i] = memory_new ();
  }
}

static void
disk_close (struct disk *disk)
{
  for (int i = 0; i < COUNT; ++i)
    memory_free (disk->memory[i]);
  filesystems_free (disk->filesystems);
}

static void
put (struct disk *disk, int filesystem, const char *path, const char *text)
{
  memory_file (disk->memory[filesystem], SIDE_OVERLAY, path, text);
}

static struct engine *
open_engine (void *opaque, size_t filesystem)
{
  struct disk *disk = opaque;

  disk->opened |= 1U << filesystem;
  return memory_engine (disk->memory[filesystem]);
}

static struct guest *
find (struct disk *disk)
{
  const struct guest_access access = { .open = open_engine,
                                       .opaque = disk };
  struct guest *guest = NULL;

  messages_start (&messages);
  assert_int_equal (guest_find (disk->filesystems, &access, &messages.log,
                                &guest), 0);
  return guest;
}

static const char *const linux_types[COUNT] = { "vfat", "ext4", "ext4" };

static void
root_with_fstab (void **state)
{
  struct disk disk;
  struct guest *guest;

  (void) state;
  disk_open (&disk, linux_types);
  put (&disk, 2, "/etc/fstab", "UUID=uuid-3 / ext4\nUUID=uuid-2 /home ext4\n");
  put (&disk, 1, "/alice/etc/fstab", "UUID=uuid-2 / ext4\n");
  put (&disk, 0, "/etc/fstab", "UUID=uuid-1 / ext4\n");
  guest = find (&disk);
  assert_non_null (guest);
  assert_int_equal (guest->root, 2);
  assert_string_equal (guest->subtree, "/");
  assert_int_equal (guest->fstab->count, 2);
  assert_string_equal (messages.text, "");
  assert_false (disk.opened & 1);
  guest_free (guest);
  disk_close (&disk);
}

/* The subvolume is the guest's root: that is where an absolute symlink in it
 * begins. */
static void
fstab_behind_symlinks (void **state)
{
  static const char *const types[COUNT] = { "vfat", "vfat", "btrfs" };
  struct disk disk;
  struct guest *guest;

  (void) state;
  disk_open (&disk, types);
  disk.filesystems->list[2].default_subtree[SIDE_OVERLAY] = strdup ("/@");
  memory_symlink (disk.memory[2], SIDE_OVERLAY, "/@/etc/fstab",
                  "/etc/static/fstab");
  memory_symlink (disk.memory[2], SIDE_OVERLAY, "/@/etc/static",
                  "../nix/store/etc");
  put (&disk, 2, "/@/nix/store/etc/fstab", "UUID=uuid-3 / btrfs\n");
  guest = find (&disk);
  assert_non_null (guest);
  assert_string_equal (guest->subtree, "/@");
  assert_int_equal (guest->fstab->count, 1);
  assert_string_equal (messages.text, "");
  guest_free (guest);
  disk_close (&disk);
}

static void
fstab_that_names_itself_wins (void **state)
{
  struct disk disk;
  struct guest *guest;

  (void) state;
  disk_open (&disk, linux_types);
  put (&disk, 1, "/etc/fstab", "# a copy\nUUID=uuid-3 / ext4\n");
  put (&disk, 2, "/etc/fstab", "UUID=uuid-3 / ext4\n");
  guest = find (&disk);
  assert_int_equal (guest->root, 2);
  assert_string_equal (messages.text, "");
  guest_free (guest);
  disk_close (&disk);
}

static void
several_systems (void **state)
{
  struct disk disk;
  struct guest *guest;

  (void) state;
  disk_open (&disk, linux_types);
  put (&disk, 1, "/etc/fstab", "/dev/sda2 / ext4\n");
  put (&disk, 2, "/etc/fstab", "/dev/vda3 / ext4\n");
  guest = find (&disk);
  assert_int_equal (guest->root, 1);
  assert_true (messages_have (&messages,
                              "warning: several operating systems: sda2"));
  guest_free (guest);

  /* Only the other one was written to: it is what the user looks at. */
  disk.filesystems->list[1].written = false;
  guest = find (&disk);
  assert_int_equal (guest->root, 2);
  guest_free (guest);
  disk_close (&disk);
}

static void
no_fstab (void **state)
{
  struct disk disk;
  struct guest *guest;

  (void) state;
  disk_open (&disk, linux_types);
  put (&disk, 1, "/etc/passwd", "x");
  put (&disk, 1, "/bin/x", "x");
  put (&disk, 2, "/etc/passwd", "x");
  put (&disk, 2, "/usr/lib/os-release", "x");
  guest = find (&disk);
  assert_int_equal (guest->root, 2);
  assert_null (guest->fstab);
  guest_free (guest);
  memory_remove (disk.memory[2], SIDE_OVERLAY, "/usr");
  assert_null (find (&disk));
  disk_close (&disk);
}

static void
unusable_fstab (void **state)
{
  struct disk disk;
  struct guest *guest;

  (void) state;
  disk_open (&disk, linux_types);
  memory_directory (disk.memory[1], SIDE_OVERLAY, "/etc/fstab");
  put (&disk, 1, "/sbin/init", "x");
  memory_file_generated (disk.memory[2], SIDE_OVERLAY, "/etc/fstab",
                         UINT64_C (1) << 40, memory_pattern, NULL);
  guest = find (&disk);
  assert_int_equal (guest->root, 1);
  assert_null (guest->fstab);
  assert_true (messages_have (&messages, "warning: cannot read the guest's "
                              "fstab: sda3"));
  guest_free (guest);
  disk_close (&disk);
}

static void
btrfs_snapshots (void **state)
{
  static const char *const types[COUNT] = { "vfat", "btrfs", "ext4" };
  static const char fstab[] =
    "UUID=uuid-2 / btrfs subvol=@\nUUID=uuid-2 /home btrfs subvol=@home\n";
  struct disk disk;
  struct guest *guest;
  char **subvolumes = calloc (4, sizeof *subvolumes);

  (void) state;
  assert_non_null (subvolumes);
  disk_open (&disk, types);
  subvolumes[0] = strdup ("/@snapshots/1/snapshot");
  subvolumes[1] = strdup ("/@");
  subvolumes[2] = strdup ("/@home");
  disk.filesystems->list[1].subvolumes[SIDE_OVERLAY] = subvolumes;
  put (&disk, 1, "/@/etc/fstab", fstab);
  put (&disk, 1, "/@snapshots/1/snapshot/etc/fstab", fstab);
  guest = find (&disk);
  assert_int_equal (guest->root, 1);
  assert_string_equal (guest->subtree, "/@");
  assert_string_equal (messages.text, "");
  guest_free (guest);
  disk_close (&disk);
}

/* The root was a snapshot, and is another one since: the default subvolume says
 * which. */
static void
btrfs_new_default (void **state)
{
  static const char *const types[COUNT] = { "vfat", "btrfs", "ext4" };
  static const char fstab[] = "UUID=uuid-2 / btrfs ro\n";
  struct disk disk;
  const struct guest_access access = { .open = open_engine,
                                       .opaque = &disk };
  struct guest *guest, *base = NULL;
  struct filesystem *filesystem;

  (void) state;
  disk_open (&disk, types);
  filesystem = &disk.filesystems->list[1];
  filesystem->default_subtree[SIDE_BASE] = strdup ("/snapshots/1");
  filesystem->default_subtree[SIDE_OVERLAY] = strdup ("/snapshots/2");
  memory_file (disk.memory[1], SIDE_BASE, "/snapshots/1/etc/fstab", fstab);
  put (&disk, 1, "/snapshots/1/etc/fstab", fstab);
  put (&disk, 1, "/snapshots/2/etc/fstab", fstab);
  guest = find (&disk);
  assert_string_equal (guest->subtree, "/snapshots/2");
  assert_int_equal (guest_find_base (disk.filesystems, &access, &messages.log,
                                     guest, &base), 0);
  assert_non_null (base);
  assert_string_equal (base->subtree, "/snapshots/1");
  assert_int_equal (base->fstab->count, 1);
  guest_free (base);

  /* As likely as the one that is the root still. */
  memory_file (disk.memory[1], SIDE_BASE, "/snapshots/2/etc/fstab", "");
  memory_file (disk.memory[1], SIDE_BASE, "/snapshots/1/etc/fstab", "");
  assert_int_equal (guest_find_base (disk.filesystems, &access, &messages.log,
                                     guest, &base), 0);
  assert_string_equal (base->subtree, "/snapshots/2");
  guest_free (base);

  /* Only subvolumes move. */
  free (filesystem->side[SIDE_OVERLAY].type);
  filesystem->side[SIDE_OVERLAY].type = strdup ("ext4");
  assert_int_equal (guest_find_base (disk.filesystems, &access, &messages.log,
                                     guest, &base), 0);
  assert_null (base);
  guest_free (guest);
  disk_close (&disk);
}

static void
windows (void **state)
{
  static const char *const types[COUNT] = { "ntfs", "ntfs", "vfat" };
  struct disk disk;

  (void) state;
  disk_open (&disk, types);
  put (&disk, 1, "/Windows/System32/x", "x");
  assert_null (find (&disk));
  disk_close (&disk);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (root_with_fstab),
    cmocka_unit_test (fstab_behind_symlinks),
    cmocka_unit_test (fstab_that_names_itself_wins),
    cmocka_unit_test (several_systems),
    cmocka_unit_test (no_fstab),
    cmocka_unit_test (unusable_fstab),
    cmocka_unit_test (btrfs_snapshots),
    cmocka_unit_test (btrfs_new_default),
    cmocka_unit_test (windows),
  };

  return cmocka_run_group_tests_name ("guest", tests, NULL, NULL);
}
