/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The delta set: every path that was added, modified or deleted, or that
 * could not be judged, and the unchanged directories that lead there.  Does
 * no I/O.  Filled by engines, then finished, then read by the view and by
 * printing.
 */
#ifndef DELTAFS_DELTA_H
#define DELTAFS_DELTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "cleanup.h"
#include "engine.h"
#include "entry.h"
#include "errint.h"

enum status {
  STATUS_SCAFFOLD,              /* unchanged; there for what is below it */
  STATUS_ADDED,
  STATUS_MODIFIED,
  STATUS_DELETED,
  STATUS_UNREADABLE,
};

/* Why an entry is modified, in the order in which they are printed. */
enum {
  KIND_CONTENT = 1 << 0,
  KIND_MODE = 1 << 1,
  KIND_OWNER = 1 << 2,
  KIND_XATTR = 1 << 3,
  KIND_ACL = 1 << 4,
  KIND_CAPABILITY = 1 << 5,
  KIND_SELINUX = 1 << 6,
  KIND_ATTRIBUTES = 1 << 7,     /* DOS: read-only, hidden, system */
  KIND_TARGET = 1 << 8,
  KIND_DEVICE = 1 << 9,
  KIND_TYPE = 1 << 10,
  KIND_TIME = 1 << 11,
  KIND_SILENT = 1 << 12,        /* a mark of KIND_CONTENT, never alone */
  /* An xattr that the rules ignore: what differs in nothing else is left out
   * (and counted) by delta_filter, which takes the mark from what stays.  It has
   * no name. */
  KIND_IGNORED = 1 << 13,
};
#define KIND_COUNT 13           /* of those with a name */
#define KIND_BITS 14            /* of all */

/* The name of the kind with bit number INDEX (0 to KIND_COUNT - 1), "content"
 * to "silent": static. */
const char *delta_kind_name (unsigned index);

/* Comma-separated names of KINDS into BUFFER, "" for none; the longest result
 * fits DELTA_KINDS_SIZE. */
#define DELTA_KINDS_SIZE 128
void delta_kinds_text (unsigned kinds, char buffer[DELTA_KINDS_SIZE]);

/* "scaffold", "added", …: static. */
const char *delta_status_name (enum status status);

struct delta_entry {
  /* Path in the guest's tree as the user sees it; an engine gives the path
   * within its filesystem, which inspection moves to its mount point. */
  const char *path;
  uint32_t status : 3;          /* enum status */
  uint32_t kinds : KIND_BITS;   /* KIND_…; of an unreadable entry: the kinds
                                 * that are known all the same */
  uint32_t filesystem : 32 - 3 - KIND_BITS;     /* index in
                                                 * delta.filesystems */
  uint32_t engine_number;       /* the engine's, for its pread */
  /* The two sides' metadata; a side that does not have the path (or is not
   * known to) is NULL.  Scaffold normally has both. */
  const struct entry *side[SIDES];
  const char *renamed_from;     /* of an added entry; NULL when not known */
};

struct delta_filesystem {
  struct engine *engine;        /* borrowed: must outlive reads */
  const char *device;           /* "sda1", "vg/lv", as libguestfs names it,
                                 * without "/dev/" */
  const char *mount_point;      /* "/", "/boot", "/.filesystems/sda4" */
  bool main_tree;               /* not under /.filesystems */
};

struct delta {
  struct arena *arena;          /* for paths, entries: use it freely while
                                 * the delta is being filled */
  struct delta_entry *entries;  /* after delta_finish: in path_compare order,
                                 * no path twice in the main tree, none
                                 * twice in what is under /.filesystems */
  size_t count;
  size_t capacity;
  struct delta_filesystem *filesystems;
  unsigned filesystem_count;
  uint64_t filtered;            /* entries that delta_filter left out */
};

/* An empty delta set, or NULL without memory.  One thread at a time. */
struct delta *delta_new (void);
void delta_free (struct delta *delta);
DEFINE_CLEANUP (struct delta *, delta_free)

/* Adds a filesystem; strings are copied, the engine is borrowed.  Its number
 * goes to *NUMBER.  -ENOMEM, -EOVERFLOW beyond 32,767. */
errint_t delta_add_filesystem (struct delta *delta, struct engine *engine,
                               const char *device, const char *mount_point,
                               bool main_tree, unsigned *number);

/* Adds a copy of ENTRY.  What its pointers point to must live in the delta's
 * arena, or as long as the engine.  -ENOMEM. */
errint_t delta_add (struct delta *delta, const struct delta_entry *entry);

/* Gives the entries from number FIRST on metadata of their own, in the delta's
 * arena, so that what held it can go; what it points to (xattrs, targets) is
 * not copied.  -ENOMEM. */
errint_t delta_own_metadata (struct delta *delta, size_t first);

/* What the user wants to see. */
struct delta_filter {
  bool content_only;
  char *const *include;         /* NULL-terminated fnmatch patterns on the */
  char *const *exclude;         /* whole path, or NULL; borrowed */
};

/* Applies the filter: what it leaves out (and counts in delta->filtered)
 * becomes scaffold where it is a directory on either side, or goes away.
 * content_only also takes the other kinds from entries that stay.  What differs
 * in ignored xattrs alone is left out, too, whatever the filter says.  Of an
 * unreadable directory no one knows all members: it stays, unless it is
 * excluded, where one of them could be included.  Before delta_finish, and once.
 * -ENOMEM. */
errint_t delta_filter (struct delta *delta, const struct delta_filter *filter);

/* Sorts, and drops scaffold that leads to nothing, but never the root's.
 * After this the delta set is immutable and may be read by any number of
 * threads.  Of two entries of one filesystem with the same path (a hostile
 * directory may hold a name twice) the one added first stays and becomes
 * unreadable (scaffold gives way without that); of two of the main tree's
 * filesystems the one with the longer mount point, which is what the guest
 * sees, and of equal ones the later one.  -ENOMEM. */
errint_t delta_finish (struct delta *delta);

struct delta_totals {
  uint64_t added, modified, deleted, unreadable, filtered;
};

void delta_count (const struct delta *delta, struct delta_totals *totals);

#endif
