/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One scan of all inodes, and one of all names in directories, see
 * xfs/owners.h.  Reverse maps and parent pointers would be quicker, but who
 * tampers with a disk writes them, too.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "xfs/directory.h"
#include "xfs/owners.h"
#include "xfs/scan.h"
#include "xfs/xfs_private.h"

struct search {
  const struct xfs_reader *base;
  const struct extents *written;
  struct inode_set *changed;
  struct inode_set directories;
  uint64_t *order;              /* owned: the same, in disk order */
  size_t count, capacity;
  link_visit *visit;
  void *opaque;
  uint64_t directory;           /* whose names are visited */
};

static errint_t
add_directory (struct search *search, uint64_t number)
{
  if (search->count == search->capacity) {
    size_t capacity = search->capacity == 0 ? 256 : search->capacity * 2;
    uint64_t *order = reallocarray (search->order, capacity, sizeof *order);

    if (order == NULL)
      return -ENOMEM;
    search->order = order;
    search->capacity = capacity;
  }
  search->order[search->count++] = number;
  return inode_set_add (&search->directories, xfs_id (number), NULL);
}

static errint_t
look_at (void *opaque, const struct xfs_inode *inode)
{
  struct search *search = opaque;
  struct inode_id id = xfs_id (inode->number);
  errint_t err = 0;

  if (!inode_set_has (search->changed, id)) {
    bool refers;

    err = xfs_scan_refers (&search->base->fs, inode, search->written,
                           &refers);
    if (err == 0 && refers)
      err = inode_set_add (search->changed, id, NULL);
  }
  if (err == 0 && xfs_inode_type (inode) == ENTRY_DIRECTORY)
    err = add_directory (search, inode->number);
  return err;
}

static int
visit_name (void *opaque, const char *name, size_t length, uint64_t inode)
{
  struct search *search = opaque;
  struct inode_id id = xfs_id (inode);
  bool is_directory = inode_set_has (&search->directories, id);

  (void) name;
  (void) length;
  return is_directory || inode_set_has (search->changed, id)
    ? search->visit (search->opaque, xfs_id (search->directory), id,
                     is_directory) : 0;
}

/* The names of all directories.  One of which some cannot be read may hold what
 * changed: *MORE becomes true when such are new among the changed ones. */
static errint_t
visit_names (struct search *search, bool *more)
{
  const struct xfs_filesystem *fs = &search->base->fs;
  errint_t err = 0;

  *more = false;
  for (size_t i = 0; i < search->count && err == 0; ++i) {
    struct xfs_inode inode;
    bool incomplete = false, added = false;

    search->directory = search->order[i];
    err = xfs_inode_read (fs, search->directory, &inode);
    if (err == 0)
      err = xfs_directory_iterate (fs, &inode, visit_name, search,
                                   &incomplete);
    if (err == -EIO) {
      incomplete = true;
      err = 0;
    }
    if (err == 0 && incomplete)
      err = inode_set_add (search->changed, xfs_id (search->directory),
                           &added);
    *more |= added;
  }
  return err;
}

errint_t
xfs_owners (const struct reader *base, const struct extents *written,
            struct inode_set *changed, link_visit *visit, void *opaque)
{
  struct search search = {
    .base = (const struct xfs_reader *) base, .written = written,
    .changed = changed, .visit = visit, .opaque = opaque,
  };
  bool incomplete = search.base->chunks.incomplete, more = false;
  errint_t err = xfs_scan_inodes (&search.base->fs, &search.base->chunks,
                                  look_at, &search, &incomplete);

  /* Of inodes that are not found nobody knows what they own. */
  if (err == 0 && incomplete)
    err = -EFBIG;
  if (err == 0 && changed->count > 0)
    err = visit_names (&search, &more);
  if (err == 0 && more)
    err = visit_names (&search, &more);
  free (search.order);
  inode_set_clear (&search.directories);
  return err;
}
