/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Two appliances of libguestfs, one for each side, launched together.  The
 * only rooms that see <guestfs.h> are this one's .c files.
 */
#ifndef DELTAFS_APPLIANCES_H
#define DELTAFS_APPLIANCES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "cleanup.h"
#include "engine.h"
#include "entry.h"
#include "errint.h"
#include "log.h"
#include "progress.h"

struct appliances_options {
  /* The NBD export of each side's disk, which may be written to. */
  const char *socket[SIDES];
  const char *export[SIDES];
  /* Of each side's disk: 512 or 4096 bytes; 0: 512. */
  unsigned sector_size[SIDES];
  /* --key selectors, guestmount's syntax (DEVICE:key:SECRET,
   * DEVICE:file:NAME, all:key:SECRET, …); NULL-terminated, or NULL.  Checked
   * with appliances_check_key before. */
  char *const *keys;
  const char *private_directory;        /* for sockets and temporary files */
  const struct log *log;
  const struct progress *progress;      /* or NULL */
};

struct appliances;

/* Is a --key selector well-formed, and is its key file readable?  Reported
 * if not: -EINVAL, -ENOENT, … */
errint_t appliances_check_key (const char *selector, const struct log *log);

/* Is a selector for the volume of this name ("/dev/sda2"; a selector may
 * leave out the "/dev/") or this UUID, which may be NULL? */
bool appliances_key_is_for (const char *selector, const char *device,
                            const char *uuid);

/* Launches both, at once, in two threads: with KVM where that works, else
 * with emulation and one warning.  Opens LUKS devices with the keys,
 * activates LVM and MD.  Reports what is missing (no kernel for the appliance,
 * no QEMU) with a hint.  *APPLIANCES is to be freed with appliances_close. */
errint_t appliances_launch (const struct appliances_options *options,
                            struct appliances **appliances);

/* Shuts both down and waits for their processes.  Engines on them are closed
 * before. */
void appliances_close (struct appliances *appliances);
DEFINE_CLEANUP (struct appliances *, appliances_close)

/* The process of a side's virtual machine, a child of this one; 0 where the
 * backend of libguestfs does not say (libvirt). */
pid_t appliances_process (struct appliances *appliances, enum side side);

/* One thing with a filesystem, a swap area or a locked container, as an
 * appliance sees it. */
struct appliance_filesystem {
  char *device;                 /* "/dev/sda1", "/dev/vg/lv", "/dev/md127" */
  char *mountable;              /* the device, or "btrfsvol:/dev/sda2/@home" for
                                 * a btrfs subvolume that is not the default */
  char *type;                   /* "ext4", "swap", "crypto_LUKS", "unknown" */
  char *uuid, *label;           /* or NULL */
  /* btrfs: the path of the subvolume that MOUNTABLE means, from the top
   * level and without a slash before it; NULL: the top level itself. */
  char *subvolume;
};

struct appliance_filesystems {
  struct appliance_filesystem *list;    /* owned; by device name */
  size_t count;
};

/* What a side's appliance sees. */
errint_t appliances_filesystems (struct appliances *appliances,
                                 enum side side,
                                 struct appliance_filesystems **filesystems);
void appliance_filesystems_free (struct appliance_filesystems *filesystems);
DEFINE_CLEANUP (struct appliance_filesystems *, appliance_filesystems_free)

/* Opens the engine for one filesystem: its mountable on each side, NULL for a
 * side that does not have it.  TYPE is the overlay's (or the only one's).
 * NAME (as in delta_filesystem.device) is for messages.  Mounts it read-only,
 * after the journal was replayed on the scratch layer.  -ENOTSUP for a
 * filesystem that the kernel does not read, -EIO: reported.  *ENGINE is to be
 * closed with engine_close before the appliances. */
errint_t guestfs_engine_open (struct appliances *appliances,
                              const char *const mountable[SIDES],
                              const char *type, const char *name,
                              struct engine **engine);

#endif
