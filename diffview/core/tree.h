/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A snapshot of one side's whole file tree: all names and metadata, no
 * content.  For engines that read whole trees (guestfs, memory).
 */
#ifndef DELTAFS_TREE_H
#define DELTAFS_TREE_H

#include <stdint.h>

#include "arena.h"
#include "cleanup.h"
#include "entry.h"
#include "errint.h"

struct tree_node {
  const char *name;             /* "" for the root; NUL-terminated */
  struct tree_node *parent;     /* NULL for the root */
  /* Members, in strcmp order of their names after tree_sort. */
  struct tree_node **members;
  uint32_t member_count;
  uint32_t member_capacity;
  struct entry entry;           /* filled in by whoever scans */
  uint64_t cookie;              /* the engine's own */
};

struct tree {
  struct arena *arena;          /* what entries point to: xattrs, targets */
  struct arena *nodes;          /* nodes with their names */
  struct tree_node *root;
  uint64_t node_count;
};

/* A tree with nothing but a root directory (type set, all else zero), or
 * NULL without memory.  One thread at a time. */
struct tree *tree_new (void);
void tree_free (struct tree *tree);
DEFINE_CLEANUP (struct tree *, tree_free)

/* Frees the nodes: what is left is what their entries point to. */
void tree_drop_nodes (struct tree *tree);

/* Bytes that it takes. */
size_t tree_size (const struct tree *tree);

/* Adds a member to a directory, its entry all zero.  NAME must satisfy
 * path_valid_name.  NULL without memory. */
struct tree_node *tree_add (struct tree *tree, struct tree_node *parent,
                            const char *name, size_t length);

/* Sorts the members of every directory by name.  Of members with the same
 * name the first stays, marked ENTRY_NO_METADATA (its type too is unknown
 * unless they agree on it) and, as a directory, ENTRY_NO_MEMBERS.  -ENOMEM. */
errint_t tree_sort (struct tree *tree);

/* The member of a sorted directory with that name, or NULL. */
struct tree_node *tree_find (const struct tree_node *directory,
                             const char *name);

/* The node's path, a new string to be freed; NULL without memory. */
char *tree_path (const struct tree_node *node);

#endif
