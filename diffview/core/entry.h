/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What is known of one inode of a guest on one side: its metadata, extended
 * attributes and link target.  Plain data: who fills it in (an engine) and
 * who reads it (judge, view, printing) agree on this file alone.
 */
#ifndef DELTAFS_ENTRY_H
#define DELTAFS_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* The two sides of every comparison; indexes of arrays of two. */
enum side { SIDE_BASE, SIDE_OVERLAY };
#define SIDES 2

enum entry_type {
  ENTRY_UNKNOWN,                /* the inode could not be read */
  ENTRY_FILE,
  ENTRY_DIRECTORY,
  ENTRY_SYMLINK,
  ENTRY_BLOCK,
  ENTRY_CHAR,
  ENTRY_FIFO,
  ENTRY_SOCKET,
};

/* Without padding: every entry has three of them. */
struct __attribute__ ((packed, aligned (4))) entry_time {
  int64_t seconds;              /* since 1970, may be negative */
  uint32_t nanoseconds;         /* 0 to 999,999,999 */
};

/* One extended attribute with its whole name ("user.mime_type",
 * "system.posix_acl_access", "security.capability"), in the form that
 * getxattr(2) of the guest's kernel gives. */
struct entry_xattr {
  const char *name;
  const void *value;
  size_t length;                /* bytes of value */
};

/* Sorted by name (strcmp), no name twice. */
struct entry_xattrs {
  const struct entry_xattr *list;
  size_t count;
};

/* What of an inode could not be read; such parts hold 0 or NULL. */
enum {
  ENTRY_NO_METADATA = 1 << 0,   /* everything but the name (type too, maybe) */
  ENTRY_NO_XATTRS = 1 << 1,     /* some xattrs: those in the list are right */
  ENTRY_NO_TARGET = 1 << 2,     /* a symlink's target */
  ENTRY_NO_CONTENT = 1 << 3,    /* a file's bytes */
  ENTRY_NO_MEMBERS = 1 << 4,    /* some names of a directory may be missing */
  ENTRY_TOO_MUCH = 1 << 5,      /* beside one of these: given up, not damaged */
};
#define ENTRY_MISSING_ALL ((1U << 6) - 1)

/* DOS attributes, of filesystems that have them. */
enum {
  ENTRY_READ_ONLY = 1 << 0,
  ENTRY_HIDDEN = 1 << 1,
  ENTRY_SYSTEM = 1 << 2,
};

/* Owned by whoever made it, most often in an arena; immutable once it was
 * handed on.  A million of them is ordinary, hence the order of the fields. */
struct entry {
  uint8_t type;                 /* enum entry_type */
  uint8_t missing;              /* ENTRY_NO_… */
  uint16_t permissions : 12;    /* the mode bits */
  uint16_t attributes : 4;      /* DOS: ENTRY_READ_ONLY, … */
  uint32_t uid, gid;
  uint32_t links;
  uint32_t major : 12, minor : 20;      /* of device nodes, as Linux has
                                         * them (linux/kdev_t.h) */
  uint32_t subvolume;           /* 0, or which of several inode number spaces
                                 * of the filesystem (btrfs) */
  uint64_t inode;               /* within (filesystem, side), see subvolume */
  uint64_t size;                /* bytes, at most INT64_MAX */
  uint64_t blocks;              /* units of 512 bytes */
  struct entry_time mtime, atime, ctime;
  uint32_t target_length;
  const char *target;           /* of a symlink, with a NUL after it; else NULL */
  const struct entry_xattrs *xattrs;    /* NULL when it has none */
};

/* The type for the S_IFMT bits of a mode. */
static inline enum entry_type
entry_type_of_mode (uint32_t mode)
{
  switch (mode & S_IFMT) {
  case S_IFREG: return ENTRY_FILE;
  case S_IFDIR: return ENTRY_DIRECTORY;
  case S_IFLNK: return ENTRY_SYMLINK;
  case S_IFBLK: return ENTRY_BLOCK;
  case S_IFCHR: return ENTRY_CHAR;
  case S_IFIFO: return ENTRY_FIFO;
  case S_IFSOCK: return ENTRY_SOCKET;
  default: return ENTRY_UNKNOWN;
  }
}

/* The st_mode of an entry; an unknown type counts as a regular file. */
mode_t entry_mode (const struct entry *entry);

/* "file", "directory", "symlink", "block", "char", "fifo", "socket",
 * "unknown": a static string. */
const char *entry_type_name (enum entry_type type);

/* Is it a file with bytes that nobody can read, nor count?  Its size is 0. */
static inline bool
entry_size_unknown (const struct entry *entry)
{
  return entry->type == ENTRY_FILE && entry->size == 0
    && (entry->missing & ENTRY_NO_CONTENT) != 0;
}

/* The value of an xattr, or NULL when the entry has none of that name. */
const struct entry_xattr *entry_find_xattr (const struct entry *entry,
                                            const char *name);

/* Orders entries of one filesystem and side so that names of one inode are
 * equal (0): by number and subvolume, and by what else such names have in
 * common, for on some filesystems the numbers are made up. */
int entry_compare_inodes (const struct entry *a, const struct entry *b);

/* Are the two times the same instant? */
static inline bool
entry_time_equal (const struct entry_time *a, const struct entry_time *b)
{
  return a->seconds == b->seconds && a->nanoseconds == b->nanoseconds;
}

#endif
