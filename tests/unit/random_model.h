/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Random pairs of guests as flat lists of paths, and what they differ in,
 * worked out in the plainest way from the contract's table.  Shares no code
 * with what it checks: no trees, no path order, no judge.
 */
#ifndef DELTAFS_TEST_RANDOM_MODEL_H
#define DELTAFS_TEST_RANDOM_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_NAMES 96
#define MODEL_XATTRS 4
#define MODEL_PATH 128

extern const char *const model_xattr_names[MODEL_XATTRS];

/* What an inode is; several names may have it. */
struct model_inode {
  char type;                    /* f d l b c p s, '?' unknown */
  unsigned number, mode, uid, minor, mtime, ctime;
  char content[12];             /* of f; the target of l */
  char xattrs[MODEL_XATTRS];    /* 0: none, else its one-byte value */
  bool no_xattrs, no_content, no_members, no_metadata;
};

struct model_name {
  char path[MODEL_PATH];
  unsigned inode;               /* in the side's inodes */
};

struct model_side {
  struct model_name names[MODEL_NAMES];
  unsigned name_count;
  struct model_inode inodes[2 * MODEL_NAMES];
  unsigned inode_count;
};

struct model {
  struct model_side side[2];    /* base, overlay */
  bool trust;                   /* TRUST_INODE, and not verified */
  bool renames, times;
  const char *include, *exclude;        /* one pattern each, or NULL */
};

/* Makes a pair from a seed. */
void model_make (struct model *model, uint64_t seed);

const struct model_inode *model_find (const struct model_side *side,
                                      const char *path);

/* Is PATH below DIRECTORY (not the same)? */
bool model_below (const char *path, const char *directory);

/* <0, 0, >0 in listing order. */
int model_compare_paths (const char *a, const char *b);

/* One path that is an entry or scaffold. */
struct model_entry {
  const char *path;             /* in the model */
  char status;                  /* A M D ? - */
  char kinds[96];               /* comma-separated */
  const char *renamed_from;
};

struct model_delta {
  struct model_entry list[2 * MODEL_NAMES];
  unsigned count;               /* in listing order */
  unsigned filtered;
};

void model_expect (const struct model *model, struct model_delta *delta);

/* One node of the mounted tree, below the root. */
struct model_node {
  char shown[MODEL_PATH + 32];
  const char *guest;
  char status;
  int side;                     /* whose metadata; -1: nobody's */
  bool directory;
};

struct model_view {
  struct model_node list[5 * MODEL_NAMES];
  unsigned count;               /* in listing order */
};

void model_show (const struct model *model, const struct model_delta *delta,
                 bool base, struct model_view *view);

#endif
