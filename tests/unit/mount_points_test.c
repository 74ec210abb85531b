/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Mount points of the guest's fstab that are symlinks in the guest.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "memory_engine.h"
#include "messages.h"
#include "mount_points.h"

#define COUNT 4

struct disk {
  struct filesystems *filesystems;
  struct memory *memory[COUNT];
  unsigned closed;              /* bits: those that are not opened */
  unsigned lookups;
  struct layout *layout;
};

static struct messages messages;

/* sda1 is the root filesystem. */
static void
disk_open (struct disk *disk)
{
  *disk = (struct disk) { .filesystems = filesystems_new () };
  for (int i = 0; i < COUNT; ++i) {
    char device[16];
    struct filesystem *filesystem;

    snprintf (device, sizeof device, "sda%d", i + 1);
    filesystem = filesystems_add (disk->filesystems, device, i + 1);
    assert_non_null (filesystem);
    filesystem->side[SIDE_OVERLAY].contents = CONTENTS_FILESYSTEM;
    disk->memory[i] = memory_new ();
  }
}

static void
disk_close (struct disk *disk)
{
  for (int i = 0; i < COUNT; ++i)
    memory_free (disk->memory[i]);
  layout_free (disk->layout);
  filesystems_free (disk->filesystems);
}

static void
link_to (struct disk *disk, int filesystem, const char *path,
         const char *target)
{
  memory_symlink (disk->memory[filesystem], SIDE_OVERLAY, path, target);
}

static struct engine *
open_engine (void *opaque, size_t filesystem)
{
  struct disk *disk = opaque;

  disk->lookups++;
  return disk->closed & 1U << filesystem ? NULL
    : memory_engine (disk->memory[filesystem]);
}

static void
lay_out (struct disk *disk, const char *subtree, const char *fstab)
{
  const struct guest_access access = { .open = open_engine,
                                       .opaque = disk };
  CLEANUP (guest_free) struct guest *guest = calloc (1, sizeof *guest);

  messages_start (&messages);
  guest->subtree = strdup (subtree);
  assert_int_equal (fstab_parse (fstab, strlen (fstab), &messages.log,
                                 &guest->fstab), 0);
  if (disk->layout != NULL)
    layout_free (disk->layout);
  assert_int_equal (layout_of_guest (disk->filesystems, guest,
                                     &messages.log, &disk->layout), 0);
  assert_int_equal (mount_points_follow (disk->layout, disk->filesystems,
                                         &access, &messages.log), 0);
}

/* MOUNTS: where what fstab mounts is seen, "DEVICE PLACE\n" for each place of
 * the main tree. */
static void
expect (struct disk *disk, const char *subtree, const char *fstab,
        const char *mounts)
{
  char got[8192] = "";

  lay_out (disk, subtree, fstab);
  for (size_t i = 0; i < disk->layout->main_count; ++i) {
    const struct layout_mount *mount = &disk->layout->list[i];
    size_t used = strlen (got);

    snprintf (got + used, sizeof got - used, "%s %s\n",
              disk->filesystems->list[mount->filesystem].device,
              mount->mount_point);
  }
  assert_string_equal (got, mounts);
  /* Every filesystem has its place under /.filesystems as well. */
  assert_int_equal (disk->layout->count, disk->layout->main_count + COUNT);
  for (size_t i = 0; i < COUNT; ++i)
    assert_int_equal (disk->layout->list[disk->layout->main_count
                                         + i].filesystem, i);
}

static void
followed_in_the_guest (void **state)
{
  struct disk disk;

  (void) state;
  disk_open (&disk);
  link_to (&disk, 0, "/home", "var/home");
  link_to (&disk, 0, "/srv", "/data/./a//srv/");
  link_to (&disk, 0, "/data", "../../../../mnt");
  memory_directory (disk.memory[0], SIDE_OVERLAY, "/opt");
  link_to (&disk, 0, "/opt/x", "../y/../opt/z");
  expect (&disk, "/", "/dev/sda2 /home ext4\n/dev/sda3 /srv ext4\n"
          "/dev/sda4 /opt/x/deep ext4\n",
          "sda1 /\nsda2 /var/home\nsda3 /mnt/a/srv\nsda4 /opt/z/deep\n");
  assert_string_equal (messages.text, "");
  disk_close (&disk);
}

/* In a subvolume that is the guest's root, an absolute target begins there. */
static void
followed_in_a_subtree (void **state)
{
  struct disk disk;

  (void) state;
  disk_open (&disk);
  link_to (&disk, 0, "/@/home", "/var/home");
  link_to (&disk, 0, "/@/var", "/usr/var");
  link_to (&disk, 0, "/var", "/wrong");
  expect (&disk, "/@", "/dev/sda2 /home ext4\n",
          "sda1 /\nsda2 /usr/var/home\n");
  disk_close (&disk);
}

/* A symlink in what is mounted higher up; order of fstab as it is, and a base
 * with other symlinks. */
static void
through_other_mounts (void **state)
{
  struct disk disk;

  (void) state;
  disk_open (&disk);
  link_to (&disk, 0, "/var", "/srv");
  memory_symlink (disk.memory[0], SIDE_BASE, "/home", "/elsewhere");
  memory_symlink (disk.memory[1], SIDE_BASE, "/log", "/elsewhere");
  link_to (&disk, 1, "/log", "/data/log");
  expect (&disk, "/", "/dev/sda3 /var/log/old ext4\n/dev/sda2 /var ext4\n"
          "/dev/sda4 /home ext4\n",
          "sda1 /\nsda3 /data/log/old\nsda2 /srv\nsda4 /home\n");
  /* What is not known is taken as it is. */
  disk.closed = 1U << 1;
  expect (&disk, "/", "/dev/sda3 /var/log/old ext4\n/dev/sda2 /var ext4\n",
          "sda1 /\nsda3 /srv/log/old\nsda2 /srv\n");
  disk_close (&disk);
}

static void
without_a_place (void **state)
{
  struct disk disk;

  (void) state;
  disk_open (&disk);
  link_to (&disk, 0, "/loop", "loop");
  link_to (&disk, 0, "/home", "/var/home");
  link_to (&disk, 0, "/top", "..");
  expect (&disk, "/", "/dev/sda2 /var/home ext4\n/dev/sda3 /home ext4\n"
          "/dev/sda3 /loop/x ext4\n/dev/sda4 /top ext4\n/dev/sda4 /y ext4\n",
          "sda1 /\nsda3 /var/home\nsda4 /y\n");
  assert_true (messages_have
               (&messages, "warning: cannot follow a mount point of the "
                "guest's fstab: /loop/x: Too many levels of symbolic links; "
                "sda3 is shown under /.filesystems\n"));
  assert_true (messages_have (&messages, ": /var/home: another filesystem is "
                              "mounted where it leads to; sda2 is"));
  assert_true (messages_have (&messages, ": /top: another filesystem"));
  disk_close (&disk);
}

/* Targets that grow with every step, and more mount points than any guest
 * has. */
static void
bounded (void **state)
{
  char target[3000], fstab[32768] = "", path[64];
  struct disk disk;
  size_t used = 0;

  (void) state;
  disk_open (&disk);
  for (size_t i = 0; i < sizeof target - 1; ++i)
    target[i] = i % 2 == 0 ? '.' : '/';
  target[sizeof target - 1] = '\0';
  memcpy (target, "/b/a/", 5);
  link_to (&disk, 0, "/b", ".");
  link_to (&disk, 0, "/a", target);
  expect (&disk, "/", "/dev/sda2 /a ext4\n", "sda1 /\n");
  assert_true (messages_have (&messages, ": /a: File name too long"));

  for (int i = 0; i < 500; ++i) {
    snprintf (path, sizeof path, "/%d", i);
    link_to (&disk, 0, path, "b/b/b/b/b/b/b/b/b/c");
    used += (size_t) snprintf (fstab + used, sizeof fstab - used,
                               "/dev/sda3 %s/%d ext4\n", path, i);
  }
  disk.lookups = 0;
  lay_out (&disk, "/", fstab);
  assert_int_equal (disk.lookups, 1000);
  assert_int_equal (disk.layout->main_count, 501);
  assert_string_equal (disk.layout->list[1].mount_point, "/c/0");
  assert_string_equal (disk.layout->list[500].mount_point, "/499/499");
  assert_true (messages_have (&messages, "not followed"));
  disk_close (&disk);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (followed_in_the_guest),
    cmocka_unit_test (followed_in_a_subtree),
    cmocka_unit_test (through_other_mounts),
    cmocka_unit_test (without_a_place),
    cmocka_unit_test (bounded),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
