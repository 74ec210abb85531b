/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is said of a filesystem that cannot be mounted: the calls of libguestfs
 * that mount are defined here.
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

#include "messages.h"
#include "mounts.h"

static const char *kernel_log;

int
guestfs_is_ready (guestfs_h *g)
{
  (void) g;
  return 1;
}

int
guestfs_mkmountpoint (guestfs_h *g, const char *path)
{
  (void) g; (void) path;
  return 0;
}

int
guestfs_rmmountpoint (guestfs_h *g, const char *path)
{
  (void) g; (void) path;
  return 0;
}

int
guestfs_mount_vfs (guestfs_h *g, const char *options, const char *type,
                   const char *mountable, const char *mount_point)
{
  (void) g; (void) options; (void) type; (void) mountable;
  (void) mount_point;
  return -1;
}

int
guestfs_mount_options (guestfs_h *g, const char *options,
                       const char *mountable, const char *mount_point)
{
  return guestfs_mount_vfs (g, options, NULL, mountable, mount_point);
}

const char *
guestfs_last_error (guestfs_h *g)
{
  (void) g;
  return "mount_vfs: mount: /sysroot/m1: wrong fs type, bad option, "
    "bad superblock on /dev/sda1.\ndmesg(1) may have more";
}

char *
guestfs_dmesg (guestfs_h *g)
{
  (void) g;
  return kernel_log != NULL ? strdup (kernel_log) : NULL;
}

/* What comes of NAME, whose kernel's log is LOG. */
static void
expect (const char *type, const char *name, const char *log,
        const char *wanted)
{
  struct messages messages;
  struct appliances_options options = { .log = &messages.log };
  CLEANUP (appliance_free) struct appliance *appliance = NULL;
  CLEANUP_FREE char *mount_point = NULL;

  kernel_log = log;
  messages_start (&messages);
  appliance = appliance_new (SIDE_OVERLAY, &options);
  assert_non_null (appliance);
  assert_int_equal (mounts_mount (appliance, "/dev/sda1", type, name,
                                  &mount_point), -EIO);
  assert_null (mount_point);
  assert_non_null (strstr (messages.text, wanted));
  assert_int_equal (strstr (messages.text, "SUPERMIN_KERNEL") != NULL,
                    strstr (wanted, "features") != NULL);
}

#define PLAIN "error: cannot mount the filesystem: sda1: wrong fs type, bad " \
  "option, bad superblock on /dev/sda1. (overlay)\n"
#define NEWER(device) "error: cannot mount the filesystem: " device ": the " \
  "appliance's kernel does not know all of its features: "

static void
test_features (void **state)
{
  (void) state;
  expect ("xfs", "sda1",
          "[    5.1] XFS (sda1): Mounting V5 Filesystem\n"
          "[    5.2] XFS (sda1): Superblock has unknown incompatible features "
          "(0x20) enabled.\n"
          "[    5.3] XFS (sda1): Filesystem cannot be safely mounted by this "
          "kernel.\n",
          NEWER ("sda1") "XFS (sda1): Superblock has unknown incompatible "
          "features (0x20) enabled. (overlay)\n");
  expect ("ext4", "sda1",
          "EXT4-fs (sda1): couldn't mount because of unsupported optional "
          "features (10000)", NEWER ("sda1") "EXT4-fs (sda1): couldn't");
  expect ("btrfs", "vg/lv",
          "[1] BTRFS error (device dm-0: state E): cannot mount because of "
          "unknown incompat features (0x20000)\n",
          NEWER ("vg/lv") "BTRFS error (device dm-0");
}

static void
test_others (void **state)
{
  (void) state;
  expect ("xfs", "sda1", NULL, PLAIN);
  expect ("xfs", "sda1", "", PLAIN);
  expect ("xfs", "sda1", "XFS (sda1): Corruption detected\n", PLAIN);
  /* Another one. */
  expect ("xfs", "sda1", "XFS (sda12): Superblock has unknown incompatible "
          "features (0x20) enabled.\n", PLAIN);
}

int
main (void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test (test_features),
    cmocka_unit_test (test_others),
  };

  return cmocka_run_group_tests (tests, NULL, NULL);
}
