/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the two files of the in-memory engine share.
 */
#ifndef DELTAFS_MEMORY_TREE_H
#define DELTAFS_MEMORY_TREE_H

#include <uthash.h>

#include "arena.h"
#include "memory_engine.h"
#include "tree.h"

struct memory_content {
  const void *bytes;            /* all of it, or a generator */
  memory_generator generator;
  void *opaque;
  bool sparse;                  /* a hole but for BYTES, which are here: */
  uint64_t data_offset, data_length;
};

/* One path of one side. */
struct memory_item {
  char *path;                   /* owned; the key */
  struct entry entry;
  struct memory_content content;
  struct tree_node *node;       /* once the trees are built */
  UT_hash_handle hh;
};

struct memory {
  struct engine engine;
  struct arena *arena;          /* contents, targets, xattrs */
  struct memory_item *items[SIDES];
  struct tree *trees[SIDES];
  bool no_filesystem[SIDES];
  enum content_trust trust;
  bool renames;
  uint64_t next_inode;
  uint32_t changes;             /* nanoseconds of the next ctime */
  uint64_t reads;               /* atomic */
};

extern const struct engine_operations memory_operations;

struct memory_item *memory_item_find (const struct memory *memory,
                                      enum side side, const char *path);

/* The sorted tree of a side. */
struct tree *memory_build_tree (struct memory *memory, enum side side);

/* Ends the test when POINTER is NULL; returns it. */
void *memory_checked (void *pointer);

#endif
