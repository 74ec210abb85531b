/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Several filesystems to one delta set.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "assembly.h"
#include "memory_engine.h"
#include "messages.h"

#define COUNT 3

struct disk {
  struct filesystems *filesystems;
  struct memory *memory[COUNT];
  struct layout *layout;
  bool computed[COUNT];
};

static struct messages messages;

static void
disk_open (struct disk *disk)
{
  *disk = (struct disk) { .filesystems = filesystems_new () };
  messages_start (&messages);
  assert_non_null (disk->filesystems);
  for (int i = 0; i < COUNT; ++i) {
    char device[16];
    struct filesystem *filesystem;

    snprintf (device, sizeof device, "sda%d", i + 1);
    filesystem = filesystems_add (disk->filesystems, device, i + 1);
    assert_non_null (filesystem);
    for (int side = 0; side < SIDES; ++side)
      filesystem->side[side].contents = CONTENTS_FILESYSTEM;
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

/* The first filesystem is the root. */
static void
mount_by (struct disk *disk, const char *subtree, const char *fstab)
{
  struct guest *guest = calloc (1, sizeof *guest);

  assert_non_null (guest);
  guest->subtree = strdup (subtree);
  assert_int_equal (fstab_parse (fstab, strlen (fstab), &messages.log,
                                 &guest->fstab), 0);
  assert_int_equal (layout_of_guest (disk->filesystems, guest,
                                     &messages.log, &disk->layout), 0);
  guest_free (guest);
}

static void
change (struct disk *disk, int filesystem, const char *path)
{
  memory_file (disk->memory[filesystem], SIDE_OVERLAY, path, "new");
}

/* Metadata is asked for of what is open only. */
static errint_t
stat_entry (void *opaque, size_t filesystem, enum side side,
            const char *path, struct entry *entry)
{
  struct disk *disk = opaque;
  struct engine *engine = memory_engine (disk->memory[filesystem]);

  if (!disk->computed[filesystem])
    return -ENOENT;
  return engine->operations->stat (engine, side, path, entry);
}

/* Computes those filesystems whose bit is set in WHICH, and marks those in
 * UNREADABLE so. */
static struct delta *
assemble (struct disk *disk, unsigned which, unsigned unreadable)
{
  static const struct compare_rules rules = { 0 };
  static const struct delta_filter filter = { 0 };
  const struct assembly_metadata metadata = { .stat = stat_entry,
                                              .opaque = disk };
  CLEANUP (assembly_free) struct assembly *assembly =
    assembly_new (disk->filesystems, disk->layout);
  struct delta *delta = NULL;
  const char *place;

  assert_non_null (assembly);
  for (size_t i = 0; i < COUNT; ++i) {
    disk->computed[i] = (which & 1U << i) != 0;
    if (disk->computed[i])
      assert_int_equal (assembly_compute (assembly, i,
                                          memory_engine (disk->memory[i]),
                                          &rules), 0);
    if (unreadable & 1U << i)
      assert_int_equal (assembly_unreadable (assembly, i, &place), 0);
  }
  assert_int_equal (assembly_finish (assembly, &metadata, &filter, &delta),
                    0);
  return delta;
}

static const char letters[] = {
  [STATUS_SCAFFOLD] = '.', [STATUS_ADDED] = 'A', [STATUS_MODIFIED] = 'M',
  [STATUS_DELETED] = 'D', [STATUS_UNREADABLE] = '?',
};

/* TEXT: "STATUS PATH MOUNT_POINT\n" for each entry. */
static void
expect (const struct delta *delta, const char *text)
{
  char got[4096];
  size_t used = 0;

  got[0] = '\0';
  for (size_t i = 0; i < delta->count; ++i) {
    const struct delta_entry *entry = &delta->entries[i];

    used += (size_t) snprintf
      (got + used, sizeof got - used, "%c %s %s\n", letters[entry->status],
       entry->path, delta->filesystems[entry->filesystem].mount_point);
    assert_true (used < sizeof got);
  }
  assert_string_equal (got, text);
}

static void
nested_mounts (void **state)
{
  CLEANUP (delta_free) struct delta *delta = NULL;
  const struct delta_entry *entry;
  struct disk disk;

  (void) state;
  disk_open (&disk);
  memory_directory (disk.memory[0], SIDE_BASE, "/srv")->uid = 7;
  memory_copy_base (disk.memory[0]);
  change (&disk, 0, "/etc/x");
  change (&disk, 1, "/y");
  change (&disk, 2, "/deep/z");
  memory_file (disk.memory[1], SIDE_BASE, "/old", "old");
  mount_by (&disk, "/", "/dev/sda2 /srv/data ext4\n"
                        "/dev/sda3 /srv/data/a/b ext4\n");
  delta = assemble (&disk, 7, 0);
  expect (delta,
          ". / /\n"
          "A /etc /\n"
          "A /etc/x /\n"
          ". /srv /\n"
          ". /srv/data /srv/data\n"
          ". /srv/data/a /srv/data\n"
          ". /srv/data/a/b /srv/data/a/b\n"
          "A /srv/data/a/b/deep /srv/data/a/b\n"
          "A /srv/data/a/b/deep/z /srv/data/a/b\n"
          "D /srv/data/old /srv/data\n"
          "A /srv/data/y /srv/data\n");
  entry = &delta->entries[3];
  assert_int_equal (entry->side[SIDE_BASE]->uid, 7);
  assert_int_equal (entry->side[SIDE_OVERLAY]->uid, 7);
  assert_string_equal (delta->filesystems[entry->filesystem].device, "sda1");
  assert_int_equal (delta->entries[5].side[SIDE_OVERLAY]->type,
                    ENTRY_DIRECTORY);
  disk_close (&disk);
}

static void
hidden_entries (void **state)
{
  CLEANUP (delta_free) struct delta *delta = NULL;
  struct disk disk;
  unsigned hidden;

  (void) state;
  disk_open (&disk);
  memory_file (disk.memory[0], SIDE_BASE, "/usr/boot/vmlinuz", "1");
  memory_copy_base (disk.memory[0]);
  change (&disk, 0, "/usr/boot/grub/grub.cfg");
  change (&disk, 0, "/usr/x");
  change (&disk, 1, "/initrd");
  mount_by (&disk, "/", "/dev/sda2 /usr/boot ext4\n");
  delta = assemble (&disk, 3, 0);
  expect (delta,
          ". / /\n"
          ". /.filesystems /.filesystems/sda1\n"
          ". /.filesystems/sda1 /.filesystems/sda1\n"
          ". /.filesystems/sda1/usr /.filesystems/sda1\n"
          ". /.filesystems/sda1/usr/boot /.filesystems/sda1\n"
          "A /.filesystems/sda1/usr/boot/grub /.filesystems/sda1\n"
          "A /.filesystems/sda1/usr/boot/grub/grub.cfg /.filesystems/sda1\n"
          ". /usr /\n"
          ". /usr/boot /usr/boot\n"
          "A /usr/boot/initrd /usr/boot\n"
          "A /usr/x /\n");
  hidden = delta->entries[6].filesystem;
  assert_false (delta->filesystems[hidden].main_tree);
  assert_ptr_equal (delta->filesystems[hidden].engine,
                    memory_engine (disk.memory[0]));
  disk_close (&disk);
}

static void
left_out (void **state)
{
  CLEANUP (delta_free) struct delta *delta = NULL;
  struct disk disk;

  (void) state;
  disk_open (&disk);
  change (&disk, 1, "/x");
  mount_by (&disk, "/", "/dev/sda3 /home ext4\n");
  /* The root was not written, and is not open; the third has no change. */
  delta = assemble (&disk, 6, 0);
  expect (delta,
          ". / /\n"
          ". /.filesystems /.filesystems/sda2\n"
          ". /.filesystems/sda2 /.filesystems/sda2\n"
          "A /.filesystems/sda2/x /.filesystems/sda2\n");
  assert_int_equal (delta->entries[0].side[SIDE_BASE]->type,
                    ENTRY_DIRECTORY);
  disk_close (&disk);
}

static void
subvolumes (void **state)
{
  CLEANUP (delta_free) struct delta *delta = NULL;
  struct disk disk;

  (void) state;
  disk_open (&disk);
  memory_file (disk.memory[0], SIDE_BASE, "/@/old", "the same bytes");
  memory_directory (disk.memory[0], SIDE_BASE, "/@home");
  memory_copy_base (disk.memory[0]);
  memory_rename (disk.memory[0], SIDE_OVERLAY, "/@/old", "/@home/new");
  change (&disk, 0, "/@snapshots/1/x");
  mount_by (&disk, "/@", "/dev/sda1 / btrfs subvol=@\n"
                         "/dev/sda1 /home btrfs subvol=@home\n");
  delta = assemble (&disk, 1, 0);
  expect (delta,
          ". / /\n"
          ". /.filesystems /.filesystems/sda1\n"
          ". /.filesystems/sda1 /.filesystems/sda1\n"
          "A /.filesystems/sda1/@snapshots /.filesystems/sda1\n"
          "A /.filesystems/sda1/@snapshots/1 /.filesystems/sda1\n"
          "A /.filesystems/sda1/@snapshots/1/x /.filesystems/sda1\n"
          ". /home /home\n"
          "A /home/new /home\n"
          "D /old /\n");
  assert_string_equal (delta->entries[7].renamed_from, "/old");
  disk_close (&disk);
}

/* The guest's own /.filesystems neither hides ours nor is hidden by it. */
static void
same_names_in_the_guest (void **state)
{
  CLEANUP (delta_free) struct delta *delta = NULL;
  struct disk disk;

  (void) state;
  disk_open (&disk);
  change (&disk, 0, "/.filesystems/sda2/x");
  change (&disk, 1, "/x");
  mount_by (&disk, "/", "");
  delta = assemble (&disk, 3, 0);
  expect (delta,
          ". / /\n"
          "A /.filesystems /\n"
          ". /.filesystems /.filesystems/sda2\n"
          "A /.filesystems/sda2 /\n"
          ". /.filesystems/sda2 /.filesystems/sda2\n"
          "A /.filesystems/sda2/x /\n"
          "A /.filesystems/sda2/x /.filesystems/sda2\n");
  disk_close (&disk);
}

static void
unreadable (void **state)
{
  CLEANUP (delta_free) struct delta *delta = NULL;
  const struct delta_entry *entry;
  struct engine *engine;
  struct disk disk;

  (void) state;
  disk_open (&disk);
  change (&disk, 0, "/x");
  mount_by (&disk, "/", "/dev/sda2 /var/lib ext4\n");
  delta = assemble (&disk, 1, 6);
  expect (delta,
          ". / /\n"
          ". /.filesystems /.filesystems/sda3\n"
          "? /.filesystems/sda3 /.filesystems/sda3\n"
          ". /var /\n"
          "? /var/lib /var/lib\n"
          "A /x /\n");
  entry = &delta->entries[4];
  assert_int_equal (entry->side[SIDE_OVERLAY]->type, ENTRY_DIRECTORY);
  assert_true (entry->side[SIDE_OVERLAY]->missing & ENTRY_NO_MEMBERS);
  engine = delta->filesystems[entry->filesystem].engine;
  assert_int_equal (engine->operations->stat (engine, SIDE_OVERLAY, "/",
                                              &(struct entry) { 0 }), -EIO);
  disk_close (&disk);
}

/* An engine that finds something, and then fails. */
static errint_t failure;

static errint_t
failing_compute (struct engine *engine, const struct compare_rules *rules,
                 struct delta *delta, unsigned filesystem)
{
  static const struct entry file = { .type = ENTRY_FILE };
  struct delta_entry entry = {
    .path = "/found", .status = STATUS_ADDED,
    .filesystem = (uint16_t) filesystem,
    .side[SIDE_OVERLAY] = &file,
  };

  (void) engine;
  (void) rules;
  assert_int_equal (delta_add (delta, &entry), 0);
  return failure;
}

static void
failures (void **state)
{
  static const struct engine_operations operations = {
    .name = "failing", .compute = failing_compute,
  };
  static const struct compare_rules rules = { 0 };
  static const struct delta_filter filter = { 0 };
  struct engine engine = { .operations = &operations };
  const struct assembly_metadata metadata = { .stat = stat_entry };
  struct assembly *assembly;
  struct delta *delta = NULL;
  struct disk disk;
  const char *place;

  (void) state;
  disk_open (&disk);
  change (&disk, 1, "/x");
  mount_by (&disk, "/", "/dev/sda2 /home ext4\n");
  assembly = assembly_new (disk.filesystems, disk.layout);
  assert_non_null (assembly);
  failure = -ENOTSUP;
  assert_int_equal (assembly_compute (assembly, 1, &engine, &rules),
                    -ENOTSUP);
  assert_int_equal (assembly_compute (assembly, 1,
                                      memory_engine (disk.memory[1]),
                                      &rules), 0);
  failure = -EIO;
  assert_int_equal (assembly_compute (assembly, 2, &engine, &rules), -EIO);
  assert_int_equal (assembly_unreadable (assembly, 2, &place), 0);
  assert_string_equal (place, "/.filesystems/sda3");
  disk.computed[1] = true;
  assert_int_equal (assembly_finish
                    (assembly,
                     &(struct assembly_metadata) { .stat = metadata.stat,
                                                   .opaque = &disk },
                     &filter, &delta), 0);
  assembly_free (assembly);
  expect (delta,
          ". / /\n"
          ". /.filesystems /.filesystems/sda3\n"
          "? /.filesystems/sda3 /.filesystems/sda3\n"
          "A /.filesystems/sda3/found /.filesystems/sda3\n"
          ". /home /home\n"
          "A /home/x /home\n");
  assert_ptr_equal (delta->filesystems[delta->entries[5].filesystem].engine,
                    memory_engine (disk.memory[1]));
  delta_free (delta);
  disk_close (&disk);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (nested_mounts),
    cmocka_unit_test (hidden_entries),
    cmocka_unit_test (left_out),
    cmocka_unit_test (subvolumes),
    cmocka_unit_test (same_names_in_the_guest),
    cmocka_unit_test (unreadable),
    cmocka_unit_test (failures),
  };

  return cmocka_run_group_tests_name ("assembly", tests, NULL, NULL);
}
