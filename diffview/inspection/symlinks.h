/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Symlinks on a path of a guest's tree, followed as the guest's kernel would:
 * an absolute target starts again at the guest's root, and ".." leads nowhere
 * from there.  Where the tree comes from is the caller's business.
 */
#ifndef DELTAFS_SYMLINKS_H
#define DELTAFS_SYMLINKS_H

#include "errint.h"

struct symlinks_tree {
  /* The target of the symlink at PATH, on which no symlink lies before the
   * last name; NULL where there is none, or nothing is known: the name is taken
   * as it is.  Or NULL with <0 in *ERROR.  The string lives until the next
   * call. */
  const char *(*target) (void *opaque, const char *path, errint_t *error);
  void *opaque;
};

/* Where PATH (absolute) leads to: a new string as path.h has it, to *PLACE.
 * -ELOOP beyond 40 symlinks, -ENAMETOOLONG, -ENOMEM, or what TREE says. */
errint_t symlinks_follow (const struct symlinks_tree *tree, const char *path,
                          char **place);

#endif
