/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The whole tree of one side: names first, then metadata in batches.
 */
#ifndef DELTAFS_SCAN_H
#define DELTAFS_SCAN_H

#include "appliance.h"
#include "complaints.h"
#include "tree.h"

struct scan {
  struct appliance *appliance;
  const char *mount_point;      /* in the appliance */
  const char *name;             /* of the filesystem, for messages */
  bool xattrs;                  /* does the filesystem have any? */
  bool reparse_points;          /* does ntfs-3g show it? */
  struct complaints *complaints;
  const struct progress *progress;
  uint64_t memory_max;          /* bytes that the tree may take */
  /* The result; every node in the order in which it was found. */
  struct tree *tree;
  struct tree_node **nodes;
  size_t count, capacity;
};

/* Fills scan->tree, sorted; the nodes' cookies are the st_dev of their
 * inodes.  What cannot be read is marked and goes to the complaints; other
 * failures are reported.  -EFBIG for a tree that takes more memory than
 * it may, or is larger than an honest guest's, -EIO, -ENOMEM. */
errint_t scan_run (struct scan *scan);

/* Frees the list of nodes, which nobody needs after the scan. */
void scan_clear (struct scan *scan);

/* For the parts of a scan: */

/* A new node.  NAME is checked.  -EPROTO, -EFBIG, -ENOMEM, not reported. */
errint_t scan_add (struct scan *scan, struct tree_node *parent,
                   const char *name, size_t length, struct tree_node **node);

/* The names below the root, as many as there are to be had at once; *COMPLETE
 * when these are certainly all. */
errint_t listing_whole (struct scan *scan, bool *complete);

/* The names of one directory that are not there yet. */
errint_t listing_directory (struct scan *scan, struct tree_node *directory);

/* Metadata, xattrs and targets of a directory's members from number FIRST on,
 * and of the root. */
errint_t details_fill (struct scan *scan, struct tree_node *directory,
                       uint32_t first);
errint_t details_fill_root (struct scan *scan);

/* A node's path in the appliance; a new string to be freed.  -ENAMETOOLONG
 * when no call can name it, -ENOMEM. */
errint_t scan_path (const struct scan *scan, const struct tree_node *node,
                    char **path);

#endif
