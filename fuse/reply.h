/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What all answers have in common: how nodes are numbered towards the kernel,
 * how long it may keep what it was told, and memory to build an answer in.
 *
 * A node's number for the kernel is its number in the view and 1 (the root
 * has to be 1, and 0 means that there is no such name).  It is not st_ino:
 * two names of one file are two nodes with one st_ino.  The tree never
 * changes, so nodes need no counting of lookups, and the kernel may keep
 * everything for a day, that a name does not exist too.
 */
#ifndef DELTAFS_REPLY_H
#define DELTAFS_REPLY_H

#include "serve_private.h"

/* Seconds that the kernel keeps names and attributes. */
#define REPLY_TIMEOUT 86400.0

/* The largest answer: as much as libfuse lets the kernel ask for. */
#define REPLY_MAX ((size_t) 1 << 20)

static inline view_node
reply_node (fuse_ino_t number)
{
  return (view_node) (number - 1);
}

static inline fuse_ino_t
reply_number (view_node node)
{
  return (fuse_ino_t) node + 1;
}

/* Answers with an error (negative). */
static inline void
reply_error (fuse_req_t request, errint_t err)
{
  fuse_reply_err (request, -err);
}

/* What the kernel is told of a node when it looks it up. */
void reply_entry (const struct view *view, view_node node,
                  struct fuse_entry_param *entry);

/* Memory for one answer of up to SIZE bytes, at most REPLY_MAX; the calling
 * thread's, until its next call.  NULL without memory. */
char *reply_buffer (size_t size);

/* Frees it when the thread ends. */
void reply_buffer_free (void);

#endif
