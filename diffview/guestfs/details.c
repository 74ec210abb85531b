/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Metadata, xattrs and link targets of a directory's members, in batches: a
 * call with a thousand names takes hardly longer than one with a single name.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "metadata.h"
#include "scan.h"
#include "single.h"

/* As many as libguestfs sends in one message; it would split a longer list
 * itself.  A reply that does not fit a message (4 MB) fails: then the batch is
 * halved. */
#define BATCH_NODES 1000

struct batch {
  struct scan *scan;
  const char *directory;        /* path in the appliance */
  struct tree_node *nodes[BATCH_NODES];
  /* A terminator more: a call sees a part of the list. */
  char *names[BATCH_NODES + 1];
  size_t count;
};

/* One call for COUNT members of the batch, from number FIRST on, whose names
 * are NAMES, NULL-terminated. */
typedef errint_t batch_call (struct batch *batch, char *const *names,
                             size_t first, size_t count);

typedef errint_t single_call (struct scan *scan, struct tree_node *node,
                              const char *path);

static errint_t
call_single (struct batch *batch, size_t index, single_call *call)
{
  CLEANUP_FREE char *path = NULL;

  if (asprintf (&path, "%s/%s", batch->directory, batch->names[index]) < 0) {
    path = NULL;
    return -ENOMEM;
  }
  return call (batch->scan, batch->nodes[index], path);
}

/* Makes CALL for all members; where it fails for halves, down to SINGLE for
 * one, which fails only for reasons that end the scan.  After a success the
 * part grows again. */
static errint_t
call_in_parts (struct batch *batch, batch_call *call, single_call *single)
{
  size_t done = 0, part = batch->count;

  while (done < batch->count) {
    char *saved;
    errint_t r;

    if (part > batch->count - done)
      part = batch->count - done;
    saved = batch->names[done + part];
    batch->names[done + part] = NULL;
    r = call (batch, batch->names + done, done, part);
    batch->names[done + part] = saved;
    if (r < 0 && part == 1 && !single_is_fatal (r))
      r = call_single (batch, done, single);
    if (r == 0) {
      done += part;
      part *= 2;
    }
    else if (single_is_fatal (r))
      return r;
    else
      part /= 2;
  }
  return 0;
}

static errint_t
stat_batch (struct batch *batch, char *const *names,
            size_t first, size_t count)
{
  struct appliance *appliance = batch->scan->appliance;
  struct guestfs_statns_list *stats;
  errint_t r = 0;

  {
    APPLIANCE_LOCK (appliance);
    stats = guestfs_lstatnslist (appliance->g, batch->directory, names);
    if (stats == NULL)
      return appliance_error (appliance);
  }
  if (stats->len != count)
    r = -EPROTO;
  for (size_t i = 0; r == 0 && i < count; ++i) {
    struct tree_node *node = batch->nodes[first + i];

    /* The reply does not say why it failed. */
    if (stats->val[i].st_ino == -1)
      r = call_single (batch, first + i, single_stat);
    else {
      node->cookie = stats->val[i].st_dev;
      metadata_take_stat (&node->entry, &stats->val[i]);
    }
  }
  guestfs_free_statns_list (stats);
  return r;
}

/* The head of one entry's part of a list of xattrs: an element without a
 * name, whose value is the number of those that follow, in decimal, or empty
 * when they could not be read. */
static errint_t
read_head (const struct guestfs_xattr_list *reply, size_t position,
           bool *failed, size_t *count)
{
  const struct guestfs_xattr *head = &reply->val[position];
  char number[24] = "";

  if (position >= reply->len || head->attrname[0] != '\0'
      || head->attrval_len >= sizeof number)
    return -EPROTO;
  memcpy (number, head->attrval, head->attrval_len);
  *failed = head->attrval_len == 0;
  *count = strtoul (number, NULL, 10);
  return *count < reply->len - position ? 0 : -EPROTO;
}

static errint_t
take_xattr_lists (struct batch *batch, size_t first, size_t count,
                  const struct guestfs_xattr_list *reply)
{
  size_t position = 0;

  for (size_t i = first; i < first + count; ++i) {
    size_t follow;
    bool failed;
    errint_t r = read_head (reply, position, &failed, &follow);

    if (r == 0 && failed)
      r = call_single (batch, i, single_xattrs);
    else if (r == 0 && follow > 0)
      r = metadata_take_xattrs (&batch->nodes[i]->entry,
                                batch->scan->tree->arena,
                                &reply->val[position + 1], follow);
    if (r < 0)
      return r;
    position += 1 + follow;
  }
  return 0;
}

static errint_t
xattr_batch (struct batch *batch, char *const *names,
             size_t first, size_t count)
{
  struct appliance *appliance = batch->scan->appliance;
  struct guestfs_xattr_list *reply;
  errint_t r;

  {
    APPLIANCE_LOCK (appliance);
    reply = guestfs_lxattrlist (appliance->g, batch->directory, names);
    if (reply == NULL)
      return appliance_error (appliance);
  }
  r = take_xattr_lists (batch, first, count, reply);
  guestfs_free_xattr_list (reply);
  return r;
}

static errint_t
target_batch (struct batch *batch, char *const *names,
              size_t first, size_t count)
{
  struct appliance *appliance = batch->scan->appliance;
  CLEANUP_FREE_STRINGS char **targets = NULL;
  size_t length = 0;
  errint_t r = 0;

  {
    APPLIANCE_LOCK (appliance);
    targets = guestfs_readlinklist (appliance->g, batch->directory, names);
    if (targets == NULL)
      return appliance_error (appliance);
  }
  while (targets[length] != NULL)
    ++length;
  if (length != count)
    return -EPROTO;
  for (size_t i = 0; r == 0 && i < count; ++i) {
    struct tree_node *node = batch->nodes[first + i];

    r = targets[i][0] == '\0' ? call_single (batch, first + i, single_target)
      : metadata_take_target (&node->entry, batch->scan->tree->arena,
                              targets[i]);
  }
  return r;
}

typedef bool node_wanted (const struct tree_node *node);

static bool
every_node (const struct tree_node *node)
{
  (void) node;
  return true;
}

static bool
readable_node (const struct tree_node *node)
{
  return (node->entry.missing & ENTRY_NO_METADATA) == 0;
}

static bool
symlink_node (const struct tree_node *node)
{
  return node->entry.type == ENTRY_SYMLINK;
}

/* One kind of call for those members from number FIRST on that it is for. */
static errint_t
call_for_members (struct batch *batch, struct tree_node *directory,
                  uint32_t first, node_wanted *wanted,
                  batch_call *call, single_call *single)
{
  errint_t r = 0;

  batch->count = 0;
  for (uint32_t i = first; r == 0 && i < directory->member_count; ++i) {
    struct tree_node *node = directory->members[i];

    if (!wanted (node))
      continue;
    batch->nodes[batch->count] = node;
    /* libguestfs only reads it. */
    batch->names[batch->count++] = (char *) (uintptr_t) node->name;
    if (batch->count == BATCH_NODES) {
      r = call_in_parts (batch, call, single);
      batch->count = 0;
    }
  }
  if (r == 0 && batch->count > 0)
    r = call_in_parts (batch, call, single);
  return r;
}

/* No call can name the directory. */
static void
mark_members (struct scan *scan, struct tree_node *directory, uint32_t first)
{
  for (uint32_t i = first; i < directory->member_count; ++i) {
    directory->members[i]->entry.missing |= ENTRY_NO_METADATA;
    complaints_add_node (scan->complaints, "cannot read",
                         directory->members[i], -ENAMETOOLONG);
  }
}

errint_t
details_fill (struct scan *scan, struct tree_node *directory, uint32_t first)
{
  struct batch batch = { .scan = scan };
  CLEANUP_FREE char *path = NULL;
  errint_t r = scan_path (scan, directory, &path);

  if (r == -ENAMETOOLONG) {
    mark_members (scan, directory, first);
    return 0;
  }
  batch.directory = path;
  if (r == 0)
    r = call_for_members (&batch, directory, first, every_node,
                          stat_batch, single_stat);
  if (r == 0 && scan->xattrs)
    r = call_for_members (&batch, directory, first, readable_node,
                          xattr_batch, single_xattrs);
  if (r == 0)
    r = call_for_members (&batch, directory, first, symlink_node,
                          target_batch, single_target);
  return r;
}

errint_t
details_fill_root (struct scan *scan)
{
  struct tree_node *root = scan->tree->root;
  errint_t r = single_stat (scan, root, scan->mount_point);

  if (r == 0 && scan->xattrs)
    r = single_xattrs (scan, root, scan->mount_point);
  return r;
}
