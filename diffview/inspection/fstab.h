/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a guest's /etc/fstab says about filesystems on disks.  Text only:
 * which filesystem a line means is the layout's business.  The text is the
 * attacker's.
 */
#ifndef DELTAFS_FSTAB_H
#define DELTAFS_FSTAB_H

#include <stdbool.h>
#include <stddef.h>

#include "cleanup.h"
#include "errint.h"
#include "log.h"

/* How a line names its filesystem. */
enum fstab_tag {
  FSTAB_DEVICE,                 /* "/dev/sda1" */
  FSTAB_UUID,
  FSTAB_LABEL,
  FSTAB_PARTUUID,
  FSTAB_PARTLABEL,
};

struct fstab_entry {
  enum fstab_tag tag;
  char *value;                  /* never empty */
  char *mount_point;            /* a guest path as path.h has it */
  /* The directory of the filesystem that is mounted: "/@home" for
   * subvol=@home, "/" for subvolid=5; NULL where the line does not say. */
  char *subtree;
  bool subvolume_number;        /* subvolid= of another number, no subvol= */
  bool optional;                /* noauto */
};

struct fstab {
  struct fstab_entry *list;     /* owned, in the order of the file */
  size_t count;
};

/* Larger files are not read, and lines after these many are not used. */
#define FSTAB_LIMIT (1024 * 1024)
#define FSTAB_MAX_ENTRIES 512

/* Parses LENGTH bytes at TEXT as fstab(5) and libmount have it: quotes around
 * a tag's value, octal escapes.  Left out: swap, bind mounts, whatever is not
 * on a local block device, and lines that make no sense (detail to LOG).
 * *FSTAB is to be freed with fstab_free.  -ENOMEM. */
errint_t fstab_parse (const char *text, size_t length, const struct log *log,
                      struct fstab **fstab);
void fstab_free (struct fstab *fstab);
DEFINE_CLEANUP (struct fstab *, fstab_free)

/* A new string: PATH (absolute, not a guest path yet) with slashes made
 * single, to be freed.  NULL with -EINVAL in *ERROR when it is not absolute,
 * has a component "." or ".." or one of more than 255 bytes, or has more than
 * 4,095 bytes; or with -ENOMEM. */
char *fstab_normal_path (const char *path, errint_t *error);

/* The same as fstab(5) prints it, for messages: "UUID=…", "/dev/sda1"; a new
 * string, NULL without memory. */
char *fstab_entry_text (const struct fstab_entry *entry);

#endif
