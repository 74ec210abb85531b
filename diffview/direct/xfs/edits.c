/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Lays mappings over extents, see xfs/edits.h.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "xfs/edits.h"
#include "xfs/extent_list.h"

int64_t
xfs_edits_blocks (const struct xfs_edits *edits, uint64_t inode)
{
  int64_t blocks = 0;

  for (size_t i = 0; edits != NULL && i < edits->count; ++i)
    if (edits->list[i].inode == inode)
      blocks += edits->list[i].map ? (int64_t) edits->list[i].count
        : -(int64_t) edits->list[i].count;
  return blocks;
}

/* The part of EXTENT from FIRST up to END of the fork, if there is any. */
static errint_t
add_part (struct xfs_extents *to, const struct xfs_extent *extent,
          uint64_t first, uint64_t end)
{
  struct xfs_extent part = *extent;

  if (first < extent->offset)
    first = extent->offset;
  if (end > extent->offset + extent->count)
    end = extent->offset + extent->count;
  if (first >= end)
    return 0;
  part.offset = first;
  part.block += first - extent->offset;
  part.count = end - first;
  return xfs_extents_add (to, &part);
}

static errint_t
apply_one (const struct xfs_edit *edit, struct xfs_extents *extents)
{
  const struct xfs_extent added = {
    .offset = edit->offset, .block = edit->block, .count = edit->count,
    .unwritten = edit->unwritten,
  };
  struct xfs_extents result = *extents;
  uint64_t end = edit->offset + edit->count;
  bool placed = !edit->map;
  errint_t err = 0;

  result.list = NULL;
  result.count = result.capacity = 0;
  for (size_t i = 0; i < extents->count && err == 0; ++i) {
    const struct xfs_extent *extent = &extents->list[i];

    err = add_part (&result, extent, 0, edit->offset);
    if (err == 0 && !placed
        && extent->offset + extent->count > edit->offset) {
      placed = true;
      err = xfs_extents_add (&result, &added);
    }
    if (err == 0)
      err = add_part (&result, extent, end, UINT64_MAX);
  }
  if (err == 0 && !placed)
    err = xfs_extents_add (&result, &added);
  if (err < 0) {
    free (result.list);
    return err;
  }
  free (extents->list);
  *extents = result;
  return 0;
}

errint_t
xfs_edits_apply (const struct xfs_edits *edits, uint64_t inode,
                 struct xfs_extents *extents)
{
  errint_t err = 0;

  for (size_t i = 0; edits != NULL && i < edits->count && err == 0; ++i)
    if (edits->list[i].inode == inode)
      err = apply_one (&edits->list[i], extents);
  return err;
}
