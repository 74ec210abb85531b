/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where in the one tree that the user sees each filesystem of the guest
 * lies.  Pure: paths in, paths out.
 *
 * What of a filesystem is seen nowhere in the guest's tree (no mount leads
 * there, or another one hides it) has its place at /.filesystems/DEVICE, so
 * that every path of every filesystem has exactly one.
 */
#ifndef DELTAFS_LAYOUT_H
#define DELTAFS_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "cleanup.h"
#include "errint.h"
#include "filesystems.h"
#include "fstab.h"
#include "guest.h"
#include "log.h"
#include "selection.h"

struct layout_mount {
  size_t filesystem;            /* index in filesystems */
  char *subtree;                /* what of it is mounted: "/", "/@home" */
  char *mount_point;            /* "/", "/boot", "/.filesystems/sda4" */
  bool main_tree;               /* not under /.filesystems */
};

struct layout {
  struct layout_mount *list;    /* owned; the filesystems' places under
                                 * /.filesystems are the last ones, in the
                                 * order of the filesystems */
  size_t count;
  size_t main_count;            /* those of the main tree */
};

/* As the guest's fstab has it; a warning for each device that is missing.
 * -ENOMEM. */
errint_t layout_of_guest (const struct filesystems *filesystems,
                          const struct guest *guest, const struct log *log,
                          struct layout **layout);

/* Without an operating system: one filesystem is the root, several are under
 * /.filesystems.  -ENOMEM. */
errint_t layout_without_guest (const struct filesystems *filesystems,
                               struct layout **layout);

/* As -m says.  -ENOENT for a device that is not there, reported with those
 * that are; -ENOMEM. */
errint_t layout_of_selection (const struct filesystems *filesystems,
                              const struct selection *selection,
                              const struct log *log, struct layout **layout);

void layout_free (struct layout *layout);
DEFINE_CLEANUP (struct layout *, layout_free)

/* Has the filesystem a place in the main tree? */
bool layout_uses (const struct layout *layout, size_t filesystem);

/* The first place of a filesystem: where a message about all of it belongs. */
const struct layout_mount *layout_place_of (const struct layout *layout,
                                            size_t filesystem);

/* Where PATH of a filesystem is seen: the path to *PLACE (PATH itself, or a
 * new one in ARENA), the mount's index to *MOUNT.  -ENOMEM. */
errint_t layout_place (const struct layout *layout, size_t filesystem,
                       const char *path, struct arena *arena,
                       const char **place, size_t *mount);

/* The other way: which filesystem's which path is seen at PLACE of the main
 * tree?  A new string, to be freed, and the mount's index to *MOUNT.  NULL
 * with 0 in *ERROR when no mount holds it, or with -ENOMEM. */
char *layout_locate (const struct layout *layout, const char *place,
                     size_t *mount, errint_t *error);

#endif
