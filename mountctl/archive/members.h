/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What an archive of a delta consists of: its members in their order, which
 * of them are names of one inode, and what each is called.  Knows no archive
 * format and reads no content.
 */
#ifndef DELTAFS_MEMBERS_H
#define DELTAFS_MEMBERS_H

#include "cleanup.h"
#include "delta.h"
#include "errint.h"
#include "log.h"
#include "view.h"

/* Several names of one inode: the first one that gets into the archive has
 * the content, the others are links to it. */
struct member_group {
  char *path;                   /* owned: the first one's, once it is there */
  bool hashed;                  /* DIGEST is that of its content */
  uint8_t digest[32];
};

struct member {
  const struct delta_entry *entry;      /* NULL: a directory that is made up */
  view_node node;               /* in a tree */
  uint8_t side;                 /* enum side: the one that it shows */
  bool whiteout;                /* in a layer: the entry is gone */
  struct member_group *group;   /* NULL: the only name */
};

struct members {
  const struct view *view;      /* of a tree; NULL for a layer */
  struct member *list;          /* owned, parents first */
  size_t count, capacity;
  struct member_group *groups;  /* owned */
  size_t group_count;
  /* Xattrs that are no part of any member; NULL: none. */
  bool (*leaves_out_xattr) (const char *name);
  bool incomplete;              /* something was left out, and named */
};

/* The members of a tree as the mount shows it: VIEW's nodes by path, without
 * /.deleted unless DELETED.  What is handed in is borrowed and must outlive
 * *MEMBERS, which is to be freed with members_free.  -ENOMEM. */
errint_t members_of_tree (const struct view *view, bool deleted,
                          struct members **members);

/* The members of an OCI layer (image-spec of the Open Container Initiative,
 * layer.md) that makes the overlay's tree of the base's one, at their true
 * paths.  What a layer cannot tell is left out and named to LOG: names and
 * devices that would be marks in it (layer_mark.h), and what is not in the
 * guest's own tree (/.filesystems).  Xattrs that would be marks are left to
 * leaves_out_xattr.  -ENOMEM. */
errint_t members_of_layer (const struct delta *delta, const struct log *log,
                           struct members **members);

void members_free (struct members *members);
DEFINE_CLEANUP (struct members *, members_free)

/* What a member is called in the archive: relative, a directory without a
 * slash at the end, "." for the root; a whiteout with its prefix.  A new
 * string to be freed, or NULL without memory. */
char *member_path (const struct members *members,
                   const struct member *member);

/* The metadata that a member shows, NULL for what is made up. */
static inline const struct entry *
member_metadata (const struct member *member)
{
  return member->entry == NULL ? NULL : member->entry->side[member->side];
}

/* For the files that make up this room's two kinds of lists: appends, and
 * finds the groups when all are there.  -ENOMEM. */
errint_t members_add (struct members *members, const struct member *member);
errint_t members_find_groups (struct members *members);

#endif
