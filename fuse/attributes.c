/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Answers about a node as a whole: names, attributes, link targets, totals.
 */
#include <config.h>

#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "operations.h"
#include "reply.h"

void
attributes_lookup (fuse_req_t request, fuse_ino_t parent, const char *name)
{
  const struct view *view = serve_of (request)->view;
  view_node node = view_lookup (view, reply_node (parent), name);
  struct fuse_entry_param entry;

  if (node == VIEW_NONE) {
    /* Number 0: there is none, and the kernel may remember it. */
    memset (&entry, 0, sizeof entry);
    entry.entry_timeout = REPLY_TIMEOUT;
  }
  else
    reply_entry (view, node, &entry);
  fuse_reply_entry (request, &entry);
}

void
attributes_get (fuse_req_t request, fuse_ino_t number,
                struct fuse_file_info *file)
{
  struct stat stat;

  (void) file;
  memset (&stat, 0, sizeof stat);
  view_stat (serve_of (request)->view, reply_node (number), &stat);
  fuse_reply_attr (request, &stat, REPLY_TIMEOUT);
}

/* access(2) and chdir(2), where the kernel does not check modes itself.  Who
 * gets here reads everything, as root would; as for root, a file is
 * executable if anybody may execute it. */
void
attributes_access (fuse_req_t request, fuse_ino_t number, int mask)
{
  errint_t err = 0;
  struct stat stat;

  if (mask & W_OK)
    err = -EROFS;
  else if (mask & X_OK) {
    memset (&stat, 0, sizeof stat);
    view_stat (serve_of (request)->view, reply_node (number), &stat);
    if (!S_ISDIR (stat.st_mode) && (stat.st_mode & 0111) == 0)
      err = -EACCES;
  }
  reply_error (request, err);
}

void
attributes_readlink (fuse_req_t request, fuse_ino_t number)
{
  char scratch[VIEW_TARGET_SIZE];
  const char *target;
  errint_t err = view_readlink (serve_of (request)->view,
                                reply_node (number), scratch, &target);

  if (err < 0)
    reply_error (request, err);
  else
    fuse_reply_readlink (request, target);
}

void
attributes_statfs (fuse_req_t request, fuse_ino_t number)
{
  struct view_totals totals;
  struct statvfs status;

  (void) number;
  view_count (serve_of (request)->view, &totals);
  memset (&status, 0, sizeof status);
  status.f_bsize = 512;
  status.f_frsize = 512;
  status.f_blocks = totals.blocks;
  status.f_files = totals.nodes;
  status.f_namemax = 255;
  fuse_reply_statfs (request, &status);
}
