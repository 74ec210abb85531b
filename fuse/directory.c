/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Listing directories.
 *
 * A position in a directory is 0 for ".", 1 for "..", and member I of the view
 * is at I + 2.  A cookie is the position of the next entry, so it is never 0,
 * and any cookie is good at any time.
 */
#include <config.h>

#include <string.h>

#include "operations.h"
#include "reply.h"

#define OWN_NAMES 2             /* "." and ".." */

/* Appends the entry at POSITION to a buffer with ROOM bytes left.  Returns how
 * many bytes it takes; if that is more than ROOM nothing was written. */
static size_t
add_plain (fuse_req_t request, const struct view *view, const char *name,
           view_node node, uint64_t position, char *buffer, size_t room)
{
  struct stat stat;
  uint64_t inode;
  uint32_t mode;

  memset (&stat, 0, sizeof stat);
  view_identity (view, node, &inode, &mode);
  stat.st_ino = inode;
  stat.st_mode = mode;
  return fuse_add_direntry (request, buffer, room, name, &stat,
                            (off_t) (position + 1));
}

/* The same with attributes. */
static size_t
add_plus (fuse_req_t request, const struct view *view, const char *name,
          view_node node, uint64_t position, char *buffer, size_t room)
{
  struct fuse_entry_param entry;

  reply_entry (view, node, &entry);
  /* These two are not looked up, only named. */
  if (position < OWN_NAMES)
    entry.ino = 0;
  return fuse_add_direntry_plus (request, buffer, room, name, &entry,
                                 (off_t) (position + 1));
}

static void
list (fuse_req_t request, fuse_ino_t number, size_t size, off_t offset,
      bool plus)
{
  const struct view *view = serve_of (request)->view;
  view_node directory = reply_node (number), first, node;
  size_t used = 0, length;
  uint64_t end, position;
  const char *name;
  char *buffer;

  if (!view_is_directory (view, directory)) {
    reply_error (request, -ENOTDIR);
    return;
  }
  if (size > REPLY_MAX)
    size = REPLY_MAX;
  buffer = reply_buffer (size);
  if (buffer == NULL) {
    reply_error (request, -ENOMEM);
    return;
  }

  end = (uint64_t) view_members (view, directory, &first) + OWN_NAMES;
  for (position = (uint64_t) offset; position < end; ++position) {
    if (position < OWN_NAMES) {
      name = position == 0 ? "." : "..";
      node = position == 0 ? directory : view_parent (view, directory);
    }
    else {
      node = first + (view_node) (position - OWN_NAMES);
      name = view_name (view, node);
    }
    length = (plus ? add_plus : add_plain) (request, view, name, node,
                                            position, buffer + used,
                                            size - used);
    if (length > size - used)
      break;
    used += length;
  }
  /* Nobody is to take what could be read of a directory for all of it. */
  if (used == 0 && position >= end
      && view_members_incomplete (view, directory))
    reply_error (request, -EIO);
  else
    fuse_reply_buf (request, buffer, used);
}

void
directory_read (fuse_req_t request, fuse_ino_t number, size_t size,
                off_t offset, struct fuse_file_info *file)
{
  (void) file;
  list (request, number, size, offset, false);
}

void
directory_read_plus (fuse_req_t request, fuse_ino_t number, size_t size,
                     off_t offset, struct fuse_file_info *file)
{
  (void) file;
  list (request, number, size, offset, true);
}

void
directory_open (fuse_req_t request, fuse_ino_t number,
                struct fuse_file_info *file)
{
  (void) number;
  if (serve_of (request)->no_opendir) {
    /* Not an error: never ask again, and keep what you know. */
    reply_error (request, -ENOSYS);
    return;
  }
  file->keep_cache = 1;
  file->cache_readdir = 1;
  fuse_reply_open (request, file);
}
