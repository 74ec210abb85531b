/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What ntfs-3g shows in place of what it cannot read.
 *
 * A reparse point is a tag and some data, beside or instead of the content of
 * a file or directory.  ntfs-3g follows junctions and symlinks.  A tag that it
 * does not know (files that Windows compressed or deduplicated, placeholders
 * of OneDrive and the like) becomes a symlink with the text "unsupported
 * reparse tag 0x80000017", whatever is behind it: two files with the same text
 * may have nothing in common.  The raw data are in the xattr
 * system.ntfs_reparse_data (ntfs-3g: libntfs-3g/reparse.c, src/ntfs-3g.c).
 */
#ifndef DELTAFS_REPARSE_H
#define DELTAFS_REPARSE_H

#include "judge.h"
#include "scan.h"

/* Does ntfs-3g show a filesystem of that type? */
bool reparse_concerns (const char *type);

/* The target of a link as the guest means it: ntfs-3g puts MOUNT_POINT's path
 * in the appliance in front of absolute ones.  A part of TARGET, or a
 * string that stays. */
const char *reparse_target (const char *mount_point, const char *target);

/* In a scanned tree of such a filesystem: what is shown as such a text becomes
 * the file or directory that it is, without what cannot be read, and with the
 * raw data as an xattr.  Link targets become the guest's.  -ENOMEM,
 * -ENOTCONN. */
errint_t reparse_mark (struct scan *scan);

/* One filesystem, scanned. */
struct reparse_trees {
  struct appliance *appliance[SIDES];
  const char *mount_point[SIDES];
  struct tree *tree[SIDES];     /* sorted; NULL: the side does not have it */
  struct complaints *complaints;
};

/* Decides on what was marked, when both trees are there.  A file that is the
 * same inode on both sides, with equal times, blocks, raw data and the rest of
 * the metadata, is taken as unchanged, as other files are, unless RULES want
 * bytes: its marks go.  The others stay unreadable, and are reported.  Files
 * that only one side has, and files of another size, are marked and reported
 * if they are encrypted.  -ENOMEM, -ENOTCONN. */
errint_t reparse_settle (const struct reparse_trees *trees,
                         const struct compare_rules *rules);

#endif
