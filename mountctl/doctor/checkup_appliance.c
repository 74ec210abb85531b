/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Checks of what libguestfs needs for its appliance.  All of them are warnings:
 * what the direct engine reads does not need it.
 */
#include <config.h>

#include <dlfcn.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "checks.h"
#include "kvm.h"
#include "program_path.h"

static const char consequence[] = "only filesystems that deltafs reads itself can be read";

void
check_libguestfs (struct finding *finding)
{
  void *library = dlopen ("libguestfs.so.0", RTLD_LAZY);

  if (library != NULL) {
    dlclose (library);
    finding_set (finding, FINDING_OK, NULL, "the library is there");
  }
  else
    finding_set (finding, FINDING_WARNING, "apt-get install libguestfs0",
                 "the library is not installed: %s", consequence);
}

/* An appliance that somebody else has built (guestfs(3), "fixed
 * appliance"). */
static bool
find_fixed_appliance (char path[PATH_MAX])
{
  const char *directories = getenv ("LIBGUESTFS_PATH");

  while (directories != NULL && directories[0] != '\0') {
    size_t length = strcspn (directories, ":");

    snprintf (path, PATH_MAX, "%.*s/README.fixed", (int) length, directories);
    if (access (path, R_OK) == 0)
      return true;
    directories += length + (directories[length] == ':');
  }
  return false;
}

/* The kernels in /boot that supermin can take: how many there are, and how
 * many can be read. */
static void
count_kernels (size_t *there, size_t *readable)
{
  glob_t kernels;

  *there = *readable = 0;
  if (glob ("/boot/vmlinu?-*", 0, NULL, &kernels) != 0)
    return;
  for (size_t i = 0; i < kernels.gl_pathc; ++i) {
    ++*there;
    if (access (kernels.gl_pathv[i], R_OK) == 0)
      ++*readable;
  }
  globfree (&kernels);
}

static void
check_kernels (struct finding *finding)
{
  size_t there, readable;

  count_kernels (&there, &readable);
  if (there == 0)
    finding_set (finding, FINDING_WARNING,
                 "apt-get install linux-image-amd64",
                 "there is no kernel in /boot for the appliance: %s",
                 consequence);
  else if (readable == 0)
    finding_set (finding, FINDING_WARNING,
                 "as root: chmod a+r /boot/vmlinuz-*",
                 "this user may not read the kernel in /boot: %s",
                 consequence);
  else
    finding_set (finding, FINDING_OK, NULL,
                 "supermin, QEMU and a kernel are there");
}

void
check_appliance (struct finding *finding)
{
  char path[PATH_MAX], emulator[64] = "qemu-system-x86_64";
  struct utsname names;

  if (uname (&names) == 0)
    snprintf (emulator, sizeof emulator, "qemu-system-%.40s", names.machine);
  if (find_fixed_appliance (path))
    finding_set (finding, FINDING_OK, NULL, "by LIBGUESTFS_PATH");
  else if (!program_find ("supermin", path))
    finding_set (finding, FINDING_WARNING, "apt-get install supermin",
                 "there is no supermin: %s", consequence);
  else if (!program_find (emulator, path))
    finding_set (finding, FINDING_WARNING, "apt-get install qemu-system",
                 "there is no %s: %s", emulator, consequence);
  else if (getenv ("SUPERMIN_KERNEL") != NULL)
    finding_set (finding, FINDING_OK, NULL, "with SUPERMIN_KERNEL");
  else
    check_kernels (finding);
}

void
check_kvm (struct finding *finding)
{
  switch (kvm_probe ()) {
  case KVM_WORKS:
    finding_set (finding, FINDING_OK, NULL, "it runs a guest");
    return;
  case KVM_ABSENT:
    finding_set (finding, FINDING_WARNING,
                 access ("/dev/kvm", F_OK) == 0
                 ? "as root: adduser USER kvm; then log in again"
                 : "modprobe kvm_intel or kvm_amd, or nothing: it is only "
                 "slower",
                 "%s: appliances are emulated, 10 to 30 s to start",
                 access ("/dev/kvm", F_OK) == 0
                 ? "this user may not open /dev/kvm" : "there is no /dev/kvm");
    return;
  case KVM_BROKEN:
    finding_set (finding, FINDING_WARNING,
                 "enable nested virtualisation on the host",
                 "/dev/kvm opens but cannot run a guest: appliances are "
                 "emulated, 10 to 30 s to start");
    return;
  }
}
