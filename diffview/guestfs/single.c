/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Metadata of one entry.
 */
#include <config.h>

#include "single.h"

#include "metadata.h"

bool
single_is_fatal (errint_t error)
{
  return error == -ENOMEM || error == -ENOTCONN;
}

errint_t
single_stat (struct scan *scan, struct tree_node *node, const char *path)
{
  struct guestfs_statns *stat;
  errint_t r = 0;

  {
    APPLIANCE_LOCK (scan->appliance);
    stat = guestfs_lstatns (scan->appliance->g, path);
    if (stat == NULL)
      r = appliance_error (scan->appliance);
  }
  if (single_is_fatal (r))
    return r;
  if (stat == NULL) {
    node->entry.missing |= ENTRY_NO_METADATA;
    complaints_add_node (scan->complaints, "cannot read", node, r);
    return 0;
  }
  node->cookie = stat->st_dev;
  metadata_take_stat (&node->entry, stat);
  guestfs_free_statns (stat);
  return 0;
}

errint_t
single_xattrs (struct scan *scan, struct tree_node *node, const char *path)
{
  struct guestfs_xattr_list *xattrs;
  errint_t r = 0;

  {
    APPLIANCE_LOCK (scan->appliance);
    xattrs = guestfs_lgetxattrs (scan->appliance->g, path);
    if (xattrs == NULL)
      r = appliance_error (scan->appliance);
  }
  if (single_is_fatal (r))
    return r;
  if (r == -EOPNOTSUPP)
    return 0;                   /* the filesystem has none */
  if (xattrs == NULL) {
    node->entry.missing |= ENTRY_NO_XATTRS;
    complaints_add_node (scan->complaints,
                         "cannot read the extended attributes", node, r);
    return 0;
  }
  if (xattrs->len > 0)
    r = metadata_take_xattrs (&node->entry, scan->tree->arena,
                              xattrs->val, xattrs->len);
  guestfs_free_xattr_list (xattrs);
  return r;
}

errint_t
single_target (struct scan *scan, struct tree_node *node, const char *path)
{
  CLEANUP_FREE char *target = NULL;
  errint_t r = 0;

  {
    APPLIANCE_LOCK (scan->appliance);
    target = guestfs_readlink (scan->appliance->g, path);
    if (target == NULL)
      r = appliance_error (scan->appliance);
  }
  if (single_is_fatal (r))
    return r;
  if (target != NULL && *target != '\0')
    return metadata_take_target (&node->entry, scan->tree->arena, target);
  node->entry.missing |= ENTRY_NO_TARGET;
  complaints_add_node (scan->complaints, "cannot read the link", node,
                       r < 0 ? r : -EIO);
  return 0;
}
