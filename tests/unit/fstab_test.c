/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Parsing /etc/fstab, a hostile one too.
 */
#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fstab.h"
#include "messages.h"

static struct messages messages;

static struct fstab *
parse_bytes (const char *text, size_t length)
{
  struct fstab *fstab = NULL;

  messages_start (&messages);
  assert_int_equal (fstab_parse (text, length, &messages.log, &fstab), 0);
  return fstab;
}

static struct fstab *
parse (const char *text)
{
  return parse_bytes (text, strlen (text));
}

/* Parses one line and expects one entry with tag, value and mount point. */
static void
expect (const char *line, enum fstab_tag tag, const char *value,
        const char *mount_point)
{
  CLEANUP (fstab_free) struct fstab *fstab = parse (line);

  assert_int_equal (fstab->count, 1);
  assert_int_equal (fstab->list[0].tag, tag);
  assert_string_equal (fstab->list[0].value, value);
  assert_string_equal (fstab->list[0].mount_point, mount_point);
}

static void
expect_nothing (const char *text)
{
  CLEANUP (fstab_free) struct fstab *fstab = parse (text);

  assert_int_equal (fstab->count, 0);
}

static void
names_of_filesystems (void **state)
{
  (void) state;
  expect ("UUID=ab-12 / ext4 defaults 0 1\n", FSTAB_UUID, "ab-12", "/");
  expect ("UUID=\"ab-12\" / ext4", FSTAB_UUID, "ab-12", "/");
  expect ("LABEL='root' / ext4", FSTAB_LABEL, "root", "/");
  expect ("LABEL=my\\040disk /srv ext4", FSTAB_LABEL, "my disk", "/srv");
  expect ("PARTUUID=1234-01 /boot ext4", FSTAB_PARTUUID, "1234-01", "/boot");
  expect ("PARTLABEL=home /home xfs", FSTAB_PARTLABEL, "home", "/home");
  expect ("/dev/sda1 /boot ext2", FSTAB_DEVICE, "/dev/sda1", "/boot");
  expect ("/dev/mapper/vg-lv /x ext2", FSTAB_DEVICE, "/dev/mapper/vg-lv",
          "/x");
  expect ("/dev/disk/by-uuid/AB12 /efi vfat", FSTAB_UUID, "AB12", "/efi");
  expect ("/dev/disk/by-label/a\\x20b /l ext4", FSTAB_LABEL, "a b", "/l");
  expect ("/dev/disk/by-partuuid/1 /l ext4", FSTAB_PARTUUID, "1", "/l");
  expect ("/dev/disk/by-partlabel/p /l ext4", FSTAB_PARTLABEL, "p", "/l");
  expect ("/dev/disk/by-id/ata-X-part1 /l ext4", FSTAB_DEVICE,
          "/dev/disk/by-id/ata-X-part1", "/l");
  expect ("  \t/dev/sda1\t \t/boot", FSTAB_DEVICE, "/dev/sda1", "/boot");
  expect ("/dev/sda1 /boot ext4 defaults 0 2\r\n", FSTAB_DEVICE, "/dev/sda1",
          "/boot");
}

static void
mount_points (void **state)
{
  (void) state;
  expect ("/dev/sda1 //srv///data/ ext4", FSTAB_DEVICE, "/dev/sda1",
          "/srv/data");
  expect ("/dev/sda1 /a\\040b ext4", FSTAB_DEVICE, "/dev/sda1", "/a b");
  expect ("/dev/sda1 /a\\134b ext4", FSTAB_DEVICE, "/dev/sda1", "/a\\b");
  expect ("/dev/sda1 /a\\9 ext4", FSTAB_DEVICE, "/dev/sda1", "/a\\9");
  expect ("/dev/sda1 /... ext4", FSTAB_DEVICE, "/dev/sda1", "/...");
  expect_nothing ("/dev/sda1 none ext4");
  expect_nothing ("/dev/sda1 srv ext4");
  expect_nothing ("/dev/sda1 /srv/../etc ext4");
  expect_nothing ("/dev/sda1 /srv/. ext4");
  expect_nothing ("/dev/sda1 /a\\000b ext4");
  expect_nothing ("/dev/sda1");
}

static void
not_on_the_disk (void **state)
{
  (void) state;
  expect_nothing ("# /dev/sda1 / ext4 defaults 0 1\n\n   \n");
  expect_nothing ("proc /proc proc defaults 0 0");
  expect_nothing ("tmpfs /tmp tmpfs size=1G 0 0");
  expect_nothing ("UUID=1 none swap sw 0 0");
  expect_nothing ("/dev/sda2 swap swap defaults 0 0");
  expect_nothing ("/dev/sda2 /swap swap defaults 0 0");
  expect_nothing ("server:/export /mnt nfs defaults 0 0");
  expect_nothing ("//server/share /mnt cifs guest 0 0");
  expect_nothing ("/srv/data /home none bind 0 0");
  expect_nothing ("/dev/sda1 /home none defaults,rbind 0 0");
  expect_nothing ("UUID= /home ext4");
  expect_nothing ("LABEL=\"\" /home ext4");
  expect_nothing ("/dev/ /home ext4");
  expect_nothing ("");
}

static void
options (void **state)
{
  CLEANUP (fstab_free) struct fstab *fstab =
    parse ("UUID=1 / btrfs subvol=@,compress 0 0\n"
           "UUID=1 /home btrfs rw,subvol=/@home 0 0\n"
           "UUID=1 /top btrfs subvolid=5 0 0\n"
           "UUID=1 /x btrfs subvolid=257 0 0\n"
           "UUID=1 /y btrfs noatime,noauto 0 0\n"
           "UUID=1 /z ext4 subvol=@ 0 0\n"
           "UUID=1 /q btrfs subvol=../../etc 0 0\n"
           "UUID=1 /both btrfs subvolid=257,subvol=a/b 0 0\n");

  (void) state;
  assert_int_equal (fstab->count, 7);
  assert_string_equal (fstab->list[0].subtree, "/@");
  assert_string_equal (fstab->list[1].subtree, "/@home");
  assert_string_equal (fstab->list[2].subtree, "/");
  assert_null (fstab->list[3].subtree);
  assert_true (fstab->list[3].subvolume_number);
  assert_null (fstab->list[4].subtree);
  assert_true (fstab->list[4].optional);
  assert_false (fstab->list[3].optional);
  assert_null (fstab->list[5].subtree);
  assert_string_equal (fstab->list[6].mount_point, "/both");
  assert_string_equal (fstab->list[6].subtree, "/a/b");
}

static void
hostile_sizes (void **state)
{
  char *text = malloc (FSTAB_LIMIT);
  size_t length = 0;
  struct fstab *fstab;

  (void) state;
  assert_non_null (text);
  /* One endless field. */
  memset (text, 'x', FSTAB_LIMIT);
  memcpy (text, "/dev/sda1 /", 11);
  fstab = parse_bytes (text, FSTAB_LIMIT);
  assert_int_equal (fstab->count, 0);
  fstab_free (fstab);

  /* A name that is too long for any directory. */
  fstab = parse_bytes (text, 11 + 256);
  assert_int_equal (fstab->count, 0);
  fstab_free (fstab);
  fstab = parse_bytes (text, 11 + 255);
  assert_int_equal (fstab->count, 1);
  fstab_free (fstab);

  /* Very many lines. */
  while (length + 32 < FSTAB_LIMIT)
    length += (size_t) sprintf (text + length, "/dev/sda1 /%zu x\n", length);
  fstab = parse_bytes (text, length);
  assert_int_equal (fstab->count, FSTAB_MAX_ENTRIES);
  assert_true (messages_have (&messages, "too long"));
  fstab_free (fstab);
  free (text);
}

/* Whatever the bytes: it ends, and what it gives is usable. */
static void
random_bytes (void **state)
{
  static const char alphabet[] =
    "/ab.\\0417 \t\n#,=\"'UUID=LABEL=/dev/sda1 /x btrfs subvol=\0\r\377";
  unsigned seed = 1;

  (void) state;
  for (int round = 0; round < 20000; ++round) {
    char text[120];
    size_t length = (size_t) rand_r (&seed) % sizeof text;
    struct fstab *fstab;

    for (size_t i = 0; i < length; ++i)
      text[i] = alphabet[(size_t) rand_r (&seed) % sizeof alphabet];
    if (round % 2 == 0 && length > 12)
      memcpy (text, "/dev/sda1 /", 11);
    fstab = parse_bytes (text, length);
    for (size_t i = 0; i < fstab->count; ++i) {
      errint_t error;
      char *normal = fstab_normal_path (fstab->list[i].mount_point, &error);

      assert_non_null (normal);
      assert_string_equal (normal, fstab->list[i].mount_point);
      assert_true (fstab->list[i].value[0] != '\0');
      free (normal);
    }
    fstab_free (fstab);
  }
}

static void
printing (void **state)
{
  CLEANUP (fstab_free) struct fstab *fstab =
    parse ("/dev/disk/by-uuid/1 / ext4\n/dev/sdb1 /x ext4\n");
  CLEANUP_FREE char *first = NULL, *second = NULL;

  (void) state;
  first = fstab_entry_text (&fstab->list[0]);
  second = fstab_entry_text (&fstab->list[1]);
  assert_string_equal (first, "UUID=1");
  assert_string_equal (second, "/dev/sdb1");
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (names_of_filesystems),
    cmocka_unit_test (mount_points),
    cmocka_unit_test (not_on_the_disk),
    cmocka_unit_test (options),
    cmocka_unit_test (hostile_sizes),
    cmocka_unit_test (random_bytes),
    cmocka_unit_test (printing),
  };

  return cmocka_run_group_tests_name ("fstab", tests, NULL, NULL);
}
