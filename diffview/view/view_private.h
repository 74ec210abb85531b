/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the files that make up view.h share.
 */
#ifndef DELTAFS_VIEW_PRIVATE_H
#define DELTAFS_VIEW_PRIVATE_H

#include "arena.h"
#include "view.h"

/* One node; a million of them is ordinary, hence the small numbers. */
struct node {
  const char *name;             /* most often the end of its entry's path */
  uint32_t entry;               /* in delta->entries, or from delta->count on
                                 * in view->made_up */
  view_node parent;             /* the root's: itself */
  view_node first_member;
  uint32_t member_count;
  union {
    uint32_t subdirectories;    /* of a directory */
    view_node inode;            /* of others: the first node with the same
                                 * inode; see view_inode */
  };
  uint8_t section;              /* enum section: where it is */
  uint8_t side;                 /* which one it shows */
  uint8_t status;
  bool directory;
};

/* The parts of the tree that mirror the guest's paths. */
enum section { SECTION_MAIN, SECTION_DELETED, SECTION_BASE };
#define SECTIONS 3

/* The names at the top that a guest's own must give way to. */
struct reserved_names {
  struct reserved_name {
    const char *name;           /* NULL: not in use */
    const char *guests;         /* what the guest's own is called */
    bool reported;
  } list[SECTIONS];             /* .deleted, .base, .filesystems */
};

struct view {
  const struct delta *delta;
  struct arena *arena;
  struct node *nodes;
  uint32_t count;
  const char **made_up;         /* paths of directories without an entry */
  uint32_t made_up_count, made_up_capacity;
  struct reserved_names reserved;
  bool symlinks_inside;
  struct view_totals totals;
};

/* Fills view->reserved with what is in use: .base where there is one,
 * .filesystems where FILESYSTEMS.  Asks the root filesystem's engine where the
 * delta set has one of the guest's own.  -ENOMEM. */
errint_t reserved_names_find (struct view *view, bool base, bool filesystems);

/* The name to show for a member of the guest's root directory; warns, once,
 * where it is another one. */
const char *reserved_names_apply (struct reserved_names *names,
                                  const char *name, const struct log *log);

/* The same without a warning: NAME itself, or another string. */
const char *reserved_names_shown (const struct reserved_names *names,
                                  const char *name);

/* The nodes in listing order, parents first; before they are laid out,
 * parents are places in this array. */
struct growth {
  struct node *nodes;           /* owned */
  uint32_t count, capacity;
};

/* Makes all nodes of the delta set.  The first ones are the root, .deleted
 * and, where BASE, .base.  -ENOMEM, -EOVERFLOW. */
errint_t view_grow (struct view *view, bool base, const struct log *log,
                    struct growth *growth);

/* Puts the nodes in their final places in VIEW: the members of a directory
 * side by side, by name.  -ENOMEM. */
errint_t view_lay_out (struct view *view, const struct growth *growth);

/* Finds hard links, and the totals.  -ENOMEM. */
errint_t view_number (struct view *view);

/* TARGET, of a link, or what it has to be to stay inside, in SCRATCH.
 * -ENAMETOOLONG. */
errint_t view_link_inside (const struct view *view, view_node link,
                           const char *target,
                           char scratch[VIEW_TARGET_SIZE],
                           const char **inside);

/* The first node with the same inode: a directory has one name. */
static inline view_node
view_inode (const struct view *view, view_node node)
{
  return view->nodes[node].directory ? node : view->nodes[node].inode;
}

/* The metadata that a node shows; NULL when it has none. */
const struct entry *view_metadata (const struct view *view,
                                   const struct node *node);

#endif
