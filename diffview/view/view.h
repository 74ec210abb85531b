/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The tree that shows a delta set: an immutable array of nodes, with the
 * scaffold, /.deleted, /.base, collisions of names, hard links, inode
 * numbers and totals worked out.  Knows no FUSE and does no I/O, but for
 * view_read, which asks the entry's engine, and view_build, which asks the
 * engine of the guest's root directory for a free name (stat) when the guest
 * has a /.deleted, /.base or /.filesystems of its own.
 *
 * Where an unreadable entry is shown: at its path when the overlay is known to
 * have it (or neither side is), else, below /.deleted.  What is known of it is
 * what it shows; of an unknown type it is a regular file of mode 0 whose read
 * is EIO (and whose size is 1: nobody reads an empty file; so is that of a
 * file that has content of an unknown size).  Directories that
 * the delta set has no entry for (/.filesystems, a filesystem's unknown mount
 * point) are made up: 0755, root, time 0.  A guest's own directory that is
 * shown by another name has that name in /.deleted and /.base too.
 */
#ifndef DELTAFS_VIEW_H
#define DELTAFS_VIEW_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "delta.h"
#include "errint.h"
#include "log.h"

struct view;

/* A node's number.  The root is 0; a node's members have consecutive numbers,
 * sorted by name. */
typedef uint32_t view_node;
#define VIEW_ROOT ((view_node) 0)
#define VIEW_NONE ((view_node) UINT32_MAX)

struct view_options {
  bool base;                    /* -o base: /.base */
  bool symlinks_inside;         /* --symlinks=inside */
};

/* Builds the view.  DELTA is finished; it is borrowed and must outlive the
 * view.  Warnings (a guest's own /.deleted was renamed) go to LOG, which is
 * not kept.  *VIEW is to be freed with view_free.  -ENOMEM, -EOVERFLOW for
 * more than 2^32 - 2 nodes (reported). */
errint_t view_build (const struct delta *delta,
                     const struct view_options *options,
                     const struct log *log, struct view **view);
void view_free (struct view *view);
DEFINE_CLEANUP (struct view *, view_free)

/* All functions below: any thread, no locks, no allocation. */

/* The member of a directory with a name, or VIEW_NONE. */
view_node view_lookup (const struct view *view, view_node directory,
                       const char *name);

view_node view_parent (const struct view *view, view_node node);
bool view_is_directory (const struct view *view, view_node node);

/* Members of a directory: their count and the first one's number. */
uint32_t view_members (const struct view *view, view_node directory,
                       view_node *first);

/* May members of a directory be missing because they could not be read, so
 * that a listing has to end with EIO? */
bool view_members_incomplete (const struct view *view, view_node directory);

/* The node's name ("" for the root), a NUL after it. */
const char *view_name (const struct view *view, view_node node);

/* Attributes as stat(2) has them: st_ino, st_mode, st_nlink (0 is shown as
 * 1), st_uid, st_gid, st_rdev, st_size, st_blocks, st_blksize and the times.
 * st_ino is unique but for hard links, and stays the same as long as the view
 * lives. */
void view_stat (const struct view *view, view_node node, struct stat *stat);

/* The type for readdir (S_IFMT bits) and inode number, cheaper than stat. */
void view_identity (const struct view *view, view_node node,
                    uint64_t *inode, uint32_t *mode);

/* A symlink's target: 0, -EIO where it could not be read, -ENAMETOOLONG where
 * it has VIEW_TARGET_SIZE bytes or more, -EINVAL for anything else.  *TARGET
 * lives as long as the view, or is in SCRATCH.  With symlinks_inside a target
 * that leads out of the tree (out of /.deleted, /.base or the folder of a
 * filesystem whose mount point is not known, for a link in there) is rewritten
 * so that it does not: see view_links.c.  st_size is the length of what this
 * gives; where it gives an error, that of the guest's. */
#define VIEW_TARGET_SIZE PATH_MAX       /* what the kernel takes, with NUL */
errint_t view_readlink (const struct view *view, view_node node,
                        char scratch[VIEW_TARGET_SIZE], const char **target);

/* The node's own status and the entry that it shows (NULL for what has none:
 * made-up directories), and from which side. */
enum status view_status (const struct view *view, view_node node);
const struct delta_entry *view_entry (const struct view *view, view_node node,
                                      enum side *side);

/* xattrs of a node, ours first (user.deltafs.status, .changes, which is empty
 * where there are none, and .path), then
 * the guest's without user.deltafs.*.  Call with INDEX 0, 1, … until it says
 * false.  *NAME and *VALUE live as long as the view, or are in SCRATCH. */
#define VIEW_XATTR_SCRATCH DELTA_KINDS_SIZE
bool view_xattr (const struct view *view, view_node node, size_t index,
                 char scratch[VIEW_XATTR_SCRATCH],
                 const char **name, const void **value, size_t *length);

/* Could some xattrs of the node not be read (so that a list would be
 * incomplete: EIO for an unknown name)? */
bool view_xattrs_incomplete (const struct view *view, view_node node);

/* Content of a regular file, as engine_operations.pread says.  -EIO for what
 * is known to be unreadable, -EISDIR, -EINVAL for what has no content. */
errint_t view_read (const struct view *view, view_node node,
                    void *buffer, size_t length, uint64_t offset,
                    size_t *got);

/* Moves LENGTH bytes of it, which are within st_size, into PIPE: as
 * engine_operations.splice says, and the errors of view_read. */
errint_t view_splice (const struct view *view, view_node node, int pipe,
                      size_t length, uint64_t offset);

/* Finds the next piece of it that may be something else than zeros: as
 * engine_operations.next_data says, and the errors of view_read. */
errint_t view_next_data (const struct view *view, view_node node,
                         uint64_t offset, uint64_t *start, uint64_t *length);

struct view_totals {
  uint64_t nodes;
  uint64_t blocks;              /* units of 512 bytes, each inode once */
};

void view_count (const struct view *view, struct view_totals *totals);

#endif
