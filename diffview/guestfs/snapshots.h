/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which subvolume of a btrfs was made from which other one.
 */
#ifndef DELTAFS_SNAPSHOTS_H
#define DELTAFS_SNAPSHOTS_H

#include <stddef.h>

#include "appliance.h"
#include "cleanup.h"
#include "errint.h"

#define SNAPSHOTS_UUID_SIZE 37  /* with a NUL */

struct snapshot {
  char *path;                   /* from the top level: "/@/.snapshots/1" */
  char uuid[SNAPSHOTS_UUID_SIZE];
  char parent[SNAPSHOTS_UUID_SIZE];     /* what it is a snapshot of, or "" */
};

struct snapshots {
  struct snapshot *list;        /* owned */
  size_t count;
};

/* The subvolumes of the btrfs whose top level is at MOUNT_POINT, and that.  An
 * appliance that cannot tell gives none.  *SNAPSHOTS is empty before, and to
 * be freed with snapshots_clear.  -ENOMEM, -ENOTCONN. */
errint_t snapshots_list (struct appliance *appliance, const char *mount_point,
                         struct snapshots *snapshots);

/* Parses what `btrfs subvolume show` prints of the top level, and, after that,
 * `btrfs subvolume list -q -u`; changes TEXT.  Lines that
 * are none of its are left out: a guest chooses the names.  -ENOMEM. */
errint_t snapshots_parse (char *text, struct snapshots *snapshots);

void snapshots_clear (struct snapshots *snapshots);

#define CLEANUP_SNAPSHOTS __attribute__ ((cleanup (snapshots_clear)))

#endif
